import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../../base/error-code.ts";
import { ZenthrexError } from "../../base/errors.ts";
import type { HeldLock } from "../../config/lock.ts";
import { fileError } from "../../config/read.ts";
import { readUserFile, type UserFile } from "./user-file.ts";

/** What a file is to become. `text` undefined: it goes. */
export interface Replacement {
  readonly text: string | undefined;
  /** Units: permission bits. */
  readonly mode: number;
}

/**
 * Replaces a file in one step: whoever reads it, and whatever is killed when, sees the old bytes or the new ones. The original is read
 * again and compared just before the step; between that look and the step (about 50 us) a writer without a lock can still be overwritten.
 * Shape: false when the file is no longer as it was read, and nothing was done. Throws: ZX_FILE_ACCESS.
 */
export async function replaceFile(original: UserFile, next: Replacement, lock: HeldLock): Promise<boolean> {
  const { realPath, path } = original;
  try {
    if (next.text === undefined) {
      if (!(await isUnchanged(original, lock))) return false;
      await unlink(realPath);
    } else {
      const temporary = await writeTemporary(original, next.text, next.mode);
      try {
        if (!(await isUnchanged(original, lock))) return false;
        await renameOver(temporary, realPath);
      } finally {
        await unlink(temporary).catch(ignoreMissing);
      }
    }
    await syncFolder(dirname(realPath));
    return true;
  } catch (error) {
    throw fileError(error, path, "write");
  }
}

/** Writes a new file that must not exist yet, 0600 while it is written, durably. Throws: errors of the file system. */
export async function writeNewFile(
  path: string,
  bytes: string | Buffer,
  finish?: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(path, flags, 0o600);
  try {
    await handle.writeFile(bytes);
    await finish?.(handle);
    await handle.sync();
  } catch (error) {
    await unlink(path).catch(ignoreMissing);
    throw error;
  } finally {
    await handle.close();
  }
}

/** Removes what killed writers left beside a file. Call it under the lock: then nobody alive is writing there. */
export async function sweepTemporaries(realPath: string): Promise<void> {
  const folder = dirname(realPath);
  const names = await readdir(folder).catch(() => []);
  const mine = names.filter((name) => name.startsWith(`${basename(realPath)}.zenthrex-`) && name.endsWith(".tmp"));
  for (const name of mine) await unlink(join(folder, name)).catch(ignoreMissing);
}

async function writeTemporary(original: UserFile, text: string, mode: number): Promise<string> {
  const temporary = `${original.realPath}.zenthrex-${randomUUID()}.tmp`;
  const before = original.content?.stats;
  await writeNewFile(temporary, text, async (handle) => {
    const made = await handle.stat();
    if (before !== undefined) await keepOwner(handle, made, before, original.path);
    await handle.chmod(mode);
  });
  return temporary;
}

/** The new file is ours; the old one must have been. Its group is kept where that is allowed. */
async function keepOwner(handle: FileHandle, made: Stats, before: Stats, path: string): Promise<void> {
  if (made.uid !== before.uid) {
    throw new ZenthrexError("ZX_FILE_ACCESS", `${path} belongs to another user`, {
      fix: "Run the command as the user whose file it is.",
    });
  }
  if (made.gid !== before.gid) await handle.chown(before.uid, before.gid).catch(() => undefined);
}

async function isUnchanged(original: UserFile, lock: HeldLock): Promise<boolean> {
  const now = await readUserFile(original.path);
  if (now.realPath !== original.realPath || !lock.isStillHeld()) return false;
  if (now.content === undefined || original.content === undefined) return now.content === original.content;
  return now.content.bytes.equals(original.content.bytes);
}

/** Windows refuses a rename for the moment that a virus scanner or the tool has the file open. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (attempt === 5 || !["EBUSY", "EACCES", "EPERM"].includes(errorCode(error) ?? "")) throw error;
      await sleep(20 * attempt);
    }
  }
}

/** Makes the new name durable; systems that can't open a folder do it by themselves. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}
