import type { KeyUnit } from "../types.ts";
import { openJsonDocument } from "./json-document.ts";
import type { FoundValue, SettingsDocument, SettingsSyntax } from "./settings-format.ts";

/** A key to give back. `before`: the text that stood there, or null when there was no such key. */
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
    const found = document.find(key.path);
    if (found === undefined || key.frame) continue;
    const isOurs = key.isOurs(found.value) || plan.units.some(({ object }) => isBelow(key.path, object));
    const mayGo = isOurs && !foreign.some((unit) => belongsTo(key.path, unit));
    const isDone = mayGo && (key.before === null ? document.remove(key.path) : document.replace(key.path, key.before));
    (isDone ? restored : left).push(key.path);
  }
  removeParents(plan, foreign, document);
  return { text: mark + document.text(), restored, left, isEmpty: isEmptyWithoutFrame(plan.keys, document, syntax) };
}

/** Looks up keys in a settings text: the parsed value and its text; undefined where there is nothing. */
export function keyReader(text: string, syntax: SettingsSyntax): (path: readonly string[]) => FoundValue | undefined {
  const document = openDocument(text.startsWith("\ufeff") ? text.slice(1) : text, syntax);
  return (path) => document.find(path);
}

function openDocument(body: string, syntax: SettingsSyntax): SettingsDocument {
  return "format" in syntax ? syntax.format.open(body, syntax.name) : openJsonDocument(body, syntax);
}

function isUnitOurs(unit: KeyUnit, keys: readonly KeyToRestore[], document: SettingsDocument): boolean {
  const found = document.find(unit.anchor);
  const anchor = keys.find(({ path }) => isSamePath(path, unit.anchor));
  return found === undefined || anchor === undefined || anchor.isOurs(found.value);
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

function removeParents(
  { createdParents, units }: RestorePlan,
  foreign: readonly KeyUnit[],
  document: SettingsDocument,
): void {
  for (const path of [...createdParents].sort((a, b) => b.length - a.length)) {
    const isWholeUnit = units.some((unit) => isSamePath(unit.object, path) && !foreign.includes(unit));
    if (document.find(path) !== undefined && (isWholeUnit || document.isBare(path))) document.remove(path);
  }
}

/** Whether anything stays but what every file of the kind begins with. */
function isEmptyWithoutFrame(
  keys: readonly KeyToRestore[],
  document: SettingsDocument,
  syntax: SettingsSyntax,
): boolean {
  const rest = openDocument(document.text(), syntax);
  for (const { path, frame, isOurs } of keys) {
    const found = frame ? rest.find(path) : undefined;
    if (found !== undefined && isOurs(found.value)) rest.remove(path);
  }
  return rest.isEmpty();
}
