import type { RawHeaders } from "../base/headers.ts";

/** How many of its last characters a masked key still shows. */
const shownCharacters = 4;

/** A key as it may be shown, with as many characters as it has: a body that it stands in keeps its length. */
function maskOf(key: string): string {
  const prefix = /^[a-z]+_/i.exec(key)?.[0] ?? "";
  const shown = key.length >= prefix.length + 3 * shownCharacters ? key.slice(-shownCharacters) : "";
  return prefix + ".".repeat(key.length - prefix.length - shown.length) + shown;
}

/** What a key may be spelt as: as it is, in a URL, and in JSON that escapes slashes. One of letters and digits has one spelling. */
function spellingsOf(key: string): readonly string[] {
  if (/^\w+$/.test(key)) return [key];
  return [...new Set([key, encodeURIComponent(key), key.replaceAll("/", "\\/")])];
}

function textWithoutKey(text: string, spellings: readonly string[]): string {
  return spellings.reduce((rest, spelling) => rest.replaceAll(spelling, maskOf(spelling)), text);
}

/** The headers of an answer without the key that was sent: an upstream that repeats it must not tell it to whoever asked. */
export function headersWithoutKey(headers: RawHeaders, key: string | undefined): RawHeaders {
  if (key === undefined || key === "") return headers;
  const spellings = spellingsOf(key);
  if (!headers.some((text) => spellings.some((spelling) => text.includes(spelling)))) return headers;
  return headers.map((text) => textWithoutKey(text, spellings));
}

/** The same bytes, but for the key, which is replaced by a mask of its length. */
export function bytesWithoutKey(bytes: Buffer, key: string | undefined): Buffer {
  if (key === undefined || key === "") return bytes;
  const spellings = spellingsOf(key);
  if (!spellings.some((spelling) => bytes.includes(spelling))) return bytes;
  return Buffer.from(textWithoutKey(bytes.toString("latin1"), spellings), "latin1");
}

/** Where the key may begin that the next piece goes on with: the longest end of the bytes that is a beginning of it. */
function keyBegins(bytes: Buffer, spellings: readonly string[]): number {
  const longest = Math.max(...spellings.map(({ length }) => length));
  for (let at = Math.max(0, bytes.length - longest + 1); at < bytes.length; at++) {
    const end = bytes.toString("latin1", at);
    if (spellings.some((spelling) => spelling.startsWith(end))) return at;
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
    const end = keyBegins(bytes, spellingsOf(this.#key));
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
