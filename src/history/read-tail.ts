import { closeSync, openSync, readSync } from "node:fs";

/**
 * Reads the whole lines between two places of a file, at once. Units: bytes.
 * Shape: where the first line begins that is not whole yet; what can't be read is left for the next time.
 */
export function readTail(file: string, from: number, to: number, onLine: (line: string) => void): number {
  let position = from;
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return from;
  }
  try {
    const buffer = Buffer.allocUnsafe(Math.min(to - from, 1024 * 1024));
    while (position < to) {
      const length = readSync(descriptor, buffer, 0, Math.min(buffer.length, to - position), position);
      const end = buffer.subarray(0, length).lastIndexOf(10) + 1;
      if (end === 0) break;
      for (const line of buffer.toString("utf8", 0, end - 1).split("\n")) onLine(line);
      position += end;
    }
    return position;
  } catch {
    return position;
  } finally {
    closeSync(descriptor);
  }
}
