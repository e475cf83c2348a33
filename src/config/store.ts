import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { errorCode } from "../base/error-code.ts";
import { ZenthrexError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { sweepTemporaries, tightenModes } from "./leftovers.ts";
import { withLock } from "./lock.ts";
import type { ConfigPaths } from "./paths.ts";
import { fileError, parseConfigText, readConfigFile } from "./read.ts";

/**
 * Changes the config file: `change` gets the values as they are now and gives the new ones, or undefined to leave them; it may be
 * asked more than once. One process at a time, atomically (temporary file and rename), mode 0600 in a folder of 0700; leftovers of
 * killed writers go.
 * Throws: ZX_FILE_INVALID, ZX_FILE_ACCESS, ZX_FILE_CHANGED; never with content.
 */
export async function updateConfig(
  paths: ConfigPaths,
  change: (values: JsonObject) => JsonObject | undefined,
): Promise<void> {
  makeDirectory(paths);
  tightenModes(paths);
  // conf writes, but for the very first file: loading conf takes 200 ms and installs signal handlers (its package when-exit), and
  // the first writer is usually `serve`, which makes the local token.
  const attempt = (rewrite: Write | undefined): Promise<"done" | "exists"> =>
    withLock(paths.file, (held) => {
      sweepTemporaries(paths);
      const isFirst = statSync(paths.file, { throwIfNoEntry: false }) === undefined;
      const next = change(readConfigFile(paths.file));
      if (next === undefined) return "done";
      if (rewrite === undefined && !isFirst) return "exists";
      if (!held.isStillHeld()) throw new ZenthrexError("ZX_FILE_CHANGED", `the lock of ${paths.file} was taken over`);
      try {
        if (rewrite === undefined) createFile(paths.file, serialize(next));
        else rewrite(next);
      } catch (error) {
        throw fileError(error, paths.file, "write");
      }
      return "done";
    });
  if ((await attempt(undefined)) === "exists") await attempt(await confWriter(paths));
}

type Write = (values: JsonObject) => void;

/** Dots in names would be paths for conf (`aliases.gpt-4.1`), and its messages quote the file: both are switched off. */
async function confWriter(paths: ConfigPaths): Promise<Write> {
  const { default: Conf } = await import("conf");
  return (values) => {
    const conf = new Conf<JsonObject>({
      cwd: paths.directory,
      configName: "config",
      projectName: "zenthrex",
      projectSuffix: "",
      configFileMode: 0o600,
      accessPropertiesByDotNotation: false,
      serialize,
      deserialize: (text) => parseConfigText(text, paths.file),
    });
    conf.store = values;
  };
}

function serialize(values: JsonObject): string {
  return `${JSON.stringify(values, undefined, 2)}\n`;
}

/** Makes the first file, whole or not at all. */
function createFile(file: string, text: string): void {
  const temporary = `${file}.tmp-${Date.now().toString(16)}`;
  const descriptor = openSync(temporary, "wx", 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Checked here because conf retries a refused write for a whole second, blocking, and makes the folder 0755. */
function makeDirectory(paths: ConfigPaths): void {
  try {
    mkdirSync(paths.directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    // A file in the folder's place.
    const problem = errorCode(error) === "EEXIST" ? "ENOTDIR" : undefined;
    throw problem === undefined
      ? fileError(error, paths.directory, "write")
      : new ZenthrexError("ZX_FILE_ACCESS", `can't make the folder ${paths.directory}: a file is in its place`);
  }
}
