import { isDeepStrictEqual } from "node:util";
import { isAlias, isMap, isScalar, Scalar } from "yaml";
import type { ZenthrexError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { requireSameValues } from "./same-values.ts";
import type { IsOwnValue, TextFormat } from "./settings-format.ts";
import { invalidAt, requireNoPlace, selectsElement } from "./settings-tree.ts";
import { lineEndAt, lineEndOf } from "./text-lines.ts";
import { withNested } from "./with-nested.ts";
import { openYamlDocument } from "./yaml-document.ts";
import { renderBlock, renderFlow, type YamlStyle } from "./yaml-text.ts";
import {
  indentOf,
  isCollectionNode,
  isEmptyNode,
  isFlow,
  isShared,
  memberAt,
  plainValue,
  type YamlContainer,
  type YamlMember,
  type YamlNode,
  type YamlTree,
  yamlKindOf,
  yamlMember,
  yamlTree,
  yamlValues,
} from "./yaml-tree.ts";

/**
 * YAML: edited by the places that the `yaml` package finds. What is there already keeps its bytes; a new key goes behind the last one
 * of its mapping, in the style (block or brackets) of the place.
 */
export const yamlFormat: TextFormat = {
  values: (body, name) => yamlValues(yamlTree(body, name), name),
  open: openYamlDocument,
  edit(body, set, name, isOwn) {
    const before = yamlValues(yamlTree(body, name), name);
    let text = body;
    for (const { path, value } of set) text = withKey(text, path, value, name, isOwn);
    requireSameValues(before, set, yamlValues(yamlTree(text, name), name), name);
    return text;
  },
};

function withKey(text: string, path: readonly string[], value: Json, name: string, isOwn: IsOwnValue): string {
  const tree = yamlTree(text, name);
  const style = { eol: lineEndOf(text), unit: unitOf(tree) };
  let node = tree.root;
  if (node === null || isEmptyNode(node)) return withFirstKey(text, nested(path, value, name), style);
  let member: YamlMember | undefined;
  for (const [depth, segment] of path.entries()) {
    if (isEmptyNode(node) && member !== undefined)
      return withFilledKey(tree, path.slice(0, depth), member, nested(path.slice(depth), value, name), style);
    const container = requireContainer(tree, node, path.slice(0, depth), segment, name);
    member = yamlMember(container, segment);
    if (member === undefined) return withMember(text, container, nested(path.slice(depth), value, name), style);
    node = member.value;
  }
  if (member === undefined) return text;
  if (isDeepStrictEqual(plainValue(node, tree.document, name), value)) return text;
  return withValue(tree, path, member, value, name, isOwn);
}

/** A value wrapped into the containers that a path lacks. */
function nested(path: readonly string[], value: Json, name: string): Json {
  requireNoPlace(path, name);
  return withNested(undefined, path, value);
}

function requireContainer(
  { text, document }: YamlTree,
  node: YamlNode | null,
  path: readonly string[],
  segment: string,
  name: string,
): YamlContainer {
  const what = path.length === 0 ? "the top level" : `"${path.join(".")}"`;
  const refuse = (reason: string): ZenthrexError =>
    invalidAt(text, node?.range?.[0] ?? 0, name, `${what} is ${reason}`);
  const isList = selectsElement(segment);
  if (!isCollectionNode(node) || isMap(node) === isList) {
    throw refuse(`${yamlKindOf(node)}, not ${isList ? "a list" : "a mapping"}`);
  }
  if (isShared(node, document)) throw refuse("repeated elsewhere by an alias: a change would show there too");
  return node;
}

/** Puts a value in the place of another one: only of a plain one, or of one that we wrote. */
function withValue(
  { text, document }: YamlTree,
  path: readonly string[],
  member: YamlMember,
  value: Json,
  name: string,
  isOwn: IsOwnValue,
): string {
  const { value: node, mark } = member;
  if (node === null || isEmptyNode(node))
    return `${text.slice(0, mark)}${text[mark - 1] === ":" ? " " : ": "}${renderFlow(value)}${text.slice(mark)}`;
  const range = node.range;
  const isPlain =
    isScalar(node) &&
    node.value !== null &&
    [Scalar.PLAIN, Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE].includes(node.type as never);
  const isOurs = isCollectionNode(node) && isFlow(node) && isOwn(path, plainValue(node, document, name));
  if (
    range == null ||
    isAlias(node) ||
    (!isPlain && !isOurs) ||
    isShared(node, document) ||
    ((node as { tag?: string }).tag !== undefined && hasTag(node))
  ) {
    throw invalidAt(
      text,
      range?.[0] ?? 0,
      name,
      `"${path.join(".")}" is ${yamlKindOf(node)} that can't be replaced by a text`,
    );
  }
  return text.slice(0, range[0]) + renderFlow(value) + text.slice(range[1]);
}

/** A tag that is written, not one that was resolved. */
function hasTag(node: YamlNode): boolean {
  return isScalar(node) && typeof node.tag === "string" && !node.tag.startsWith("tag:yaml.org,2002:");
}

/** A text for a file without any value; comments that it consists of stay in front. */
function withFirstKey(text: string, added: Json, style: YamlStyle): string {
  const block = renderBlock(added, 0, style) + style.eol;
  if (text.trim() === "") return block;
  return text.endsWith("\n") ? text + block : text + style.eol + block;
}

/** Fills a key of which nothing is written behind the colon. */
function withFilledKey(
  { text, root }: YamlTree,
  path: readonly string[],
  { mark }: YamlMember,
  added: Json,
  style: YamlStyle,
): string {
  const around = containerAt(root, path.slice(0, -1));
  if (around === undefined || isFlow(around)) {
    return `${text.slice(0, mark)}${text[mark - 1] === ":" ? " " : ": "}${renderFlow(added)}${text.slice(mark)}`;
  }
  const indent = indentOf(around) + style.unit;
  const at = lineEndAt(text, mark);
  return (
    text.slice(0, at) + lineEndOf(text, at) + " ".repeat(indent) + renderBlock(added, indent, style) + text.slice(at)
  );
}

function containerAt(root: YamlNode | null, path: readonly string[]): YamlContainer | undefined {
  let node = root;
  for (const segment of path) node = (isCollectionNode(node) && yamlMember(node, segment)?.value) || null;
  return isCollectionNode(node) ? node : undefined;
}

/** Adds a member behind the last one. */
function withMember(text: string, container: YamlContainer, added: Json, style: YamlStyle): string {
  const last = container.items.length === 0 ? undefined : memberAt(container, container.items.length - 1);
  if (isFlow(container)) {
    const inside = renderFlow(added).slice(1, -1);
    if (last !== undefined) return `${text.slice(0, last.end)}, ${inside}${text.slice(last.end)}`;
    const at = (container.range?.[0] ?? 0) + 1;
    return text.slice(0, at) + inside + text.slice(at);
  }
  const indent = indentOf(container);
  const end = last?.end ?? container.range?.[1] ?? text.length;
  // A block text ends behind its line end.
  const at =
    text[end - 1] === "\n" ? lineEndAt(text, end - 1 - (text[end - 2] === "\r" ? 1 : 0)) : lineEndAt(text, end);
  return (
    text.slice(0, at) + lineEndOf(text, at) + " ".repeat(indent) + renderBlock(added, indent, style) + text.slice(at)
  );
}

/** How far a mapping below another is indented in this text; 2 where there is none. Units: columns. */
function unitOf({ root }: YamlTree): number {
  if (!isMap(root) || isFlow(root)) return 2;
  const inner = root.items.map(({ value }) => value).find((value) => isMap(value) && !isFlow(value));
  const unit = isMap(inner) ? indentOf(inner) - indentOf(root) : 2;
  return unit > 0 ? unit : 2;
}
