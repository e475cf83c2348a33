import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../base/error-code.ts";
import { fileError } from "../config/read.ts";

/** A log that a daemon writes: it never stops the daemon, whatever happens to the file. */
export interface LogFile {
  /** Appends a text that ends with its line. Never throws: what can't be written is counted, and told once writing works again. */
  write(text: string): void;
  /** Opens the path anew: who moved the file away (logrotate) says so by SIGHUP. */
  reopen(): void;
  close(): void;
}

/** How large logs get, and what stands in for lines that were lost. */
export interface LogFileOptions {
  /** Units: bytes of one file. */
  readonly maxBytes?: number;
  /** How many files there are at most, the current one counted. */
  readonly files?: number;
  /** The line that tells of lost ones. */
  readonly lostLine: (count: number, reason: string) => string;
  readonly now?: () => number;
}

/** How many logs of a daemon are kept: path, path.1 ... path.4. */
export const logFileCount = 5;
const MAX_BYTES = 5 * 1024 * 1024;
/** A file that was deleted or moved is noticed after this. */
const LOOK_EVERY_MS = 1000;

/**
 * Opens a log for appending, readable for its user only; rotates it at 5 MB and keeps five.
 * Throws: ZX_FILE_ACCESS when it can't be opened now.
 */
export function openLogFile(path: string, options: LogFileOptions): LogFile {
  const { maxBytes = MAX_BYTES, files = logFileCount, lostLine, now = Date.now } = options;
  let descriptor: number | undefined;
  let size = 0;
  let lookedAt = 0;
  let lost = { count: 0, reason: "" };
  let isTorn = false;

  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  const open = (): void => {
    close();
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    descriptor = openSync(path, "a", 0o600);
    const stats = fstatSync(descriptor);
    size = stats.size;
    lookedAt = now();
    if ((stats.mode & 0o077) !== 0 && stats.isFile()) chmodSync(path, 0o600);
  };
  const ready = (length: number): number => {
    if (descriptor === undefined) open();
    else if (Math.abs(now() - lookedAt) >= LOOK_EVERY_MS && !isStill(path, descriptor)) open();
    else if (Math.abs(now() - lookedAt) >= LOOK_EVERY_MS) lookedAt = now();
    if (size > 0 && size + length > maxBytes) {
      close();
      rotate(path, files);
      open();
    }
    // Opened above in every case; a number for the type checker's sake.
    return descriptor ?? -1;
  };

  const append = (text: string): void => {
    const target = ready(Buffer.byteLength(text));
    writeFileSync(target, text);
    size += Buffer.byteLength(text);
  };

  try {
    open();
  } catch (error) {
    throw fileError(error, path, "write");
  }
  return {
    write(text) {
      try {
        if (lost.count > 0) {
          append(`${isTorn ? "\n" : ""}${lostLine(lost.count, lost.reason)}`);
          lost = { count: 0, reason: "" };
          isTorn = false;
        }
        append(text);
      } catch (error) {
        // The disk is full, the folder is gone: serving goes on, and every line tries again.
        lost = { count: lost.count + 1, reason: errorCode(error) ?? "unknown" };
        // A full disk takes the beginning of a line: the next must not be glued to it.
        isTorn ||= descriptor !== undefined && sizeOf(descriptor) > size;
        closeQuietly(close);
      }
    },
    reopen() {
      try {
        open();
      } catch {
        closeQuietly(close);
      }
    },
    close: () => closeQuietly(close),
  };
}

/** True while the path still leads to the file that is open. Also takes the size anew: other processes may have written. */
function isStill(path: string, descriptor: number): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  return named !== undefined && named.ino === fstatSync(descriptor).ino;
}

function sizeOf(descriptor: number): number {
  try {
    return fstatSync(descriptor).size;
  } catch {
    return 0;
  }
}

/** path.3 -> path.4, ..., path -> path.1; the oldest goes. */
function rotate(path: string, files: number): void {
  for (let number = files - 1; number > 0; number--) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    try {
      renameSync(from, `${path}.${number}`);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }
}

function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {
    // Nothing can be done about it, and nothing depends on it.
  }
}
