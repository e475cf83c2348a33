import { isMap } from "yaml";
import type { SettingsDocument } from "./settings-format.ts";
import { selectedName } from "./settings-tree.ts";
import { lineEndAt, lineStartAt, withoutLines } from "./text-lines.ts";
import {
  indentOf,
  isCollectionNode,
  isEmptyNode,
  isFlow,
  memberAt,
  plainValue,
  type YamlContainer,
  type YamlMember,
  type YamlNode,
  yamlMember,
  yamlNodeAt,
  yamlTree,
} from "./yaml-tree.ts";

/** Opens a YAML text to take keys out of. Throws: ZX_FILE_INVALID with name:line:column. */
export function openYamlDocument(body: string, name: string): SettingsDocument {
  let tree = yamlTree(body, name);
  const rewrite = (text: string): true => {
    tree = yamlTree(text, name);
    return true;
  };
  const holder = (path: readonly string[]): { container: YamlContainer; member: YamlMember } | undefined => {
    const container = yamlNodeAt(tree.root, path.slice(0, -1));
    const member = isCollectionNode(container) ? yamlMember(container, path.at(-1) ?? "") : undefined;
    return isCollectionNode(container) && member !== undefined ? { container, member } : undefined;
  };
  return {
    text: () => tree.text,
    find(path) {
      const node = yamlNodeAt(tree.root, path);
      if (node === undefined) return undefined;
      const value = plainValue(node, tree.document, name);
      const range = isEmptyNode(node) ? undefined : node?.range;
      return { value, text: range == null ? "" : tree.text.slice(range[0], range[1]) };
    },
    replace(path, content) {
      const member = holder(path)?.member;
      const range = member?.value?.range;
      if (member === undefined || range == null) return false;
      const start = content === "" ? member.mark : range[0];
      return rewrite(tree.text.slice(0, start) + content + tree.text.slice(range[1]));
    },
    remove(path) {
      const found = holder(path);
      if (found === undefined || found.member.start === undefined) return false;
      const { container, member } = found;
      return rewrite(
        isFlow(container)
          ? withoutFlowMember(tree.text, container, member)
          : withoutBlockMember(tree.text, container, member),
      );
    },
    isBare(path) {
      const found = holder(path);
      return found !== undefined && isBare(tree.text, found.container, found.member, path.at(-1) ?? "");
    },
    isEmpty: () => tree.text.trim() === "",
  };
}

/** The lines of a member go; a comment behind it stays. */
function withoutBlockMember(
  text: string,
  container: YamlContainer,
  { index, start = 0, end: behind }: YamlMember,
): string {
  // A block text ends behind its line end.
  const end = text[behind - 1] === "\n" ? behind - (text[behind - 2] === "\r" ? 2 : 1) : behind;
  const rest = text.slice(end, lineEndAt(text, end));
  if (rest.trim() !== "") return text.slice(0, start) + text.slice(end + (rest.length - rest.trimStart().length));
  if (text.slice(lineStartAt(text, start), start).trim() === "") return withoutLines(text, start, end);
  // It stands behind a dash: the next one takes its place there.
  const next = index + 1 < container.items.length ? memberAt(container, index + 1).start : undefined;
  const isNear = next !== undefined && text.slice(end, next).trim() === "";
  return text.slice(0, start) + text.slice(isNear ? next : end);
}

/** A member within brackets goes, with one comma. */
function withoutFlowMember(text: string, container: YamlContainer, { index, start = 0, end }: YamlMember): string {
  const next = index + 1 < container.items.length ? memberAt(container, index + 1).start : undefined;
  if (next !== undefined) return withoutPiece(text, start, end, commaIn(text, end, next), next);
  const comma =
    index > 0
      ? commaIn(text, memberAt(container, index - 1).end, start)
      : commaIn(text, end, container.range?.[1] ?? end);
  if (comma === undefined) return text.slice(0, start) + text.slice(end);
  if (comma >= end) return withoutPiece(text, start, end, comma, comma + 1);
  const hasComment = text.slice(comma, start).includes("#");
  if (!hasComment) return text.slice(0, comma) + text.slice(end);
  return text.slice(0, comma) + text.slice(comma + 1, start) + text.slice(end);
}

/** Takes out a member and the comma behind it; up to `until` where nothing but blanks is between. */
function withoutPiece(text: string, start: number, end: number, comma: number | undefined, until: number): string {
  if (comma === undefined) return text.slice(0, start) + text.slice(end);
  if (/^[\s,]*$/.test(text.slice(end, until))) return text.slice(0, start) + text.slice(until);
  return text.slice(0, start) + text.slice(end, comma) + text.slice(comma + 1);
}

/** The first comma between two offsets that is in no comment. */
function commaIn(text: string, from: number, to: number): number | undefined {
  for (let position = from; position < to; position++) {
    if (text[position] === "#") position = lineEndAt(text, position);
    else if (text[position] === ",") return position;
  }
  return undefined;
}

/** True when a member holds nothing and no comment; an element of a list may hold the name that selects it. */
function isBare(text: string, container: YamlContainer, { value, mark, end }: YamlMember, segment: string): boolean {
  if (value === null || isEmptyNode(value))
    return !hasCommentInside(text, mark, isFlow(container) ? undefined : indentOf(container));
  if (!isCollectionNode(value)) return false;
  const isNameOnly = selectedName(segment) !== undefined && isMap(value) && value.items.length === 1;
  if (value.items.length > 0 && !isNameOnly) return false;
  const inside = text.slice(value.range?.[0], end);
  if (isFlow(value)) return !inside.includes("#") || (isNameOnly && !hasLoneComment(inside, value));
  return !hasCommentInside(text, end, indentOf(container));
}

function hasLoneComment(inside: string, value: YamlNode): boolean {
  const first = isCollectionNode(value) && value.items.length > 0 ? memberAt(value, 0) : undefined;
  const from = value.range?.[0] ?? 0;
  return (
    first !== undefined &&
    (inside.slice(0, (first.start ?? from) - from) + inside.slice(first.end - from)).includes("#")
  );
}

/** A comment on the rest of the line, or on lines below that are indented deeper than `indent`. */
function hasCommentInside(text: string, from: number, indent: number | undefined): boolean {
  const [rest = "", ...lines] = text.slice(from).split(/\r?\n/);
  if (/^[ \t]*#/.test(rest)) return true;
  if (indent === undefined) return false;
  for (const line of lines) {
    if (line.trim() === "") continue;
    if ((/^ */.exec(line)?.[0].length ?? 0) <= indent) return false;
    if (/^ *#/.test(line)) return true;
  }
  return false;
}
