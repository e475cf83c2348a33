import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { errorCode } from "../base/error-code.ts";
import { fileError } from "../config/read.ts";
import { logFileCount } from "./log-file.ts";

/** Nobody reads more at once; a line of ours has at most a few KB. */
const MAX_READ_BYTES = 4 * 1024 * 1024;
const LOOK_EVERY_MS = 150;

/** Units: bytes; 0 where there is no file, or none that may be seen. */
export function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

/** A piece of a log. Units: bytes of the current file. */
export interface LogRange {
  /** Without it the rotated files count too. */
  readonly fromByte?: number;
  readonly toByte?: number;
}

/** The last lines of a log, oldest first. Absent files have none. Throws: ZX_FILE_ACCESS where the log can't be read. */
export function lastLines(file: string, count: number, { fromByte, toByte }: LogRange = {}): string[] {
  const lines = count === 0 ? [] : linesFrom(file, fromByte ?? 0, toByte);
  for (let number = 1; fromByte === undefined && number < logFileCount && lines.length < count; number++) {
    lines.unshift(...linesFrom(`${file}.${number}`, 0));
  }
  return count === 0 ? [] : lines.slice(-count);
}

/**
 * Gives the lines of a log that are written behind a place, through rotations and deletions, until told to stop.
 * Whole lines only: the rest of one comes with its end.
 */
export async function followLog(
  file: string,
  fromByte: number,
  onLine: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  let reader = openAt(file, fromByte);
  let rest = Buffer.alloc(0);
  const take = (): void => {
    if (reader === undefined) return;
    for (let part = reader.read(); part.length > 0; part = reader.read()) {
      const whole = Buffer.concat([rest, part]);
      const end = whole.lastIndexOf(10) + 1;
      rest = whole.subarray(end);
      for (const line of split(whole.subarray(0, end))) onLine(line);
    }
  };
  while (!stop.aborted) {
    take();
    if (reader === undefined || !reader.isCurrent()) {
      // What came between the last look and the rotation is still to be read from the old file.
      take();
      reader?.close();
      reader = openAt(file, 0);
      rest = Buffer.alloc(0);
      take();
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  reader?.close();
}

interface Reader {
  read(): Buffer;
  /** False once the path leads elsewhere, or the file was cut. */
  isCurrent(): boolean;
  close(): void;
}

function openAt(file: string, fromByte: number): Reader | undefined {
  // Looked at first: opening a named pipe would wait for its writer.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return undefined;
  }
  let position = fromByte;
  const buffer = Buffer.alloc(64 * 1024);
  return {
    read() {
      const length = readSync(descriptor, buffer, 0, buffer.length, position);
      position += length;
      return Buffer.from(buffer.subarray(0, length));
    },
    isCurrent() {
      const named = statSync(file, { throwIfNoEntry: false });
      return named?.ino === fstatSync(descriptor).ino && named.size >= position;
    },
    close: () => closeSync(descriptor),
  };
}

function linesFrom(file: string, fromByte: number, toByte?: number): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw fileError(error, file, "read");
  }
  try {
    const size = fstatSync(descriptor).size;
    const end = Math.min(size, toByte ?? size);
    // Rotated since: what was behind the place is at the new file's start.
    const start = Math.max(fromByte <= end ? fromByte : 0, end - MAX_READ_BYTES);
    const buffer = Buffer.alloc(end - start);
    return split(buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, start)));
  } catch (error) {
    throw fileError(error, file, "read");
  } finally {
    closeSync(descriptor);
  }
}

function split(bytes: Buffer): string[] {
  const lines = bytes.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
