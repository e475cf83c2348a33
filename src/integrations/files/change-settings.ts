import { ZenthrexError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import type { EditFileStep, KeyUnit, KeyValue, RecognisedKey } from "../types.ts";
import { editSettings } from "./edit-settings.ts";
import { type FileReceipt, isWritten, type KeyReceipt, type KnownState, sha256, valueMark } from "./receipts.ts";
import { type KeyToRestore, keyReader, restoreSettings } from "./restore-settings.ts";
import type { SettingsSyntax } from "./settings-format.ts";
import { applyTextEdits, textEdits } from "./text-edits.ts";

/** What is known of an earlier change of ours to a file. */
export type KnownChange = Pick<FileReceipt, "createdFile" | "createdParents" | "keys" | "units" | "states">;

/** A new text, and what a receipt has to know to take it back. */
export interface ChangedText extends KnownChange {
  readonly text: string;
}

/** A text without our keys. `text` undefined: the file goes. */
export interface UndoneText {
  readonly text: string | undefined;
  readonly restored: readonly (readonly string[])[];
  readonly left: readonly (readonly string[])[];
  /** True when the bytes are those of before, because nobody else wrote since. */
  readonly isExact: boolean;
}

/**
 * Sets our keys in a text and says how to take them back. Keys that an earlier change of ours set and this one doesn't are given back;
 * what stood there before the first change stays what an undo restores.
 * Repairs stay, and give nothing back.
 * Shape: undefined when the text says all of it already. Throws: ZX_FILE_INVALID with name:line:column.
 */
export function changeSettings(
  current: string | undefined,
  set: readonly KeyValue[],
  known: KnownChange | undefined,
  syntax: SettingsSyntax,
  units: readonly KeyUnit[] = [],
  { remove = [], isRepair }: Pick<EditFileStep, "remove" | "isRepair"> = {},
): ChangedText | undefined {
  const wanted = new Set([...set.map(({ path }) => path), ...remove].map((path) => JSON.stringify(path)));
  const others = (known?.keys ?? []).filter(({ path }) => !wanted.has(JSON.stringify(path)));
  const isKept = (key: KeyReceipt): boolean => isRepair === true || key.repair === true;
  const dropped = others.filter((key) => !isKept(key));
  const hasDropped = current !== undefined && dropped.length > 0;
  const plan = { keys: dropped.map(toRestore), createdParents: [], units: [] };
  const kept = hasDropped ? restoreSettings(current, plan, syntax).text : current;
  const edited = editSettings(kept, set, syntax, (path, value) => {
    const key = known?.keys.find((other) => JSON.stringify(other.path) === JSON.stringify(path));
    return key !== undefined && isWritten(key, value);
  });
  const text = current === undefined ? edited : removeKeys(edited, remove, syntax);
  if (text === current) return undefined;
  const base = current === undefined ? undefined : withoutOurs(current, known, syntax);
  const read: KeyReader = current === undefined ? () => undefined : keyReader(current, syntax);
  const stays = others.filter(isKept);
  const mark = isRepair === true ? { repair: true } : {};
  const made = createdParents(read, set, known);
  const allUnits = isRepair === true ? [...(known?.units ?? []), ...units] : units;
  const result = {
    text,
    createdFile: current === undefined || (known?.createdFile ?? false),
    createdParents: stays.length === 0 ? made : uniquePaths([...(known?.createdParents ?? []), ...made]),
    keys: [
      ...stays,
      ...set.map((key) => ({ ...keyReceipt(read, key, known), ...mark })),
      ...remove.flatMap((path) => removedReceipt(read, path, known)).map((key) => ({ ...key, ...mark })),
    ],
    ...(allUnits.length > 0 ? { units: allUnits } : {}),
    states: [stateOf(text, base), ...(current === undefined ? [] : [stateOf(current, base)])],
  };
  requireFaithful(result, set, remove, base, syntax);
  return result;
}

/** Takes our keys out of a text again. Throws: ZX_FILE_INVALID with name:line:column. */
export function undoSettings(current: string, known: KnownChange, syntax: SettingsSyntax): UndoneText {
  const state = known.states.find(({ sha256: hash }) => hash === sha256(current));
  if (state !== undefined) {
    const text = state.restore === null ? undefined : applyTextEdits(current, state.restore);
    const restored = text === current ? [] : known.keys.map(({ path }) => path);
    return { text, restored, left: [], isExact: true };
  }
  const { text, restored, left, isEmpty } = restoreSettings(
    current,
    { keys: known.keys.map(toRestore), createdParents: known.createdParents, units: known.units ?? [] },
    syntax,
  );
  if (known.createdFile && isEmpty) return { text: undefined, restored, left, isExact: false };
  const returned = returnRemoved(text, known.keys, syntax);
  return {
    text: returned.text,
    restored: [...restored, ...returned.restored],
    left: [...left, ...returned.left],
    isExact: false,
  };
}

/** Takes keys out, as far as they can be taken out alone; that all are gone is checked afterwards. */
function removeKeys(text: string, paths: readonly (readonly string[])[], syntax: SettingsSyntax): string {
  if (paths.length === 0) return text;
  const read = keyReader(text, syntax);
  const keys = paths.flatMap((path): KeyToRestore[] =>
    read(path) === undefined ? [] : [{ path, before: null, frame: false, isOurs: () => true }],
  );
  return restoreSettings(text, { keys, createdParents: [], units: [] }, syntax).text;
}

/** Puts back what was taken out, where nobody has set it since. */
function returnRemoved(
  text: string,
  keys: readonly KeyReceipt[],
  syntax: SettingsSyntax,
): Pick<UndoneText, "restored" | "left"> & { readonly text: string } {
  const restored: (readonly string[])[] = [];
  const left: (readonly string[])[] = [];
  let result = text;
  for (const { path, before, removed } of keys) {
    if (removed !== true || before === null || keyReader(result, syntax)(path) !== undefined) continue;
    try {
      result = editSettings(result, [{ path, value: JSON.parse(before) as Json }], syntax);
      restored.push(path);
    } catch (error) {
      // What it stood in has become something else.
      if (!(error instanceof ZenthrexError)) throw error;
      left.push(path);
    }
  }
  return { text: result, restored, left };
}

/** What recognised values stand for where the receipt is lost; undefined when there are none. */
export function knownFromRecognised(recognised: readonly RecognisedKey[]): KnownChange | undefined {
  if (recognised.length === 0) return undefined;
  return {
    createdFile: false,
    createdParents: uniquePaths(recognised.flatMap(({ path }) => parentsOf(path))),
    keys: recognised.map(({ path, value, before }) => ({
      path,
      written: [valueMark(value, true)],
      before: before === undefined ? null : JSON.stringify(before),
    })),
    states: [],
  };
}

type KeyReader = ReturnType<typeof keyReader>;

function toRestore(key: KeyReceipt): KeyToRestore {
  return { path: key.path, before: key.before, frame: key.frame ?? false, isOurs: (value) => isWritten(key, value) };
}

function withoutOurs(current: string, known: KnownChange | undefined, syntax: SettingsSyntax): string | undefined {
  return known === undefined ? current : undoSettings(current, known, syntax).text;
}

function stateOf(text: string, base: string | undefined): KnownState {
  return { sha256: sha256(text), restore: base === undefined ? null : textEdits(text, base) };
}

function keyReceipt(
  read: KeyReader,
  { path, value, secret = false, frame }: KeyValue,
  known: KnownChange | undefined,
): KeyReceipt {
  const present = read(path);
  const earlier = known?.keys.find((key) => JSON.stringify(key.path) === JSON.stringify(path));
  const mark = valueMark(value, secret);
  const rest = frame === true ? { frame } : {};
  if (present !== undefined && earlier !== undefined && isWritten(earlier, present.value)) {
    return { path, written: [...new Set([...earlier.written, mark])], before: earlier.before, ...rest };
  }
  const before = present?.text ?? (earlier?.removed === true ? earlier.before : null);
  return { path, written: [mark], before, ...rest };
}

/** What stood under a key that goes: before our first change, where the present value is ours. */
function removedReceipt(read: KeyReader, path: readonly string[], known: KnownChange | undefined): KeyReceipt[] {
  const present = read(path);
  const earlier = known?.keys.find((key) => JSON.stringify(key.path) === JSON.stringify(path));
  if (present === undefined) return earlier === undefined ? [] : [earlier];
  if (earlier !== undefined && isWritten(earlier, present.value)) {
    return [{ path, written: [], before: earlier.before, removed: true }];
  }
  return [{ path, written: [], before: JSON.stringify(present.value), removed: true }];
}

function createdParents(
  read: KeyReader,
  set: readonly KeyValue[],
  known: KnownChange | undefined,
): readonly (readonly string[])[] {
  const earlier = new Set(known?.createdParents.map((path) => JSON.stringify(path)));
  const parents = uniquePaths(set.flatMap(({ path }) => parentsOf(path)));
  return parents.filter((path) => read(path) === undefined || earlier.has(JSON.stringify(path)));
}

function parentsOf(path: readonly string[]): (readonly string[])[] {
  return path.slice(0, -1).map((_, index) => path.slice(0, index + 1));
}

function uniquePaths(paths: readonly (readonly string[])[]): (readonly string[])[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

/** A last look before a user's file is touched: the new text says what it should, and leads back to where it came from. */
function requireFaithful(
  changed: ChangedText,
  set: readonly KeyValue[],
  removed: readonly (readonly string[])[],
  base: string | undefined,
  syntax: SettingsSyntax,
): void {
  const read = keyReader(changed.text, syntax);
  const isGone = removed.every((path) => read(path) === undefined);
  const says = isGone && set.every(({ path, value }) => JSON.stringify(read(path)?.value) === JSON.stringify(value));
  if (says && undoSettings(changed.text, changed, syntax).text === base) return;
  throw new ZenthrexError("ZX_INTERNAL", `the edit of ${syntax.name} would not have been exact: nothing was written`);
}
