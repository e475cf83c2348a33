import { applyEdits, type Edit, getNodeValue, type Node } from "jsonc-parser";
import type { KeyUnit } from "../types.ts";
import {
  endOf,
  memberOf,
  nodeAt,
  propertyOf,
  type SettingsSyntax,
  selectedName,
  separatorsBetween,
  settingsTree,
} from "./settings-tree.ts";

/** A key to give back. `before`: the JSON text that stood there, or null when there was no such key. */
export interface KeyToRestore {
  readonly path: readonly string[];
  readonly before: string | null;
  /** Goes only with the whole file. */
  readonly frame: boolean;
  /** True when a value is one that we wrote. */
  isOurs(value: unknown): boolean;
}

/** What else an undo has to know of a file. */
export interface RestorePlan {
  readonly keys: readonly KeyToRestore[];
  /** Objects and arrays that we made: each goes too when nothing else is in it. */
  readonly createdParents: readonly (readonly string[])[];
  readonly units: readonly KeyUnit[];
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
 * key goes; every other byte stays. Throws: ZX_FILE_INVALID with name:line:column.
 */
export function restoreSettings(text: string, plan: RestorePlan, syntax: SettingsSyntax): RestoredText {
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const document = openDocument(text.slice(mark.length), syntax);
  const restored: (readonly string[])[] = [];
  const left: (readonly string[])[] = [];
  const foreign = plan.units.filter((unit) => !isUnitOurs(unit, plan.keys, document));
  // One key at a time: removing two neighbours at once would fight over the comma between them.
  for (const key of plan.keys) {
    const node = nodeAt(document.root(), key.path);
    if (node === undefined || key.frame) continue;
    const isOurs = key.isOurs(getNodeValue(node)) || plan.units.some(({ object }) => isBelow(key.path, object));
    if (!isOurs || foreign.some((unit) => belongsTo(key.path, unit))) {
      left.push(key.path);
      continue;
    }
    restored.push(key.path);
    if (key.before === null) document.remove(key.path);
    else document.replace(node, key.before);
  }
  removeParents(plan, foreign, document);
  const rest = withoutFrame(plan.keys, document, syntax);
  return { text: mark + document.text(), restored, left, isEmpty: rest.isEmpty };
}

/** A text that is edited step by step. */
interface Document {
  text(): string;
  root(): Node | undefined;
  remove(path: readonly string[]): void;
  replace(node: Node, content: string): void;
}

function openDocument(body: string, syntax: SettingsSyntax): Document {
  let text = body;
  let root = settingsTree(text, syntax);
  const rewrite = (next: string): void => {
    text = next;
    root = settingsTree(text, syntax);
  };
  return {
    text: () => text,
    root: () => root,
    remove: (path) => rewrite(removeAt(text, root, path)),
    replace: (node, content) => rewrite(text.slice(0, node.offset) + content + text.slice(endOf(node))),
  };
}

function isUnitOurs(unit: KeyUnit, keys: readonly KeyToRestore[], document: Document): boolean {
  const node = nodeAt(document.root(), unit.anchor);
  const anchor = keys.find(({ path }) => isSamePath(path, unit.anchor));
  return node === undefined || anchor === undefined || anchor.isOurs(getNodeValue(node));
}

function belongsTo(path: readonly string[], { object, also }: KeyUnit): boolean {
  return isBelow(path, object) || also.some((other) => isSamePath(path, other));
}

function isBelow(path: readonly string[], object: readonly string[]): boolean {
  return path.length > object.length && object.every((segment, index) => path[index] === segment);
}

function isSamePath(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((segment, index) => right[index] === segment);
}

function removeParents({ createdParents, units }: RestorePlan, foreign: readonly KeyUnit[], document: Document): void {
  for (const path of [...createdParents].sort((a, b) => b.length - a.length)) {
    const node = nodeAt(document.root(), path);
    const isWholeUnit = units.some((unit) => isSamePath(unit.object, path) && !foreign.includes(unit));
    if (node !== undefined && (isWholeUnit || isBare(document.text(), node, path.at(-1)))) document.remove(path);
  }
}

/** Whether anything stays but what every file of the kind begins with. */
function withoutFrame(
  keys: readonly KeyToRestore[],
  document: Document,
  syntax: SettingsSyntax,
): { readonly isEmpty: boolean } {
  const rest = openDocument(document.text(), syntax);
  for (const { path, frame, isOurs } of keys) {
    const node = frame ? nodeAt(rest.root(), path) : undefined;
    if (node !== undefined && isOurs(getNodeValue(node))) rest.remove(path);
  }
  const [text, root] = [rest.text(), rest.root()];
  return { isEmpty: root === undefined ? text.trim() === "" : isBareFile(text, root) };
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

/** True when a container holds nothing and no comment; an element of an array may still hold the name that selects it. */
function isBare(text: string, node: Node, segment: string | undefined): boolean {
  if (node.type !== "object" && node.type !== "array") return false;
  const only = node.children?.length === 1 ? node.children[0] : undefined;
  if (selectedName(segment ?? "") !== undefined && only !== undefined && only === propertyOf(node, "name")) {
    const around = text.slice(node.offset + 1, only.offset) + text.slice(endOf(only), endOf(node) - 1);
    return /^[\s,]*$/.test(around);
  }
  return text.slice(node.offset + 1, endOf(node) - 1).trim() === "";
}

function isBareFile(text: string, root: Node): boolean {
  const outside = text.slice(0, root.offset) + text.slice(endOf(root));
  return root.type === "object" && isBare(text, root, undefined) && outside.trim() === "";
}

function removeAt(text: string, root: Node | undefined, path: readonly string[]): string {
  const container = nodeAt(root, path.slice(0, -1));
  const member = container && memberOf(container, path.at(-1) ?? "");
  if (container === undefined || member === undefined) return text;
  const edits = removal(text, container, member.child);
  const removed = applyEdits(text, edits);
  const length = endOf(container) - container.offset - edits.reduce((sum, edit) => sum + edit.length, 0);
  const inside = removed.slice(container.offset + 1, container.offset + length - 1);
  if (inside.trim() !== "") return removed;
  const empty = container.type === "array" ? "[]" : "{}";
  return `${removed.slice(0, container.offset)}${empty}${removed.slice(container.offset + length)}`;
}

/** Edits that take one property out of its object (an element out of its array) together with the one comma that it no longer needs. */
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
