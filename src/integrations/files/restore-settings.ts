import { applyEdits, type Edit, getNodeValue, type Node } from "jsonc-parser";
import { endOf, nodeAt, propertyOf, type SettingsSyntax, separatorsBetween, settingsTree } from "./settings-tree.ts";

/** A key to give back. `before`: the JSON text that stood there, or null when there was no such key. */
export interface KeyToRestore {
  readonly path: readonly string[];
  readonly before: string | null;
  /** True when a value is one that we wrote. */
  isOurs(value: unknown): boolean;
}

/** What giving back came to. `left`: keys whose value is no longer ours, untouched. */
export interface RestoredText {
  readonly text: string;
  readonly restored: readonly (readonly string[])[];
  readonly left: readonly (readonly string[])[];
  /** True when nothing but an empty object (or nothing at all) stays. */
  readonly isEmpty: boolean;
}

/**
 * Gives keys back in a settings text that others may have written since: where the value is still ours the old text returns, or the
 * key goes; every other byte stays. `createdParents` are objects that we made: each goes too when nothing else is in it.
 * Throws: ZX_FILE_INVALID with name:line:column.
 */
export function restoreSettings(
  text: string,
  keys: readonly KeyToRestore[],
  createdParents: readonly (readonly string[])[],
  syntax: SettingsSyntax,
): RestoredText {
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  let body = text.slice(mark.length);
  const restored: (readonly string[])[] = [];
  const left: (readonly string[])[] = [];
  let root = settingsTree(body, syntax);
  const rewrite = (next: string): void => {
    body = next;
    root = settingsTree(body, syntax);
  };
  // One key at a time: removing two neighbours at once would fight over the comma between them.
  for (const { path, before, isOurs } of keys) {
    const node = nodeAt(root, path);
    if (node === undefined) continue;
    if (!isOurs(getNodeValue(node))) {
      left.push(path);
      continue;
    }
    restored.push(path);
    if (before === null) rewrite(removeAt(body, root, path));
    else rewrite(body.slice(0, node.offset) + before + body.slice(endOf(node)));
  }
  for (const path of [...createdParents].sort((a, b) => b.length - a.length)) {
    const node = nodeAt(root, path);
    if (node?.type === "object" && isBare(body, node)) rewrite(removeAt(body, root, path));
  }
  const isEmpty = root === undefined ? body.trim() === "" : root.type === "object" && isBareFile(body, root);
  return { text: mark + body, restored, left, isEmpty };
}

/** Looks up keys in a settings text: the parsed value and its text; undefined where there is nothing. */
export function keyReader(
  text: string,
  syntax: SettingsSyntax,
): (path: readonly string[]) => { value: unknown; text: string } | undefined {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const root = settingsTree(body, syntax);
  return (path) => {
    const node = nodeAt(root, path);
    return node && { value: getNodeValue(node), text: body.slice(node.offset, endOf(node)) };
  };
}

/** True when an object holds no property and no comment. */
function isBare(text: string, node: Node): boolean {
  return text.slice(node.offset + 1, endOf(node) - 1).trim() === "";
}

function isBareFile(text: string, root: Node): boolean {
  return isBare(text, root) && text.slice(0, root.offset).trim() === "" && text.slice(endOf(root)).trim() === "";
}

function removeAt(text: string, root: Node | undefined, path: readonly string[]): string {
  const container = nodeAt(root, path.slice(0, -1));
  const property = container && propertyOf(container, path.at(-1) ?? "");
  if (container === undefined || property === undefined) return text;
  const edits = removal(text, container, property);
  const removed = applyEdits(text, edits);
  const length = endOf(container) - container.offset - edits.reduce((sum, edit) => sum + edit.length, 0);
  const inside = removed.slice(container.offset + 1, container.offset + length - 1);
  if (inside.trim() !== "") return removed;
  return `${removed.slice(0, container.offset)}{}${removed.slice(container.offset + length)}`;
}

/** Edits that take one property out of its object together with the one comma that it no longer needs. */
function removal(text: string, container: Node, property: Node): Edit[] {
  const properties = container.children ?? [];
  const index = properties.indexOf(property);
  const [previous, next] = [properties[index - 1], properties[index + 1]];
  const from = previous === undefined ? container.offset + 1 : endOf(previous);
  const ahead = separatorsBetween(text, from, property.offset);
  const behind = separatorsBetween(text, endOf(property), next?.offset ?? endOf(container) - 1);
  const start = ahead.at(-1)?.end ?? from;
  const commaBehind = behind.find(({ kind }) => kind === "comma");
  const own: Edit = { offset: start, length: endOf(property) - start, content: "" };
  const isFirstOnItsLine = previous === undefined && !/[\r\n]/.test(text.slice(start, property.offset));
  if (next !== undefined && isFirstOnItsLine && commaBehind !== undefined && commaBehind.start === endOf(property)) {
    // {"ours": 1, "theirs": 2}: the blank behind the comma goes, the one behind the brace stays.
    const blank = /^[ \t]*/.exec(text.slice(commaBehind.end))?.[0].length ?? 0;
    return [{ offset: property.offset, length: commaBehind.end + blank - property.offset, content: "" }];
  }
  const comma = commaBehind ?? ahead.find(({ kind }) => kind === "comma");
  if (comma === undefined) return [own];
  if (comma.end === own.offset)
    return [{ offset: comma.start, length: own.offset + own.length - comma.start, content: "" }];
  return [own, { offset: comma.start, length: comma.end - comma.start, content: "" }];
}
