import { rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { type HeldLock, withLock } from "../../config/lock.ts";
import type { SettingsFile, SettingsSyntaxName } from "../types.ts";
import type { FileEnvironment } from "./apply.ts";
import { removeBackupsEqualTo } from "./backups.ts";
import { type KnownChange, knownFromRecognised, type UndoneText, undoSettings } from "./change-settings.ts";
import type { TextChange } from "./diff.ts";
import { type FileReceipt, readReceipt, updateReceipt } from "./receipts.ts";
import { replaceFile, sweepTemporaries } from "./replace-file.ts";
import { loadSyntax } from "./settings-format.ts";
import { readSettledFile, readUserFile, requireWritable, type UserFile } from "./user-file.ts";

/** What undoing in one file came to. `left`: keys whose value is no longer ours; they stay as they are. */
export interface UndoneFile {
  readonly path: string;
  readonly outcome: "restored" | "deleted" | "nothing";
  readonly restored: readonly (readonly string[])[];
  readonly left: readonly (readonly string[])[];
  /** True when the bytes are those of before setup. */
  readonly isExact: boolean;
}

const TRIES = 3;

/** What an undo would change, without writing. Throws: as `undoTool`. */
export async function previewUndo(
  tool: string,
  files: readonly SettingsFile[],
  environment: FileEnvironment,
): Promise<TextChange[]> {
  const changes: TextChange[] = [];
  for (const target of await targetsOf(tool, files, environment)) {
    const { file, undone } = await planUndo(target);
    const before = file.content?.text;
    changes.push({ path: target.path, before, after: undone === undefined ? before : undone.text });
  }
  return changes;
}

/**
 * Takes back what was set up for a tool: our keys return to what they were, where their value is still ours; a file that we created and
 * that holds only our keys goes, and so do folders that we made for it, once empty. Doing it twice does nothing.
 * `files` are the tool's files as detected: their recognised values serve where the receipt is lost.
 * Throws: ZX_FILE_INVALID, ZX_FILE_ACCESS, ZX_FILE_CHANGED.
 */
export async function undoTool(
  tool: string,
  files: readonly SettingsFile[],
  environment: FileEnvironment,
): Promise<UndoneFile[]> {
  const targets = await targetsOf(tool, files, environment);
  const undone: UndoneFile[] = [];
  for (const target of targets) undone.push(await undoFile(tool, target, environment));
  await removeFolders(targets.flatMap(({ receipt }) => receipt?.createdFolders ?? []));
  return undone;
}

/** One file to take our keys out of. */
interface UndoTarget {
  readonly path: string;
  readonly syntax: SettingsSyntaxName;
  readonly known: KnownChange;
  readonly receipt: FileReceipt | undefined;
}

async function targetsOf(
  tool: string,
  files: readonly SettingsFile[],
  environment: FileEnvironment,
): Promise<UndoTarget[]> {
  const receipts = (await readReceipt(environment.receiptsFolder, tool)).files;
  const targets: UndoTarget[] = [];
  for (const receipt of receipts) {
    const { path, realPath, syntax } = receipt;
    targets.push({ path, syntax, known: receipt, receipt });
    // The link that led there was replaced since: the file that we wrote is looked at too.
    if ((await readUserFile(path)).realPath !== realPath)
      targets.push({ path: realPath, syntax, known: receipt, receipt });
  }
  for (const { path, syntax, recognised } of files) {
    const known = knownFromRecognised(recognised);
    if (known === undefined || receipts.some((receipt) => receipt.path === path)) continue;
    const { realPath } = await readUserFile(path);
    if (!receipts.some((receipt) => receipt.realPath === realPath))
      targets.push({ path, syntax, known, receipt: undefined });
  }
  return targets;
}

async function planUndo({
  path,
  syntax,
  known,
}: UndoTarget): Promise<{ file: UserFile; undone: UndoneText | undefined }> {
  const file = await readSettledFile(path, syntax);
  if (file.content === undefined) return { file, undone: undefined };
  return { file, undone: undoSettings(file.content.text, known, await loadSyntax(path, syntax)) };
}

async function undoFile(tool: string, target: UndoTarget, environment: FileEnvironment): Promise<UndoneFile> {
  const { path } = target;
  const { realPath } = await readUserFile(path);
  // Its folder is gone: there is nothing to lock and nothing to undo.
  if ((await stat(dirname(realPath)).catch(() => undefined)) === undefined) {
    await forget(tool, target, environment);
    return { path, outcome: "nothing", restored: [], left: [], isExact: true };
  }
  const done = await withLock(realPath, async (lock) => {
    await sweepTemporaries(realPath);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const undone = await tryUndo(target, lock);
      if (undone !== undefined) return undone;
    }
    throw new ZenthrexError("ZX_FILE_CHANGED", `${path} kept changing while it was being edited`);
  });
  await forget(tool, target, environment);
  return done;
}

/** Behind all files: a folder that was made for the first may hold the others. Innermost first; one that holds anything stays. */
async function removeFolders(folders: readonly string[]): Promise<void> {
  const innermostFirst = [...new Set(folders)].sort((left, right) => right.length - left.length);
  for (const folder of innermostFirst) await rmdir(folder).catch(() => undefined);
}

async function forget(tool: string, { receipt }: UndoTarget, environment: FileEnvironment): Promise<void> {
  if (receipt !== undefined) await updateReceipt(environment.receiptsFolder, tool, receipt.realPath, undefined);
}

async function tryUndo(target: UndoTarget, lock: HeldLock): Promise<UndoneFile | undefined> {
  const { path, receipt } = target;
  const { file, undone } = await planUndo(target);
  const { content } = file;
  if (content === undefined || undone === undefined) {
    return { path, outcome: "nothing", restored: [], left: [], isExact: true };
  }
  const presentMode = content.stats.mode & 0o7777;
  const mode = receipt?.modeBefore != null && presentMode === receipt.modeAfter ? receipt.modeBefore : presentMode;
  const { text, restored, left, isExact } = undone;
  if (text !== content.text || mode !== presentMode) {
    await requireWritable(file);
    if (!(await replaceFile(file, { text, mode }, lock))) return undefined;
  }
  if (text !== undefined) await removeBackupsEqualTo(path, Buffer.from(text, "utf8"));
  if (text === undefined) return { path, outcome: "deleted", restored, left, isExact };
  return { path, outcome: text === content.text ? "nothing" : "restored", restored, left, isExact };
}
