import { readFileSync, type Stats, statSync } from "node:fs";
import { errorCode } from "../base/error-code.ts";
import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, jsonDepth, lineAndColumn } from "../base/json.ts";
import { jsonErrorOffset } from "../base/json-error-offset.ts";

/** A config file of ours has 2 KB; more than this is something else, and not worth a moment of the event loop. */
const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;

/**
 * Reads the config file: an object, empty when there is no file.
 * Throws: ZX_FILE_INVALID with line and column, never with content (it holds the key); ZX_FILE_ACCESS.
 */
export function readConfigFile(file: string): JsonObject {
  const stats = statOf(file);
  return stats === undefined ? {} : readValues(file, stats);
}

/** Parses the text of a config file. Throws: ZX_FILE_INVALID with line and column, never with content. */
export function parseConfigText(text: string, file: string): JsonObject {
  const bare = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (jsonDepth(Buffer.from(bare), MAX_DEPTH) > MAX_DEPTH) throw invalid(file, "is nested too deeply");
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch {
    // V8's message quotes the text around the error: the place alone is told.
    const { line, column } = lineAndColumn(bare, jsonErrorOffset(bare) ?? bare.length);
    throw invalid(file, bare.trim() === "" ? "is empty" : `is not valid JSON at ${line}:${column}`);
  }
  if (!isJsonObject(value)) throw invalid(file, "holds no JSON object");
  return value;
}

/** Turns an error of the file system into one of ours; errors of ours pass. Shape: names the file, why and what to do. */
export function fileError(error: unknown, file: string, doing: "read" | "write"): ZenthrexError {
  if (error instanceof ZenthrexError) return error;
  const code = errorCode(error);
  const reason = (code === undefined ? undefined : reasons[code]) ?? {
    why: code ?? "unknown error",
    fix: `See \`ls -ld ${file}\`.`,
  };
  return new ZenthrexError("ZX_FILE_ACCESS", `can't ${doing} ${file}: ${reason.why}`, {
    fix: reason.fix,
    cause: error,
  });
}

/** The config file of a daemon: always what the file says now, and the last good reading while it says nonsense. */
export interface WatchedConfig {
  current(): JsonObject;
}

/** How long after a file's own time stamp another write may leave the same stamp: the kernel's clock ticks every 1-10 ms. */
const SAME_STAMP_MS = 50;

/**
 * Keeps a config file's values at hand. The file is looked at (0.9 us) once in every turn of the event loop that asks, and read only
 * when its stamp changed: a key that another process stored is used from the next request on. While the file is unreadable or
 * invalid the last good values stay, with one warning for each change of the file.
 * Throws (first call only): as `readConfigFile`.
 */
export function watchConfigFile(
  file: string,
  warn: (error: ZenthrexError) => void,
  now: () => number = Date.now,
): WatchedConfig {
  let stamp = stampOf(file, now());
  let values = readConfigFile(file);
  let fresh = false;

  const refresh = (): void => {
    // The stamp is taken before the reading: a write in between shows as a changed stamp the next time.
    const seen = stampOf(file, now());
    const changed = seen.id !== stamp.id;
    const mayHideChange = stamp.isYoung;
    stamp = seen;
    if (!changed && !mayHideChange) return;
    try {
      values = readConfigFile(file);
    } catch (error) {
      if (changed) warn(fileError(error, file, "read"));
    }
  };

  return {
    current() {
      if (fresh) return values;
      refresh();
      fresh = true;
      // Requests that are read in one turn of the event loop had all come before this look: they share it (12 us a request else).
      setImmediate(() => {
        fresh = false;
      });
      return values;
    },
  };
}

/** What changes when the file does. While it is as young as the clock's tick, a further write could leave the same id. */
interface Stamp {
  readonly id: string;
  readonly isYoung: boolean;
}

function stampOf(file: string, nowMs: number): Stamp {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return { id: "absent", isYoung: false };
    const id = `${stats.ino}.${stats.size}.${stats.mtimeMs}.${stats.ctimeMs}`;
    return { id, isYoung: Math.abs(nowMs - stats.ctimeMs) < SAME_STAMP_MS };
  } catch (error) {
    return { id: errorCode(error) ?? "unreadable", isYoung: false };
  }
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === "ENOTDIR") return undefined;
    throw fileError(error, file, "read");
  }
}

/** Looks before it opens: a named pipe in the file's place would block for ever. */
function readValues(file: string, stats: Stats): JsonObject {
  if (!stats.isFile()) {
    throw new ZenthrexError("ZX_FILE_INVALID", `the config file ${file} is not a regular file`, {
      fix: "Move what is there out of the way, then run the command again.",
    });
  }
  if (stats.size > MAX_BYTES) throw invalid(file, `is larger than ${MAX_BYTES} bytes`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return {};
    throw fileError(error, file, "read");
  }
  return parseConfigText(text, file);
}

function invalid(file: string, what: string): ZenthrexError {
  return new ZenthrexError("ZX_FILE_INVALID", `the config file ${file} ${what}`, {
    fix: "Mend the file at the place shown, or delete it and run `zenthrex login` again.",
  });
}

const reasons: Readonly<Record<string, { why: string; fix: string }>> = {
  EACCES: {
    why: "permission denied",
    fix: "Make the file and its folder readable and writable for you, then run the command again.",
  },
  EPERM: {
    why: "not permitted",
    fix: "See who owns the file and whether it is locked (`ls -l`, `lsattr`), then run the command again.",
  },
  EROFS: { why: "the file system is read-only", fix: "Run the command where your home directory is writable." },
  ENOSPC: { why: "the disk is full", fix: "Free some space, then run the command again." },
  EDQUOT: { why: "your disk quota is used up", fix: "Free some space, then run the command again." },
  ENOTDIR: {
    why: "a part of the path is a file, not a folder",
    fix: "Move that file out of the way, then run the command again.",
  },
  EISDIR: {
    why: "a folder is in its place",
    fix: "Move that folder out of the way, then run the command again.",
  },
  ELOOP: { why: "a link leads to itself", fix: "Mend the link, then run the command again." },
  ENAMETOOLONG: { why: "the path is too long", fix: "Set HOME to a shorter path." },
};
