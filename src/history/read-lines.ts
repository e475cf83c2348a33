import { type FileHandle, open, stat } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";

const CHUNK_BYTES = 256 * 1024;
/** A row has about 700 bytes; a longer line is none of ours, and is passed over without being kept. */
export const longestLineBytes = 256 * 1024;

/** A piece of a file. Units: bytes. `withRest`: a last line without an end counts too. */
export interface LineRange {
  readonly fromByte?: number;
  readonly toByte?: number;
  readonly withRest?: boolean;
}

/** A line that was passed over because no row is that long. */
export const tooLong = "\u0000";

/**
 * The lines of a file in pieces of a few hundred, without holding more than a piece in memory. Gives the event loop a turn after each
 * piece.
 * Shape: none where there is no such file. Throws: as the file system does.
 */
export async function* linesOf(
  file: string,
  { fromByte = 0, toByte = Number.POSITIVE_INFINITY, withRest = true }: LineRange = {},
): AsyncGenerator<readonly string[]> {
  let rest: Buffer = Buffer.alloc(0);
  let isSkipping = false;
  for await (const chunk of chunksOf(file, fromByte, toByte)) {
    const piece = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = piece.lastIndexOf(10) + 1;
    const lines = end === 0 ? [] : piece.toString("utf8", 0, end - 1).split("\n");
    if (isSkipping && lines.length > 0) {
      lines[0] = tooLong;
      isSkipping = false;
    }
    isSkipping ||= piece.length - end > longestLineBytes;
    rest = isSkipping ? Buffer.alloc(0) : Buffer.from(piece.subarray(end));
    if (lines.length > 0) yield lines;
  }
  if (isSkipping) yield [tooLong];
  else if (withRest && rest.length > 0) yield [rest.toString("utf8")];
}

/** The bytes of a file, each piece valid until the next is asked for. */
async function* chunksOf(file: string, fromByte: number, toByte: number): AsyncGenerator<Buffer> {
  const handle = await openFile(file);
  if (handle === undefined) return;
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let position = fromByte; position < toByte; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, toByte - position), position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
      await turn();
    }
  } finally {
    await handle.close();
  }
}

/** The lines of a file from its end to its start, in pieces. Throws: as the file system does. */
export async function* linesBackwards(file: string): AsyncGenerator<readonly string[]> {
  const handle = await openFile(file);
  if (handle === undefined) return;
  try {
    let position = (await handle.stat()).size;
    let rest: Buffer = Buffer.alloc(0);
    let isSkipping = false;
    while (position > 0) {
      const length = Math.min(CHUNK_BYTES, position);
      position -= length;
      const buffer = Buffer.allocUnsafe(length);
      await handle.read(buffer, 0, length, position);
      const piece = rest.length === 0 ? buffer : Buffer.concat([buffer, rest]);
      const start = position === 0 ? 0 : piece.indexOf(10) + 1;
      if (position > 0 && start === 0) {
        isSkipping ||= piece.length > longestLineBytes;
        rest = isSkipping ? Buffer.alloc(0) : piece;
        continue;
      }
      const lines = piece.toString("utf8", start).split("\n");
      if (isSkipping) lines[lines.length - 1] = tooLong;
      isSkipping = false;
      rest = Buffer.from(piece.subarray(0, start));
      yield lines.reverse();
      await turn();
    }
  } finally {
    await handle.close();
  }
}

/** Looks before it reads: a named pipe in the file's place would block for ever. */
async function openFile(file: string): Promise<FileHandle | undefined> {
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    // A link that leads nowhere, or to itself, is no file either.
    if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ELOOP") return undefined;
    throw error;
  });
  return stats?.isFile() === true ? open(file, "r") : undefined;
}
