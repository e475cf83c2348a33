import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../base/clock.ts";

/** One file of a journal, open for appending. Nothing but `append` throws. */
export interface JournalFile {
  /**
   * Appends lines in one write. Shape: how many of them are in the file for sure; fewer than given where the disk took no more. A line
   * of which only the end of line is missing is in the file: written again, it would count twice.
   * Throws: as the file system does.
   */
  append(lines: readonly string[]): number;
  /** What was appended since the last `forget`: to be written again where the file was deleted meanwhile. */
  recent(): string[];
  readonly recentBytes: number;
  forget(): void;
  /** True while the path still leads to the file that is open; a folder that can't be looked into is no word of a deleted file. */
  isCurrent(): boolean;
  readonly size: number;
  close(): void;
}

/**
 * Rows are encoded in one buffer, behind each other, and stay there until the file was looked at. A buffer or a text for each, kept for a
 * second, would have the collector move ten thousand of them: 2 us of CPU a request by itself, about ten in a busy daemon. Units: bytes.
 */
const FIRST_BUFFER_BYTES = 64 * 1024;
/** A character of a text takes no more than this in UTF-8, counted by UTF-16 units. */
const MOST_BYTES_A_UNIT = 3;

/** How long written rows may wait for the disk itself: a power cut loses no more. Units: milliseconds. */
const SYNC_AFTER_MS = 200;

/** A link could lead to any file of the user's; a named pipe would wait for its reader. Windows has neither flag. */
const openFlags =
  constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Opens, or makes, a file for its user only. Throws: as the file system does; also where something else is in its place. */
export function openJournalFile(path: string, clock: Clock): JournalFile {
  makePrivate(dirname(path));
  // Looked at first: the words are better than those of the system.
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) throw notAFile(found.isSymbolicLink());
  const descriptor = openSync(path, openFlags, 0o600);
  const stats = fstatSync(descriptor);
  const { mode, size } = stats;
  if (!stats.isFile()) {
    closeSync(descriptor);
    throw notAFile(false);
  }
  if ((mode & 0o077) !== 0) fchmodSync(descriptor, 0o600);
  // Whoever was killed in a write left a line without its end: ours must not be glued to it.
  let isTorn = size > 0 && lastByte(descriptor, size) !== 10;
  let isSyncDue = false;
  let syncs = 0;
  let isClosed = false;
  let buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  let used = 0;

  /** Puts a text behind what is there. Shape: where it begins and ends. */
  const encode = (text: string): { readonly start: number; readonly end: number } => {
    const needed = used + text.length * MOST_BYTES_A_UNIT;
    if (needed > buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * buffer.length));
      buffer.copy(larger, 0, 0, used);
      buffer = larger;
    }
    return { start: used, end: used + buffer.write(text, used) };
  };

  const sync = (): void => {
    isSyncDue = false;
    if (isClosed) return;
    syncs++;
    fdatasync(descriptor, () => {
      // Closed meanwhile: the last that uses the descriptor gives it back.
      if (--syncs === 0 && isClosed) closeSync(descriptor);
    });
  };

  return {
    size,
    append(lines) {
      const head = isTorn ? "\n" : "";
      const { start, end } = encode(head + lines.join(""));
      const written = writeSync(descriptor, buffer, start, end - start);
      if (written > 0 && !isSyncDue) {
        isSyncDue = true;
        clock.after(SYNC_AFTER_MS, sync);
      }
      if (written > 0) isTorn = start + written < end && buffer[start + written - 1] !== 10;
      if (start + written === end) {
        used = end;
        return lines.length;
      }
      const whole = wholeLines(lines, written - head.length);
      used += head.length + Buffer.byteLength(lines.slice(0, whole).join(""));
      return whole;
    },
    recent: () =>
      buffer
        .toString("utf8", 0, used)
        .split(/(?<=\n)/)
        // An empty line only ended a torn one.
        .filter((line) => line.trim() !== ""),
    get recentBytes() {
      return used;
    },
    forget() {
      used = 0;
      if (buffer.length > FIRST_BUFFER_BYTES * 16) buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
    },
    isCurrent() {
      try {
        const named = lstatSync(path, { throwIfNoEntry: false });
        const open = fstatSync(descriptor);
        return named !== undefined && named.ino === open.ino && named.dev === open.dev;
      } catch {
        return true;
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      try {
        if (isSyncDue) fdatasyncSync(descriptor);
        if (syncs === 0) closeSync(descriptor);
      } catch {
        // What the disk refuses at the end can't be helped any more.
      }
    },
  };
}

function notAFile(isLink: boolean): Error {
  const code = isLink ? "its file is a link" : "not a file";
  return Object.assign(new Error(code), { code });
}

/** Makes a folder and keeps others out of it. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode } = statSync(folder);
  if ((mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function lastByte(descriptor: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, size - 1);
  return byte[0];
}

function wholeLines(lines: readonly string[], written: number): number {
  let rest = written;
  let count = 0;
  for (const line of lines) {
    const length = Buffer.byteLength(line);
    if (rest < length - 1) break;
    rest -= length;
    count++;
  }
  return count;
}
