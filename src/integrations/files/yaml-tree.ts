import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { ZenthrexError } from "../../base/errors.ts";
import { invalidAt, selectedName, selectedPlace } from "./settings-tree.ts";

/** A value of a YAML text, or what an empty place counts as. */
export type YamlNode = Node;

/** A mapping or a list. */
export type YamlContainer = YAMLMap | YAMLSeq;

/** What a container holds under a path segment. Units: offsets into the text. */
export interface YamlMember {
  readonly index: number;
  /** Null or empty: nothing stands there. */
  readonly value: YamlNode | null;
  /** Where the key or the dash begins; undefined where it can't be taken out alone (an explicit key, an anchor in front). */
  readonly start: number | undefined;
  /** Behind the colon (of a key without one: behind the key) or the dash. */
  readonly mark: number;
  /** Behind the last character that is its own. */
  readonly end: number;
}

/** A text and its tree. */
export interface YamlTree {
  readonly text: string;
  readonly document: Document;
  readonly root: YamlNode | null;
}

/** Reads a YAML text of one document. Throws: ZX_FILE_INVALID with name:line:column, never with content. */
export function yamlTree(text: string, name: string): YamlTree {
  try {
    const document: Document = parseDocument(text, { keepSourceTokens: true, prettyErrors: false, logLevel: "error" });
    const [error] = document.errors;
    const lost = error === undefined ? unresolvedAlias(document) : undefined;
    if (lost !== undefined) throw invalidAt(text, lost, name, "not valid YAML: an alias of nothing");
    if (error === undefined) return { text, document, root: document.contents as YamlNode | null };
    const reason =
      error.code === "MULTIPLE_DOCS" ? "more than one document" : error.code.toLowerCase().replaceAll("_", " ");
    throw invalidAt(text, Math.min(error.pos[0], text.length), name, `not valid YAML: ${reason}`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ZenthrexError("ZX_FILE_INVALID", `${name} is nested too deep to be read`);
  }
}

/** Where an alias stands whose anchor isn't there; undefined for none. Units: an offset into the text. */
function unresolvedAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined) offset ??= alias.range?.[0] ?? 0;
    },
  });
  return offset;
}

/** The plain values of a text; undefined for none. Throws: ZX_FILE_INVALID where aliases grow beyond measure. */
export function yamlValues({ document, root }: YamlTree, name: string): unknown {
  if (root === null || isEmptyNode(root)) return undefined;
  return plainValue(root, document, name);
}

/** The plain value of a node. */
export function plainValue(node: YamlNode | null, document: Document, name: string): unknown {
  if (node === null) return null;
  try {
    return node.toJS(document, { maxAliasCount: 100 });
  } catch {
    throw new ZenthrexError("ZX_FILE_INVALID", `${name}:1:1: its aliases can't be resolved`);
  }
}

/** True for a value of which nothing is written: `key:` and the rest of the line. */
export function isEmptyNode(node: YamlNode | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.source === "" && !node.anchor && !node.tag);
}

/** True for a mapping or list within brackets. */
export function isFlow(node: YamlContainer): boolean {
  return node.flow === true;
}

/** True for a node that an alias elsewhere repeats: changing it would change that place too. */
export function isShared(node: YamlNode, document: Document): boolean {
  const { anchor } = node as { anchor?: string };
  if (anchor === undefined) return false;
  let isUsed = false;
  visit(document, {
    Alias(_key, alias) {
      if (alias.source === anchor) isUsed = true;
    },
  });
  return isUsed;
}

/** The member of a container: by key of a mapping, by name or place of a list's element. */
export function yamlMember(container: YamlContainer, segment: string): YamlMember | undefined {
  if (isMap(container)) {
    const index = container.items.findLastIndex(({ key }) => isScalar(key) && key.value === segment);
    return index < 0 ? undefined : memberAt(container, index);
  }
  const place = selectedPlace(segment);
  if (place !== undefined) return place < container.items.length ? memberAt(container, place) : undefined;
  const name = selectedName(segment);
  const index = container.items.findLastIndex((item) => name !== undefined && isMap(item) && item.get("name") === name);
  return index < 0 ? undefined : memberAt(container, index);
}

/** The members of a container, by their place. */
export function memberAt(container: YamlContainer, index: number): YamlMember {
  const item = container.items[index];
  return isMap(container) ? pairMember(item as Pair, index) : elementMember(container, item as YamlNode, index);
}

/** Indent of a block mapping's keys, or of a block list's dashes. Units: columns. */
export function indentOf(container: YamlContainer): number {
  const token = container.srcToken;
  return token !== undefined && "indent" in token ? token.indent : 0;
}

/** The value at a path, or undefined; an alias is not followed. */
export function yamlNodeAt(root: YamlNode | null, path: readonly string[]): YamlNode | null | undefined {
  let node: YamlNode | null = root;
  for (const segment of path) {
    const member: YamlMember | undefined = isCollectionNode(node) ? yamlMember(node, segment) : undefined;
    if (member === undefined) return undefined;
    node = member.value;
  }
  return node;
}

/** True for a mapping or list. */
export function isCollectionNode(node: unknown): node is YamlContainer {
  return isMap(node) || isSeq(node);
}

/** What a node is, in words. */
export function yamlKindOf(node: YamlNode | null): string {
  if (isAlias(node)) return "an alias";
  if (isCollection(node)) return isMap(node) ? "a mapping" : "a list";
  if (node === null || (isScalar(node) && node.value === null)) return "null";
  return "a plain value";
}

function pairMember(pair: Pair, index: number): YamlMember {
  const [key, value] = [pair.key as YamlNode | null, pair.value as YamlNode | null];
  const { start = [], sep = [] } = pair.srcToken ?? {};
  const isOdd =
    start.some(({ type }) => !["space", "comment", "newline", "comma"].includes(type)) || key?.range == null;
  const colon = sep.find(({ type }) => type === "map-value-ind");
  const mark = colon === undefined ? (key?.range?.[1] ?? 0) : colon.offset + 1;
  return { index, value, start: isOdd ? undefined : key?.range?.[0], mark, end: contentEnd(value) ?? mark };
}

function elementMember(container: YAMLSeq, item: YamlNode, index: number): YamlMember {
  const token = container.srcToken;
  const source =
    token !== undefined && "items" in token
      ? token.items.find(({ value }) => value !== undefined && value === item.srcToken)
      : undefined;
  const dash = source?.start.find(({ type }) => type === "seq-item-ind")?.offset;
  const start = isFlow(container) ? item.range?.[0] : dash;
  const mark = dash === undefined ? (item.range?.[0] ?? 0) : dash + 1;
  return { index, value: item, start, mark, end: contentEnd(item) ?? mark };
}

/** Behind the last character of a value; undefined for one of which nothing is written. */
function contentEnd(node: YamlNode | null): number | undefined {
  if (node === null || isEmptyNode(node)) return undefined;
  if (!isCollectionNode(node) || isFlow(node)) return node.range?.[1];
  const last = node.items.length - 1;
  return last < 0 ? node.range?.[1] : memberAt(node, last).end;
}
