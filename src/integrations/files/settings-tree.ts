import { createScanner, type Node, type ParseError, parseTree } from "jsonc-parser";
import { ZenthrexError } from "../../base/errors.ts";
import { jsonDepth, lineAndColumn } from "../../base/json.ts";
import { jsonErrorOffset } from "../../base/json-error-offset.ts";

/** What a text is called in errors, and how strictly it is read. `json`: a comment or a trailing comma is an error. */
export interface JsonSyntax {
  readonly name: string;
  readonly syntax: "json" | "jsonc";
}

/** The same bound as for request bodies: the parser recurses, and no settings file is nested deeper than 20. */
const MAX_DEPTH = 512;

/**
 * The syntax tree of a settings text without byte-order mark; undefined when it holds no value (empty, white space, comments only).
 * Throws: ZX_FILE_INVALID with name:line:column, never with content (it may be a key).
 */
export function settingsTree(text: string, { name, syntax }: JsonSyntax): Node | undefined {
  if (jsonDepth(Buffer.from(text), MAX_DEPTH) > MAX_DEPTH) {
    throw new ZenthrexError("ZX_FILE_INVALID", `${name} is nested deeper than ${MAX_DEPTH} levels`);
  }
  if (text.trim() === "") return undefined;
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: syntax === "json", allowTrailingComma: syntax === "jsonc" });
  // The tool reads strict JSON with JSON.parse: its verdict counts, the tree's errors only say where.
  const wrongAt = syntax === "json" && !isStrictJson(text) ? (jsonErrorOffset(text) ?? text.length) : undefined;
  const offset = wrongAt ?? (isOnlyComments(text, tree, syntax) ? undefined : errors[0]?.offset);
  if (offset === undefined) return tree;
  throw invalidAt(text, offset, name, reasonAt(text, offset, syntax));
}

/** An error at a place of a settings text. Shape: "name:line:column: reason". */
export function invalidAt(text: string, offset: number, name: string, reason: string): ZenthrexError {
  const { line, column } = lineAndColumn(text, offset);
  return new ZenthrexError("ZX_FILE_INVALID", `${name}:${line}:${column}: ${reason}`);
}

/** The property of an object node that JSON.parse reads: the last of that name. */
export function propertyOf(container: Node, key: string): Node | undefined {
  return container.children?.findLast((property) => property.children?.[0]?.value === key);
}

/** The name that a path segment `[name=X]` selects an array's element by; undefined for a plain key. */
export function selectedName(segment: string): string | undefined {
  return /^\[name=(.*)\]$/s.exec(segment)?.[1];
}

/** The place, counted from 0, that a path segment `[2]` selects an array's element by; undefined for any other segment. */
export function selectedPlace(segment: string): number | undefined {
  const digits = /^\[(\d{1,9})\]$/.exec(segment)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** True for a path segment that selects an array's element, by its name or by its place. */
export function selectsElement(segment: string): boolean {
  return selectedName(segment) !== undefined || selectedPlace(segment) !== undefined;
}

/** Elements are added by name alone: one at a place is there, or it isn't. Throws: ZX_FILE_INVALID. */
export function requireNoPlace(path: readonly string[], name: string): void {
  if (path.every((segment) => selectedPlace(segment) === undefined)) return;
  throw new ZenthrexError("ZX_FILE_INVALID", `${name} has no "${path.join(".")}"`);
}

/** What a container holds under a path segment: a property of an object, an element of an array. `child` is what is removed with it. */
export function memberOf(container: Node, segment: string): { readonly child: Node; readonly value: Node } | undefined {
  if (container.type === "array") {
    const [name, place] = [selectedName(segment), selectedPlace(segment)];
    const named = (element: Node): boolean => name !== undefined && nameOf(element) === name;
    const child = place === undefined ? container.children?.findLast(named) : container.children?.[place];
    return child && { child, value: child };
  }
  const child = container.type === "object" ? propertyOf(container, segment) : undefined;
  const value = child?.children?.[1];
  return child && value && { child, value };
}

/** The value node at a path, or undefined. */
export function nodeAt(root: Node | undefined, path: readonly string[]): Node | undefined {
  let node = root;
  for (const segment of path) node = node && memberOf(node, segment)?.value;
  return node;
}

function nameOf(element: Node): unknown {
  return element.type === "object" ? propertyOf(element, "name")?.children?.[1]?.value : undefined;
}

/** Offset behind a node. */
export function endOf(node: Node): number {
  return node.offset + node.length;
}

/** A comma or a comment. Units: offsets into the text. */
export interface Separator {
  readonly kind: "comma" | "comment";
  readonly start: number;
  readonly end: number;
}

/** Commas and comments between two offsets that hold nothing else but white space. */
export function separatorsBetween(text: string, from: number, to: number): Separator[] {
  const scanner = createScanner(text, false);
  const found: Separator[] = [];
  scanner.setPosition(from);
  for (scanner.scan(); scanner.getTokenOffset() < to && scanner.getTokenLength() > 0; scanner.scan()) {
    const start = scanner.getTokenOffset();
    const end = start + scanner.getTokenLength();
    if (text[start] === ",") found.push({ kind: "comma", start, end });
    if (text[start] === "/") found.push({ kind: "comment", start, end });
  }
  return found;
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isOnlyComments(text: string, tree: Node | undefined, syntax: "json" | "jsonc"): boolean {
  if (syntax === "json" || tree !== undefined) return false;
  const last = separatorsBetween(text, 0, text.length).at(-1);
  return last !== undefined && text.slice(last.end).trim() === "" && last.kind === "comment";
}

function reasonAt(text: string, offset: number, syntax: "json" | "jsonc"): string {
  const rest = text.slice(offset);
  const before = text.slice(0, offset).trimEnd();
  if (syntax === "json" && /^\/[/*]/.test(rest)) return "a comment is not allowed: the tool reads strict JSON";
  if (syntax === "json" && /^[}\]]/.test(rest) && before.endsWith(",")) {
    return "a trailing comma is not allowed: the tool reads strict JSON";
  }
  return rest.trim() === "" ? "the text ends too early to be valid JSON" : "not valid JSON";
}
