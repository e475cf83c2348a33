import type { RawHeaders } from "../base/headers.ts";

/** How many of its last characters a masked key still shows. */
const shownCharacters = 4;

/** A key as it may be shown, with as many characters as it has: a body that it stands in keeps its length. */
function maskOf(key: string): string {
  const prefix = /^[a-z]+_/i.exec(key)?.[0] ?? "";
  const shown = key.length >= prefix.length + 3 * shownCharacters ? key.slice(-shownCharacters) : "";
  return prefix + ".".repeat(key.length - prefix.length - shown.length) + shown;
}

/** The headers of an answer without the key that was sent: an upstream that repeats it must not tell it to whoever asked. */
export function headersWithoutKey(headers: RawHeaders, key: string | undefined): RawHeaders {
  if (key === undefined || key === "" || !headers.some((text) => text.includes(key))) return headers;
  return headers.map((text) => text.replaceAll(key, maskOf(key)));
}

/** The same bytes, but for the key, which is replaced by a mask of its length. */
export function bytesWithoutKey(bytes: Buffer, key: string | undefined): Buffer {
  if (key === undefined || key === "" || !bytes.includes(key)) return bytes;
  return Buffer.from(bytes.toString("latin1").replaceAll(key, maskOf(key)), "latin1");
}

/** Where the key may begin that the next piece goes on with: the longest end of the bytes that is a beginning of it. */
function keyBegins(bytes: Buffer, key: string): number {
  for (let at = Math.max(0, bytes.length - key.length + 1); at < bytes.length; at++) {
    if (key.startsWith(bytes.toString("latin1", at))) return at;
  }
  return bytes.length;
}

/** Masks the key in a body that comes in pieces: what may be its beginning waits for the next piece. */
export class KeyMask {
  readonly #key: string;
  #held: Buffer = Buffer.alloc(0);

  constructor(key: string) {
    this.#key = key;
  }

  push(piece: Buffer): Buffer {
    const bytes = bytesWithoutKey(this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]), this.#key);
    const end = keyBegins(bytes, this.#key);
    this.#held = bytes.subarray(end);
    return bytes.subarray(0, end);
  }

  /** What waited in vain. */
  rest(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }
}
