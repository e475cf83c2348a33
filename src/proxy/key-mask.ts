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
function spellingsOf(keys: readonly string[]): readonly string[] {
  return keys.flatMap((key) =>
    /^\w+$/.test(key) ? [key] : [...new Set([key, encodeURIComponent(key), key.replaceAll("/", "\\/")])],
  );
}

function textWithoutKeys(text: string, spellings: readonly string[]): string {
  return spellings.reduce((rest, spelling) => rest.replaceAll(spelling, maskOf(spelling)), text);
}

/** The headers of an answer without the keys that were sent: an upstream that repeats one must not tell it to whoever asked. */
export function headersWithoutKeys(headers: RawHeaders, keys: readonly string[]): RawHeaders {
  const spellings = spellingsOf(keys);
  if (!headers.some((text) => spellings.some((spelling) => text.includes(spelling)))) return headers;
  return headers.map((text) => textWithoutKeys(text, spellings));
}

/** The same bytes, but for the keys, each replaced by a mask of its length. */
export function bytesWithoutKeys(bytes: Buffer, keys: readonly string[]): Buffer {
  const spellings = spellingsOf(keys);
  if (!spellings.some((spelling) => bytes.includes(spelling))) return bytes;
  return Buffer.from(textWithoutKeys(bytes.toString("latin1"), spellings), "latin1");
}

/** Where a key may begin that the next piece goes on with: the longest end of the bytes that is a beginning of one. */
function keyBegins(bytes: Buffer, spellings: readonly string[]): number {
  const longest = Math.max(...spellings.map(({ length }) => length));
  for (let at = Math.max(0, bytes.length - longest + 1); at < bytes.length; at++) {
    const end = bytes.toString("latin1", at);
    if (spellings.some((spelling) => spelling.startsWith(end))) return at;
  }
  return bytes.length;
}

/** Masks keys in a body that comes in pieces: what may be the beginning of one waits for the next piece. */
export class KeyMask {
  readonly #keys: readonly string[];
  #held: Buffer = Buffer.alloc(0);

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  push(piece: Buffer): Buffer {
    const bytes = bytesWithoutKeys(this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]), this.#keys);
    const end = keyBegins(bytes, spellingsOf(this.#keys));
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
