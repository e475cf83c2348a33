import { readdir, readFile, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../../base/error-code.ts";
import { fileError } from "../../config/read.ts";
import { writeNewFile } from "./replace-file.ts";

const KEPT = 5;

/**
 * Copies a file's bytes beside it before it is changed: `<file>.zenthrex-<time>.bak`, 0600.
 * Shape: the path of the copy. Throws: ZX_FILE_ACCESS.
 */
export async function writeBackup(path: string, bytes: Buffer, nowMs: number): Promise<string> {
  const stamp = new Date(nowMs).toISOString().replace(/[-:.]/g, "");
  for (let attempt = 0; ; attempt++) {
    const backup = `${path}.zenthrex-${stamp}${attempt === 0 ? "" : `-${String(attempt).padStart(3, "0")}`}.bak`;
    try {
      await writeNewFile(backup, bytes);
      return backup;
    } catch (error) {
      if (errorCode(error) !== "EEXIST" || attempt === 999) throw fileError(error, backup, "write");
    }
  }
}

/** The backups of a file, oldest first. */
export async function backupsOf(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(path)}.zenthrex-`) && name.endsWith(".bak"))
    .map((name) => name.slice(0, -".bak".length))
    .sort()
    .map((name) => join(dirname(path), `${name}.bak`));
}

/** Deletes all but the five newest backups of a file. */
export async function pruneBackups(path: string): Promise<void> {
  for (const backup of (await backupsOf(path)).slice(0, -KEPT)) await removeBackup(backup);
}

/** Deletes the backups that say nothing that the file itself doesn't say. */
export async function removeBackupsEqualTo(path: string, bytes: Buffer): Promise<void> {
  for (const backup of await backupsOf(path)) {
    const copy = await readFile(backup).catch(() => undefined);
    if (copy?.equals(bytes)) await removeBackup(backup);
  }
}

/** Deletes a backup; one that is gone already is fine. */
export async function removeBackup(backup: string): Promise<void> {
  await unlink(backup).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw fileError(error, backup, "write");
  });
}
