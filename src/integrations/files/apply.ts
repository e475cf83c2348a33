import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { type HeldLock, withLock } from "../../config/lock.ts";
import { fileError } from "../../config/read.ts";
import type { EditFileStep } from "../types.ts";
import { pruneBackups, removeBackup, writeBackup } from "./backups.ts";
import { type ChangedText, changeSettings, type KnownChange, knownFromRecognised } from "./change-settings.ts";
import type { TextChange } from "./diff.ts";
import { type FileReceipt, readReceipt, sha256, updateReceipt } from "./receipts.ts";
import { replaceFile, sweepTemporaries } from "./replace-file.ts";
import { loadSyntax } from "./settings-format.ts";
import { hasModes, readSettledFile, requireWritable, type UserFile } from "./user-file.ts";

/** What applying and undoing need besides the step. */
export interface FileEnvironment {
  /** `<config directory>/receipts`. */
  readonly receiptsFolder: string;
  /** Wall-clock time for names of backups. Units: milliseconds. */
  readonly nowMs: number;
}

/** What applying a step came to. */
export interface AppliedFile {
  readonly path: string;
  readonly outcome: "unchanged" | "changed" | "created";
  readonly backup: string | undefined;
}

const TRIES = 3;
const NEW_FILE_MODE = 0o600;

/** What a step would change, without writing. Throws: as `applyEdit`, but for what only writing finds out. */
export async function previewEdit(tool: string, step: EditFileStep, environment: FileEnvironment): Promise<TextChange> {
  const { file, change } = await planEdit(tool, step, environment);
  const before = file.content?.text;
  return { path: step.file.path, before, after: change?.text ?? before };
}

/**
 * Applies one step to a user's file: under a lock, with a receipt before and a backup beside it, in one atomic step. A file that says
 * all of it already is not touched.
 * Throws: ZX_FILE_INVALID, ZX_FILE_ACCESS; ZX_FILE_CHANGED when somebody else rewrites the file three times in a row.
 */
export async function applyEdit(tool: string, step: EditFileStep, environment: FileEnvironment): Promise<AppliedFile> {
  const { path } = step.file;
  const planned = await planEdit(tool, step, environment);
  if (planned.change === undefined && planned.mode === modeOf(planned.file)) {
    return { path, outcome: "unchanged", backup: undefined };
  }
  const { realPath } = planned.file;
  const createdFolders = await makeFolders(dirname(realPath), path);
  return withLock(realPath, async (lock) => {
    await sweepTemporaries(realPath);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const applied = await tryEdit(tool, step, environment, createdFolders, lock);
      if (applied !== undefined) return applied;
    }
    throw new ZenthrexError("ZX_FILE_CHANGED", `${path} kept changing while it was being edited`);
  });
}

interface PlannedEdit {
  readonly file: UserFile;
  readonly receipt: FileReceipt | undefined;
  /** Undefined: the text stays. */
  readonly change: ChangedText | undefined;
  readonly mode: number;
}

async function planEdit(tool: string, step: EditFileStep, environment: FileEnvironment): Promise<PlannedEdit> {
  const file = await readSettledFile(step.file.path, step.file.syntax);
  await requireWritable(file);
  const { files } = await readReceipt(environment.receiptsFolder, tool);
  const receipt = files.find(({ realPath }) => realPath === file.realPath);
  const known: KnownChange | undefined = receipt ?? knownFromRecognised(step.file.recognised);
  const syntax = await loadSyntax(step.file.path, step.file.syntax);
  const change = changeSettings(file.content?.text, step.set, known, syntax, step.units, step);
  return { file, receipt, change, mode: tightened(modeOf(file), step.access) };
}

/** One try. Shape: undefined when the file changed meanwhile. */
async function tryEdit(
  tool: string,
  step: EditFileStep,
  environment: FileEnvironment,
  createdFolders: readonly string[],
  lock: HeldLock,
): Promise<AppliedFile | undefined> {
  const { file, receipt, change, mode } = await planEdit(tool, step, environment);
  const { path } = step.file;
  const content = file.content;
  if (change === undefined && mode === modeOf(file)) return { path, outcome: "unchanged", backup: undefined };
  const text = change?.text ?? content?.text;
  const next = receiptOf(step, file, receipt, change, mode, createdFolders, environment.nowMs);
  if (next !== undefined) await updateReceipt(environment.receiptsFolder, tool, file.realPath, next);
  // Bytes that are all our own are not kept: a backup of them would only be one more copy of a token.
  const isOurOwn = content !== undefined && receipt?.states[0]?.sha256 === sha256(content.text);
  const backup = content && change && !isOurOwn ? await writeBackup(path, content.bytes, environment.nowMs) : undefined;
  const done = await replaceFile(file, { text, mode }, lock).catch(async (error: unknown) => {
    if (backup !== undefined) await removeBackup(backup);
    throw error;
  });
  if (!done) {
    if (backup !== undefined) await removeBackup(backup);
    return undefined;
  }
  await pruneBackups(path);
  return { path, outcome: content === undefined ? "created" : "changed", backup };
}

function receiptOf(
  step: EditFileStep,
  file: UserFile,
  earlier: FileReceipt | undefined,
  change: ChangedText | undefined,
  mode: number,
  createdFolders: readonly string[],
  nowMs: number,
): FileReceipt | undefined {
  if (change === undefined) return earlier && { ...earlier, modeAfter: mode };
  const { createdFile, createdParents, keys, units, states } = change;
  return {
    path: step.file.path,
    realPath: file.realPath,
    syntax: step.file.syntax,
    at: new Date(nowMs).toISOString(),
    createdFile,
    createdFolders: [...new Set([...(earlier?.createdFolders ?? []), ...createdFolders])],
    createdParents,
    modeBefore: modeBefore(file, earlier),
    modeAfter: mode,
    keys,
    ...(units === undefined ? {} : { units }),
    states,
  };
}

/** The mode to give back: the first one, unless the user has set another since. */
function modeBefore(file: UserFile, earlier: FileReceipt | undefined): number | null {
  if (file.content === undefined) return null;
  return earlier !== undefined && earlier.modeAfter === modeOf(file) ? earlier.modeBefore : modeOf(file);
}

function modeOf(file: UserFile): number {
  return file.content === undefined ? NEW_FILE_MODE : file.content.stats.mode & 0o7777;
}

function tightened(mode: number, access: EditFileStep["access"]): number {
  if (!hasModes()) return mode;
  if (access === "owner-only") return mode & ~0o077;
  return access === "private" ? mode & ~0o044 : mode;
}

/** Makes the folder of a new file, for this user only. Shape: the folders that were made, outermost first. */
async function makeFolders(folder: string, path: string): Promise<string[]> {
  try {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return [];
    const made: string[] = [];
    for (let current = folder; current.length >= first.length; current = dirname(current)) made.unshift(current);
    return made;
  } catch (error) {
    if ((await stat(folder).catch(() => undefined))?.isFile()) {
      throw new ZenthrexError("ZX_FILE_ACCESS", `${folder} is a file, not a folder`, {
        fix: "Move it out of the way, then run the command again.",
      });
    }
    throw fileError(error, path, "write");
  }
}
