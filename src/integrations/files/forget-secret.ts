import { readdir, readFile } from "node:fs/promises";
import { ZenthrexError } from "../../base/errors.ts";
import { backupsOf, removeBackup } from "./backups.ts";
import { type FileReceipt, readReceipt, updateReceipt } from "./receipts.ts";
import { readUserFile } from "./user-file.ts";

/**
 * Removes every copy of a secret that setup may have made: backups that hold it go, receipts forget it. For logging out.
 * Shape: the users' files that still hold it (by `setup --direct`, or by hand), untouched. Throws: ZX_FILE_ACCESS, ZX_FILE_INVALID.
 */
export async function forgetSecret(secret: string, receiptsFolder: string): Promise<string[]> {
  const names = await readdir(receiptsFolder).catch(() => []);
  const stillIn: string[] = [];
  for (const tool of names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length))) {
    for (const file of (await readReceipt(receiptsFolder, tool)).files) {
      await forgetInBackups(secret, file.path);
      if (JSON.stringify(file).includes(secret)) {
        await updateReceipt(receiptsFolder, tool, file.realPath, without(secret, file));
      }
      if (await holds(file.path, secret)) stillIn.push(file.path);
    }
  }
  return stillIn;
}

async function forgetInBackups(secret: string, path: string): Promise<void> {
  for (const backup of await backupsOf(path)) {
    const bytes = await readFile(backup).catch(() => undefined);
    if (bytes?.includes(secret)) await removeBackup(backup);
  }
}

/** A receipt whose undo removes a key that held the secret, instead of putting the secret back. */
function without(secret: string, file: FileReceipt): FileReceipt {
  const keys = file.keys.map((key) => (key.before?.includes(secret) ? { ...key, before: null } : key));
  const isReplaced = keys.some((key, index) => key !== file.keys[index]);
  // An edit back to an old value is cut where the two values differ: it may hold the secret without its first letters.
  const states = isReplaced ? [] : file.states.filter((state) => !JSON.stringify(state).includes(secret));
  return { ...file, keys, states };
}

/** A file that can't be read is not ours to complain about here. */
async function holds(path: string, secret: string): Promise<boolean> {
  try {
    return (await readUserFile(path)).content?.text.includes(secret) ?? false;
  } catch (error) {
    if (error instanceof ZenthrexError) return false;
    throw error;
  }
}
