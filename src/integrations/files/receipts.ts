import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../base/error-code.ts";
import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject } from "../../base/json.ts";
import { withLock } from "../../config/lock.ts";
import { fileError } from "../../config/read.ts";
import type { KeyUnit, SettingsSyntaxName } from "../types.ts";
import { sweepTemporaries, writeNewFile } from "./replace-file.ts";

/**
 * One key that we set. `written`: every value that we ever put there, as JSON text, or "sha256:<hex>" of it for a secret.
 * `before`: the JSON text that stood there, null when the key was absent.
 */
export interface KeyReceipt {
  readonly path: readonly string[];
  readonly written: readonly string[];
  readonly before: string | null;
  /** True: it goes only with the whole file. */
  readonly frame?: boolean;
  /** True: a repair, which no later setup takes back. */
  readonly repair?: boolean;
  /** True: the key was taken out; `before` is the JSON of its value. */
  readonly removed?: boolean;
}

/** A replacement of a piece of text. Units: UTF-16 offsets. */
export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

/** Bytes that we left behind (by hash), and the edits from there to the bytes without our keys; null: to no file at all. */
export interface KnownState {
  readonly sha256: string;
  readonly restore: readonly TextEdit[] | null;
}

/** What we did to one file. */
export interface FileReceipt {
  readonly path: string;
  readonly realPath: string;
  readonly syntax: SettingsSyntaxName;
  readonly at: string;
  readonly createdFile: boolean;
  /** Folders that we made for it, outermost first. */
  readonly createdFolders: readonly string[];
  /** Objects and arrays inside that we made. */
  readonly createdParents: readonly (readonly string[])[];
  /** Units: permission bits; null when the file is ours. */
  readonly modeBefore: number | null;
  readonly modeAfter: number;
  readonly keys: readonly KeyReceipt[];
  /** Keys that are given back together or not at all. */
  readonly units?: readonly KeyUnit[];
  /** Newest first; at most two (the second is what was there while the newest was being written). */
  readonly states: readonly KnownState[];
}

/**
 * What `setup` did for one tool: `<config directory>/receipts/<tool>.json`, 0600. It is written before the file itself, so that an undo
 * is possible whatever was interrupted when.
 */
export interface ToolReceipt {
  readonly version: 1;
  readonly tool: string;
  readonly files: readonly FileReceipt[];
}

/** The receipt of a tool; without files when there is none. Throws: ZX_FILE_INVALID when somebody edited it to nonsense. */
export async function readReceipt(folder: string, tool: string): Promise<ToolReceipt> {
  const path = receiptPath(folder, tool);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return { version: 1, tool, files: [] };
    throw fileError(error, path, "read");
  }
  const receipt = parseReceipt(text);
  if (receipt !== undefined) return receipt;
  throw new ZenthrexError("ZX_FILE_INVALID", `${path} is not a receipt of this version`, {
    fix: "Move it away: without it, undo goes by the values that are clearly ours.",
  });
}

/**
 * Puts the receipt of one file into that of its tool, or takes it out (undefined), under a lock; an empty receipt is deleted.
 * Throws: ZX_FILE_ACCESS, ZX_FILE_INVALID.
 */
export async function updateReceipt(
  folder: string,
  tool: string,
  realPath: string,
  file: FileReceipt | undefined,
): Promise<void> {
  const path = receiptPath(folder, tool);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, folder, "write");
  }
  await withLock(path, async () => {
    await sweepTemporaries(path);
    const { files } = await readReceipt(folder, tool);
    const others = files.filter((other) => other.realPath !== realPath);
    const next = file === undefined ? others : [...others, file];
    if (next.length === 0) return unlink(path).catch(ignoreMissing);
    const receipt: ToolReceipt = { version: 1, tool, files: next };
    await writeAtomically(path, `${JSON.stringify(receipt, null, 2)}\n`);
  });
}

/** The hash that stands for bytes or for a secret value. */
export function sha256(content: string): string {
  return createHash("sha256").update(content, "utf8").digest("hex");
}

/** A value as a receipt keeps it. */
export function valueMark(value: unknown, isSecret: boolean): string {
  const text = JSON.stringify(value) ?? "";
  return isSecret ? `sha256:${sha256(text)}` : text;
}

/** True when a value is one that a receipt's key says we wrote. */
export function isWritten(key: Pick<KeyReceipt, "written">, value: unknown): boolean {
  return key.written.includes(valueMark(value, false)) || key.written.includes(valueMark(value, true));
}

function receiptPath(folder: string, tool: string): string {
  return join(folder, `${tool}.json`);
}

async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.zenthrex-${randomUUID()}.tmp`;
  try {
    await writeNewFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing);
    throw fileError(error, path, "write");
  }
}

/** Checks the shape as far as reading it relies on it; the file is ours and 0600. */
function parseReceipt(text: string): ToolReceipt | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || value["version"] !== 1 || typeof value["tool"] !== "string") return undefined;
  const files = value["files"];
  return Array.isArray(files) && files.every(isFileReceipt) ? { version: 1, tool: value["tool"], files } : undefined;
}

function isFileReceipt(value: unknown): value is FileReceipt {
  if (!isJsonObject(value)) return false;
  const lists = ["createdFolders", "createdParents", "keys", "states"].every((name) => Array.isArray(value[name]));
  const texts = ["path", "realPath", "syntax", "at"].every((name) => typeof value[name] === "string");
  return lists && texts && typeof value["createdFile"] === "boolean" && typeof value["modeAfter"] === "number";
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}
