import { applyEdits, type Edit, getNodeValue, type Node } from "jsonc-parser";
import type { Json } from "../../base/json.ts";
import type { KeyValue } from "../types.ts";
import {
  measureLayout,
  type ObjectShape,
  renderElements,
  renderObject,
  renderProperties,
  type TextLayout,
} from "./layout.ts";
import type { IsOwnValue, SettingsSyntax } from "./settings-format.ts";
import {
  endOf,
  invalidAt,
  memberOf,
  requireNoPlace,
  selectedName,
  selectsElement,
  separatorsBetween,
  settingsTree,
} from "./settings-tree.ts";
import { withNested } from "./with-nested.ts";

/** Properties that are to be added to one object of the file, or elements to one array. */
type Additions = Map<string, Json>;

/**
 * Sets keys in a settings text and leaves every other byte as it is: order, indent, line ends, byte-order mark, comments and a missing
 * final newline stay, one-line objects stay on one line. Where a key stands twice, the one that JSON.parse reads (the last) is set.
 * Shape: an absent, empty or blank text becomes a new object. Throws: ZX_FILE_INVALID with name:line:column.
 */
export function editSettings(
  text: string | undefined,
  set: readonly Pick<KeyValue, "path" | "value" | "replaces">[],
  syntax: SettingsSyntax,
  isOwn: IsOwnValue = () => false,
): string {
  const mark = text?.startsWith("\ufeff") ? "\ufeff" : "";
  const body = (text ?? "").slice(mark.length);
  if ("format" in syntax) return mark + syntax.format.edit(body, set, syntax.name, isOwn);
  const root = settingsTree(body, syntax);
  const layout = measureLayout(body, root);
  if (root === undefined) {
    for (const { path } of set) requireNoPlace(path, syntax.name);
    return mark + newText(body, set, layout);
  }
  requireContainer(body, root, [], set[0]?.path[0] ?? "", syntax.name);

  const additions = new Map<Node, Additions>();
  const edits: Edit[] = [];
  for (const { path, value, replaces } of set) {
    const { container, property, rest } = descend(body, root, path, syntax.name);
    if (property === undefined) {
      requireNoPlace(rest, syntax.name);
      const added = additions.get(container) ?? new Map<string, Json>();
      addNested(added, rest, value);
      additions.set(container, added);
    } else if (JSON.stringify(getNodeValue(property)) !== JSON.stringify(value)) {
      if (replaces !== true && !isOwn(path, getNodeValue(property))) requireScalar(body, property, path, syntax.name);
      edits.push({ offset: property.offset, length: property.length, content: JSON.stringify(value) });
    }
  }
  for (const [container, added] of additions) edits.push(...insertions(body, container, added, layout));
  return mark + applyEdits(body, edits);
}

/** Walks down a path as far as it exists. Shape: `rest` are the keys that `container` lacks; empty when `property` is the value. */
function descend(
  text: string,
  root: Node,
  path: readonly string[],
  name: string,
): { container: Node; property: Node | undefined; rest: readonly string[] } {
  let container = root;
  for (let depth = 0; depth < path.length; depth++) {
    const value = memberOf(container, path[depth] ?? "")?.value;
    if (value === undefined) return { container, property: undefined, rest: path.slice(depth) };
    if (depth === path.length - 1) return { container, property: value, rest: [] };
    requireContainer(text, value, path.slice(0, depth + 1), path[depth + 1] ?? "", name);
    container = value;
  }
  return { container, property: container, rest: [] };
}

function requireObject(text: string, node: Node, path: readonly string[], name: string): void {
  if (node.type === "object") return;
  const what = path.length === 0 ? "the top level" : `"${path.join(".")}"`;
  throw invalidAt(text, node.offset, name, `${what} is ${kindOf(node)}, not an object`);
}

function requireContainer(text: string, node: Node, path: readonly string[], segment: string, name: string): void {
  if (!selectsElement(segment)) {
    requireObject(text, node, path, name);
    return;
  }
  if (node.type === "array") return;
  const what = path.length === 0 ? "the top level" : `"${path.join(".")}"`;
  throw invalidAt(text, node.offset, name, `${what} is ${kindOf(node)}, not an array`);
}

/** A structure or null in the place of a plain value means something that we don't know: it is not overwritten. */
function requireScalar(text: string, node: Node, path: readonly string[], name: string): void {
  if (node.type === "string" || node.type === "number" || node.type === "boolean") return;
  throw invalidAt(text, node.offset, name, `"${path.join(".")}" is ${kindOf(node)}, not a text`);
}

function kindOf(node: Node): string {
  if (node.type === "null") return "null";
  return node.type === "array" || node.type === "object" ? `an ${node.type}` : `a ${node.type}`;
}

function addNested(target: Additions, path: readonly string[], value: Json): void {
  const [key = "", ...rest] = path;
  const name = selectedName(key);
  target.set(key, withNested(target.get(key) ?? (name === undefined ? undefined : { name }), rest, value));
}

/** A text for a file without any value; comments that a JSONC file consists of stay in front. */
function newText(body: string, set: readonly Pick<KeyValue, "path" | "value">[], layout: TextLayout): string {
  const object = `${renderRoot(set, layout)}${layout.eol}`;
  if (body.trim() === "") return object;
  return /[\r\n]$/.test(body) ? body + object : body + layout.eol + object;
}

function renderRoot(set: readonly Pick<KeyValue, "path" | "value">[], layout: TextLayout): string {
  const added: Additions = new Map();
  for (const { path, value } of set) addNested(added, path, value);
  const [first] = added.keys();
  if (selectedName(first ?? "") === undefined) return renderObject(added, layout, "");
  const shape = {
    isOneLine: false,
    isSpread: true,
    colon: layout.colon,
    gap: " ",
    padding: "",
    childIndent: layout.indentUnit,
  };
  return `[${layout.eol}${layout.indentUnit}${renderElements([...added.values()], layout, shape)}${layout.eol}]`;
}

/** Edits that add properties behind the last one of an object. */
function insertions(text: string, container: Node, added: Additions, layout: TextLayout): Edit[] {
  const shape = layout.of(container);
  const closing = endOf(container) - 1;
  const last = container.children?.at(-1);
  const rendered = renderMembers(text, container, added, layout, shape);
  const from = last === undefined ? container.offset + 1 : endOf(last);
  const separators = separatorsBetween(text, from, closing);
  const tail = separators.at(-1)?.end ?? from;
  if (last === undefined) {
    const inside = shape.isOneLine
      ? `${shape.padding}${rendered}${shape.padding}`
      : `${layout.eol}${shape.childIndent}${rendered}${layout.eol}${shape.closingIndent}`;
    return [{ offset: tail, length: closing - tail, content: inside }];
  }
  const lead = shape.isOneLine ? shape.gap : `${layout.eol}${shape.childIndent}`;
  // A trailing comma is a habit of its owner: the new last property gets one too.
  if (separators.some(({ kind }) => kind === "comma"))
    return [{ offset: tail, length: 0, content: `${lead}${rendered},` }];
  if (tail === from) return [{ offset: from, length: 0, content: `,${lead}${rendered}` }];
  return [
    { offset: from, length: 0, content: "," },
    { offset: tail, length: 0, content: lead + rendered },
  ];
}

function renderMembers(
  text: string,
  container: Node,
  added: Additions,
  layout: TextLayout,
  shape: ObjectShape,
): string {
  if (container.type === "object") return renderProperties(added, layout, shape);
  const last = container.children?.at(-1);
  const isSpread = last !== undefined && /[\r\n]/.test(text.slice(last.offset, endOf(last)));
  return renderElements([...added.values()], layout, { ...shape, isSpread });
}
