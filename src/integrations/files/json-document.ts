import { applyEdits, type Edit, getNodeValue, type Node } from "jsonc-parser";
import type { SettingsDocument } from "./settings-format.ts";
import {
  endOf,
  type JsonSyntax,
  memberOf,
  nodeAt,
  propertyOf,
  selectedName,
  separatorsBetween,
  settingsTree,
} from "./settings-tree.ts";

/** Opens a JSON or JSONC text to take keys out of. Throws: ZX_FILE_INVALID with name:line:column. */
export function openJsonDocument(body: string, syntax: JsonSyntax): SettingsDocument {
  let text = body;
  let root = settingsTree(text, syntax);
  const rewrite = (next: string): true => {
    text = next;
    root = settingsTree(text, syntax);
    return true;
  };
  return {
    text: () => text,
    find(path) {
      const node = nodeAt(root, path);
      return node && { value: getNodeValue(node), text: text.slice(node.offset, endOf(node)) };
    },
    remove: (path) => rewrite(removeAt(text, root, path)),
    replace(path, content) {
      const node = nodeAt(root, path);
      return node !== undefined && rewrite(text.slice(0, node.offset) + content + text.slice(endOf(node)));
    },
    isBare(path) {
      const node = nodeAt(root, path);
      return node !== undefined && isBare(text, node, path.at(-1));
    },
    isEmpty: () => (root === undefined ? text.trim() === "" : isBareFile(text, root)),
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
  return (root.type === "object" || root.type === "array") && isBare(text, root, undefined) && outside.trim() === "";
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
