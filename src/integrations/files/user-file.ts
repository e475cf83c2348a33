import { constants, type Stats } from "node:fs";
import { lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../../base/error-code.ts";
import { ZenthrexError } from "../../base/errors.ts";
import { lineAndColumn } from "../../base/json.ts";
import { fileError } from "../../config/read.ts";
import type { SettingsSyntaxName } from "../types.ts";

/** A settings file of the largest real user has 200 KB; what is larger than this is something else. */
export const maxSettingsBytes: number = 8 * 1024 * 1024;

/** A user's file as it was read, with the links to it resolved once. */
export interface UserFile {
  /** As the tool names it. */
  readonly path: string;
  /** Where its bytes are. */
  readonly realPath: string;
  /** Undefined: there is no such file. */
  readonly content: { readonly bytes: Buffer; readonly text: string; readonly stats: Stats } | undefined;
}

/**
 * Reads a user's file, or finds out that there is none. Never waits on a pipe, never reads more than 8 MiB.
 * Throws: ZX_FILE_ACCESS for what is no regular file or can't be read; ZX_FILE_INVALID for what is no UTF-8 text or too large.
 */
export async function readUserFile(path: string): Promise<UserFile> {
  const realPath = await resolveLinks(path);
  try {
    // Without O_NONBLOCK, opening a named pipe waits for its writer for ever.
    const handle = await open(realPath, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    try {
      const stats = await handle.stat();
      refuseOddFile(path, stats);
      const bytes = await handle.readFile();
      return { path, realPath, content: { bytes, text: decode(path, bytes), stats } };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { path, realPath, content: undefined };
    // Directories and sockets fail at open on some systems: say what they are.
    const stats = await stat(realPath).catch(() => undefined);
    if (stats !== undefined && !stats.isFile()) refuseOddFile(path, stats);
    throw fileError(error, path, "read");
  }
}

/** How long a text that can't be whole is given to become so. Claude Code empties its settings before it writes them anew. */
const UNSETTLED_MS = 200;

/**
 * Reads a user's file as `readUserFile` does, but not in the moment in which a careless writer has emptied it: a blank file, or one
 * without its last brace, that changed within the last 200 ms is read again.
 */
export async function readSettledFile(path: string, syntax: SettingsSyntaxName): Promise<UserFile> {
  const isWhole = syntax === "yaml" || syntax === "toml" ? /\S/ : /[}\]]\s*$/;
  for (const started = Date.now(); ; await sleep(20)) {
    const file = await readUserFile(path);
    if (file.content === undefined || isWhole.test(file.content.text.slice(-100))) return file;
    const ageMs = Date.now() - file.content.stats.mtimeMs;
    if (ageMs < 0 || ageMs >= UNSETTLED_MS || Date.now() - started >= UNSETTLED_MS) return file;
  }
}

/**
 * Refuses a file that must not be replaced: read-only, of another user, with a second hard link, or in a folder where anyone may swap it.
 * Throws: ZX_FILE_ACCESS with what to do; never with a way to gain more rights.
 */
export async function requireWritable(file: UserFile): Promise<void> {
  const { path, realPath, content } = file;
  const folder = dirname(realPath);
  const folderStats = await stat(folder).catch(() => undefined);
  // Anyone who may write the folder could put a link in the file's place between our look and our write.
  if (hasModes() && folderStats !== undefined && (folderStats.mode & 0o1002) === 0o002) {
    refuse(
      `${folder} is writable for everyone`,
      `Take that away with \`chmod o-w ${folder}\`, then run the command again.`,
    );
  }
  if (content === undefined) return;
  const { stats } = content;
  const user = currentUser();
  if (user !== undefined && stats.uid !== user) {
    refuse(`${path} belongs to another user`, "Run the command as the user whose file it is.");
  }
  if (stats.nlink > 1) {
    refuse(
      `${path} has ${stats.nlink} hard links: replacing it would leave the others behind`,
      "Make it a file of its own (copy it, then move the copy over it), then run the command again.",
    );
  }
  if ((stats.mode & 0o200) === 0) {
    refuse(
      `${path} is read-only`,
      `Allow yourself to write it with \`chmod u+w ${path}\`, then run the command again.`,
    );
  }
}

/** False on Windows, where a file's permission bits are made up. */
export function hasModes(): boolean {
  return platform() !== "win32";
}

/** Follows symbolic links to the last name, which need not exist: a dangling link is written through, not replaced. */
async function resolveLinks(path: string): Promise<string> {
  if (!isAbsolute(path)) refuse(`${path} is not an absolute path`, "Set HOME to your home directory.");
  let current = path;
  try {
    for (let links = 0; links < 40; links++) {
      const folder = await realpath(dirname(current)).catch(missingFolder);
      if (folder === undefined) return current;
      current = join(folder, basename(current));
      const stats = await lstat(current).catch(missingFolder);
      if (stats === undefined || !stats.isSymbolicLink()) return current;
      current = resolve(folder, await readlink(current));
    }
  } catch (error) {
    throw fileError(error, path, "read");
  }
  return refuse(`${path} is a link that leads to itself`, "Mend the link, then run the command again.");
}

function missingFolder(error: unknown): undefined {
  if (errorCode(error) === "ENOENT") return undefined;
  throw error;
}

function refuseOddFile(path: string, stats: Stats): void {
  const kind = kindOf(stats);
  if (kind !== undefined)
    refuse(`${path} is ${kind}, not a file`, "Move it out of the way, then run the command again.");
  if (stats.size > maxSettingsBytes) {
    throw new ZenthrexError(
      "ZX_FILE_INVALID",
      `${path} has ${Math.round(stats.size / 1e6)} MB: no settings file is that large`,
      {
        fix: "Look what fills the file, and make it smaller than 8 MiB.",
      },
    );
  }
}

function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

/** Settings texts are UTF-8: replacing a wrong byte by a question mark would be a change that nobody asked for. */
function decode(path: string, bytes: Buffer): string {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return utf8.decode(bytes);
  } catch {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    if (isUtf16) {
      throw new ZenthrexError("ZX_FILE_INVALID", `${path}:1:1: the file is UTF-16`, {
        fix: "Save the file as UTF-8, then run the command again.",
      });
    }
    const { line, column } = firstBadByte(bytes);
    throw new ZenthrexError("ZX_FILE_INVALID", `${path}:${line}:${column}: not valid UTF-8`, {
      fix: "Save the file as UTF-8, then run the command again.",
    });
  }
}

function firstBadByte(bytes: Buffer): { line: number; column: number } {
  const lenient = bytes.toString("utf8");
  // The first replacement character that is not in the bytes themselves.
  for (let offset = lenient.indexOf("\ufffd"); offset >= 0; offset = lenient.indexOf("\ufffd", offset + 1)) {
    const start = Buffer.byteLength(lenient.slice(0, offset));
    if (!bytes.subarray(start, start + 3).equals(Buffer.from("\ufffd"))) return lineAndColumn(lenient, offset);
  }
  return lineAndColumn(lenient, lenient.length);
}

/** The user who would own what we write; undefined where that can't be known (Windows, no entry in the user table). */
function currentUser(): number | undefined {
  try {
    const { uid } = userInfo();
    return uid >= 0 ? uid : undefined;
  } catch {
    return undefined;
  }
}

function refuse(message: string, fix: string): never {
  throw new ZenthrexError("ZX_FILE_ACCESS", message, { fix });
}
