import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { configPaths, stateDirectory } from "../../config/paths.ts";
import { fileError, readConfigFile } from "../../config/read.ts";
import { updateConfig } from "../../config/store.ts";
import type { Context } from "../context.ts";

/** Files of ours in the state folder: states, logs with their rotated ones, the task that Windows was given. */
const STATE_FILE = /^(daemon-\d{1,5}\.(json|log(\.\d)?)|service-task\.xml)$/;

/**
 * Deletes the config file, and states, logs and the request history; folders only where nothing else is in them. Receipts of what couldn't be restored stay.
 * Shape: the deleted files. Throws: ZX_FILE_ACCESS, ZX_FILE_CHANGED.
 */
export async function deleteOwnFiles(context: Context): Promise<readonly string[]> {
  const paths = configPaths(context);
  const state = stateDirectory(context);
  const files = namesIn(state)
    .filter((name) => STATE_FILE.test(name))
    .map((name) => join(state, name));
  if (Object.keys(readConfigFile(paths.file)).length > 0) {
    // Emptied before: the file may be a link, and what it leads to would keep the token.
    await updateConfig(paths, () => ({}));
    files.push(paths.file);
  }
  if (namesIn(join(state, "history")).length > 0) files.push(join(state, "history"));
  for (const file of files) {
    try {
      rmSync(file, { force: true, recursive: true });
    } catch (error) {
      throw fileError(error, file, "write");
    }
  }
  for (const folder of [join(paths.directory, "receipts"), paths.directory, state]) removeIfEmpty(folder);
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Absent, or something else is in it.
  }
}
