import { chmodSync, readdirSync, readFileSync, realpathSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ConfigPaths } from "./paths.ts";

/** The temporary file of an atomic write that was killed before its rename: `config.json.tmp-17324521870a1b2c`. It holds the key. */
const TEMPORARY = /\.tmp-[0-9a-f]+$/;

/**
 * Deletes the temporary files that killed writers left beside the config file (or beside what it links to).
 * Only under the lock: whoever else writes would lose its own. Shape: the deleted paths.
 */
export function sweepTemporaries(paths: ConfigPaths): readonly string[] {
  return besideConfig(paths, (name) => TEMPORARY.test(name)).filter(remove);
}

/** What a search for copies of a key found: what was deleted, and what only the user can judge. */
export interface KeyCopies {
  readonly deleted: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Deletes temporary files and backups of the config file (`config.json~`, `config.json.bak`, `.config.json.swp`) that hold the
 * secret; other files of the folder that hold it are only named, they are not ours.
 */
export function sweepCopies(paths: ConfigPaths, secret: string): KeyCopies {
  const holding = besideConfig(paths, () => true).filter(
    (path) => path !== paths.file && path !== realPath(paths.file) && holds(path, secret),
  );
  const isCopy = (path: string): boolean => /^\.?config\.json./.test(basename(path));
  const deleted = holding.filter((path) => isCopy(path) && remove(path));
  return { deleted: [...deleted, ...sweepTemporaries(paths)], kept: holding.filter((path) => !deleted.includes(path)) };
}

/**
 * Takes group and other rights away from the config file and its folder, where an editor or a copy gave them.
 * Shape: the paths that were mended.
 */
export function tightenModes(paths: ConfigPaths): readonly string[] {
  if (!paths.hasModes) return [];
  return [paths.directory, paths.file].filter((path) => {
    try {
      const mode = statSync(path).mode;
      if ((mode & 0o077) === 0) return false;
      chmodSync(path, mode & 0o700);
      return true;
    } catch {
      // Absent, or another user's: reading it will say so.
      return false;
    }
  });
}

function besideConfig(paths: ConfigPaths, wanted: (name: string) => boolean): string[] {
  const folders = new Set([paths.directory, dirname(realPath(paths.file))]);
  const realName = basename(realPath(paths.file));
  return [...folders].flatMap((folder) => {
    const isOwn = folder === paths.directory;
    return namesIn(folder)
      .filter((name) => wanted(name) && (isOwn || name.startsWith(realName) || name.startsWith(`.${realName}`)))
      .map((name) => join(folder, name));
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function holds(path: string, secret: string): boolean {
  try {
    return readFileSync(path).includes(secret);
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function remove(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
