import type { Node } from "jsonc-parser";
import type { Json } from "../../base/json.ts";
import { endOf } from "./settings-tree.ts";

/** How one object of a text is written. */
export interface ObjectShape {
  readonly isOneLine: boolean;
  /** What stands between a key and its value. */
  readonly colon: string;
  /** White space between a comma and the next property of a one-line object. */
  readonly gap: string;
  /** White space inside the braces of a one-line object. */
  readonly padding: string;
  readonly childIndent: string;
  readonly closingIndent: string;
}

/** How a text is written: measured, never assumed. */
export interface TextLayout {
  readonly eol: string;
  readonly indentUnit: string;
  /** Between a key and its value, where an object has none yet. */
  readonly colon: string;
  of(container: Node): ObjectShape;
}

/** Measures indent, line ends and spacing of a settings text. Shape: two spaces, "\n" and ": " where nothing can be measured. */
export function measureLayout(text: string, root: Node | undefined): TextLayout {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  const indentUnit = (root && measureIndent(text, root)) ?? "  ";
  const colon = (root && measureColon(text, root)) ?? ": ";
  return { eol, indentUnit, colon, of: (container) => shapeOf(text, container, root, indentUnit, colon) };
}

/** The text of properties, without the braces of their object. */
export function renderProperties(
  properties: ReadonlyMap<string, Json>,
  layout: TextLayout,
  shape: Omit<ObjectShape, "closingIndent">,
): string {
  const separator = shape.isOneLine ? `,${shape.gap}` : `,${layout.eol}${shape.childIndent}`;
  return [...properties]
    .map(([key, value]) => JSON.stringify(key) + shape.colon + renderValue(value, layout, shape))
    .join(separator);
}

/** The text of a new object that begins at a given indent. */
export function renderObject(properties: ReadonlyMap<string, Json>, layout: TextLayout, indent: string): string {
  if (properties.size === 0) return "{}";
  const childIndent = indent + layout.indentUnit;
  const shape = { isOneLine: false, gap: " ", padding: "", colon: layout.colon, childIndent };
  return `{${layout.eol}${childIndent}${renderProperties(properties, layout, shape)}${layout.eol}${indent}}`;
}

/** The texts of array elements, joined: objects in one line each, unless those that are there have lines of their own. */
export function renderElements(elements: readonly Json[], layout: TextLayout, shape: ElementShape): string {
  const separator = shape.isOneLine ? `,${shape.gap}` : `,${layout.eol}${shape.childIndent}`;
  const inner = { ...shape, isOneLine: !shape.isSpread, padding: shape.gap };
  return elements.map((element) => renderValue(element, layout, inner)).join(separator);
}

/** How the elements of one array are written. `isSpread`: objects in it take several lines. */
export interface ElementShape extends Omit<ObjectShape, "closingIndent"> {
  readonly isSpread: boolean;
}

function renderValue(value: Json, layout: TextLayout, shape: Omit<ObjectShape, "closingIndent">): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return renderArray(value, layout, shape);
  const properties = new Map(Object.entries(value));
  if (!shape.isOneLine) return renderObject(properties, layout, shape.childIndent);
  return `{${shape.padding}${renderProperties(properties, layout, shape)}${shape.padding}}`;
}

/** An array of objects has a line for each; any other stays in one. */
function renderArray(value: readonly Json[], layout: TextLayout, shape: Omit<ObjectShape, "closingIndent">): string {
  const hasObjects = value.some((item) => typeof item === "object" && item !== null);
  if (shape.isOneLine || !hasObjects) {
    return `[${value.map((item) => renderValue(item, layout, shape)).join(`,${shape.gap}`)}]`;
  }
  const childIndent = shape.childIndent + layout.indentUnit;
  const elements = renderElements(value, layout, { ...shape, childIndent, isOneLine: false, isSpread: false });
  return `[${layout.eol}${childIndent}${elements}${layout.eol}${shape.childIndent}]`;
}

function shapeOf(text: string, container: Node, root: Node | undefined, unit: string, colon: string): ObjectShape {
  const children = container.children ?? [];
  const first = children[0];
  const inside = text.slice(
    container.offset,
    children.length > 0 ? endOf(children.at(-1) ?? container) : endOf(container),
  );
  const hasBreak = /[\r\n]/.test(inside);
  const isOneLine = !hasBreak && (first !== undefined || isInOneLine(text, container, root));
  const closingIndent = indentOfLine(text, container.offset);
  const startingLine = children.findLast((child) => startsLine(text, child.offset));
  const ownColon = measureColon(text, container) ?? colon;
  return {
    isOneLine,
    colon: ownColon,
    gap: gapOf(text, children) ?? (ownColon.endsWith(" ") ? " " : ""),
    padding: paddingOf(text, container),
    childIndent: startingLine ? indentOfLine(text, startingLine.offset) : closingIndent + unit,
    closingIndent,
  };
}

/** An empty object has no style of its own: it takes that of the object around it; the top level alone is opened up. */
function isInOneLine(text: string, container: Node, root: Node | undefined): boolean {
  if (container === root) return false;
  const around = container.parent?.parent;
  return around !== undefined && !/[\r\n]/.test(text.slice(around.offset, container.offset));
}

function paddingOf(text: string, container: Node): string {
  return /^[ \t]/.test(text.slice(container.offset + 1, endOf(container) - 1)) ? " " : "";
}

function gapOf(text: string, children: readonly Node[]): string | undefined {
  const [first, second] = children;
  if (first === undefined || second === undefined) return undefined;
  return /^,([ \t]*)$/.exec(text.slice(endOf(first), second.offset))?.[1];
}

function measureColon(text: string, container: Node): string | undefined {
  const [key, value] = container.children?.[0]?.children ?? [];
  if (container.type !== "object" || key === undefined || value === undefined) return undefined;
  const between = text.slice(endOf(key), value.offset);
  return /^[ \t]*:[ \t]*$/.test(between) ? between : undefined;
}

/** The indent of the first node that begins its line one level below one that does too. */
function measureIndent(text: string, root: Node): string | undefined {
  const queue: Node[] = [root];
  for (let container = queue.shift(); container !== undefined; container = queue.shift()) {
    const outer = indentOfLine(text, container.offset);
    for (const child of container.children ?? []) {
      const own = startsLine(text, child.offset) ? indentOfLine(text, child.offset) : undefined;
      if (own !== undefined && own.length > outer.length && own.startsWith(outer)) return own.slice(outer.length);
      const value = child.type === "property" ? child.children?.[1] : child;
      if (value !== undefined && (value.type === "object" || value.type === "array")) queue.push(value);
    }
  }
  return undefined;
}

function lineStart(text: string, offset: number): number {
  return Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
}

function indentOfLine(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? "";
}

function startsLine(text: string, offset: number): boolean {
  const start = lineStart(text, offset);
  return start > 0 && text.slice(start, offset).trim() === "";
}
