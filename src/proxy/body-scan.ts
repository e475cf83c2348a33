/** Where a JSON value lies in the body. Units: bytes, [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What the raw lane wants to know of a body. Only the top level counts; where a key is repeated, the last one wins. */
export interface BodyScan {
  /** The model's name, where it is a string. */
  readonly model: string | undefined;
  /** Every value of a top-level "model": all of them have to say the same after a rewrite. */
  readonly modelValues: readonly ByteRange[];
  readonly stream: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** JSON's white space: space, tab, LF, CR. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function skipSpace(body: Buffer, from: number): number {
  let index = from;
  while (isSpace(body[index])) index++;
  return index;
}

/** Offset of the first byte that is neither white space nor a byte order mark. */
export function contentStart(body: Buffer): number {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return skipSpace(body, hasMark ? 3 : 0);
}

/** True where the body begins as a JSON object does. Whether it is one is the upstream's to say. */
export function looksLikeObject(body: Buffer): boolean {
  return body[contentStart(body)] === openBrace;
}

const firstKey = Buffer.from('"model"');

/**
 * The model's name where "model" is the first key and its value has no escape: what nearly every tool sends.
 * Costs nothing, but knows nothing of a repeated key.
 */
export function firstKeyModel(body: Buffer): string | undefined {
  let index = skipSpace(body, contentStart(body) + 1);
  for (let offset = 0; offset < firstKey.length; offset++)
    if (body[index + offset] !== firstKey[offset]) return undefined;
  index = skipSpace(body, index + firstKey.length);
  if (body[index] !== colon) return undefined;
  index = skipSpace(body, index + 1);
  if (body[index] !== quote) return undefined;
  const start = index + 1;
  for (let end = start; end < start + 256; end++) {
    const byte = body[end];
    if (byte === quote) return body.toString("utf8", start, end);
    if (byte === undefined || byte === backslash || byte < 0x20) return undefined;
  }
  return undefined;
}

/** How many bytes are looked at one by one after an escaped quote: native search is slow where quote follows quote. */
const bytewiseWindow = 512;

/**
 * Offset behind the closing quote of the string that begins at `start`; the body's length where it never ends.
 * Long strings are passed by the native search for a quote (10x a loop over bytes), strings full of escaped quotes byte by byte.
 */
function afterString(body: Buffer, start: number): number {
  let index = start + 1;
  let bytewiseUntil = index + 32;
  for (;;) {
    while (index < bytewiseUntil) {
      const byte = body[index];
      if (byte === quote) return index + 1;
      if (byte === undefined) return body.length;
      index += byte === backslash ? 2 : 1;
    }
    const found = body.indexOf(quote, index);
    if (found < 0) return body.length;
    let escapes = found - 1;
    while (escapes >= index && body[escapes] === backslash) escapes--;
    if ((found - 1 - escapes) % 2 === 0) return found + 1;
    index = found + 1;
    bytewiseUntil = index + bytewiseWindow;
  }
}

/** Offset behind a literal (number, true, null): the next byte that can't belong to it. */
function afterLiteral(body: Buffer, start: number): number {
  let index = start;
  while (index < body.length) {
    const byte = body[index];
    if (byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte)) return index;
    index++;
  }
  return index;
}

/** Offset behind the value that begins at `start`; the body's length where it nests deeper than asked for. No recursion: depth costs nothing. */
function afterValue(body: Buffer, start: number, maxDepth: number): number {
  const first = body[start];
  if (first === quote) return afterString(body, start);
  if (first !== openBrace && first !== openBracket) return afterLiteral(body, start);
  let depth = 1;
  let index = start + 1;
  while (index < body.length && depth > 0) {
    const byte = body[index];
    if (byte === quote) {
      index = afterString(body, index);
      continue;
    }
    if (byte === openBrace || byte === openBracket) {
      depth++;
      if (depth > maxDepth) return body.length;
    } else if (byte === closeBrace || byte === closeBracket) depth--;
    index++;
  }
  return index;
}

/** The text of the string literal in a range, or undefined where the range holds anything else. */
function stringAt(body: Buffer, { start, end }: ByteRange): string | undefined {
  if (body[start] !== quote) return undefined;
  try {
    const value: unknown = JSON.parse(body.toString("utf8", start, end));
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Longest key that can mean "model" or "stream": every character escaped as \u0000. */
const longestKey = 6 * 6 + 2;

/**
 * Finds the top-level `model` and `stream` without parsing: values are passed over, keys read with their escapes.
 * Shape: what was found up to where the text stops being JSON; refusing it is the upstream's part.
 * A nesting over `maxDepth` ends the scan: 30 MB of braces take 170 ms to pass.
 */
export function scanBody(body: Buffer, maxDepth: number = Number.POSITIVE_INFINITY): BodyScan {
  const modelValues: ByteRange[] = [];
  let model: string | undefined;
  let stream = false;
  let index = contentStart(body) + 1;
  for (;;) {
    index = skipSpace(body, index);
    if (body[index] !== quote) break;
    const keyStart = index;
    const keyEnd = afterString(body, keyStart);
    index = skipSpace(body, keyEnd);
    if (body[index] !== colon) break;
    const start = skipSpace(body, index + 1);
    const end = afterValue(body, start, maxDepth);
    const key = keyEnd - keyStart <= longestKey ? stringAt(body, { start: keyStart, end: keyEnd }) : undefined;
    if (key === "model") {
      modelValues.push({ start, end });
      model = stringAt(body, { start, end });
    } else if (key === "stream") stream = body.toString("latin1", start, end) === "true";
    index = skipSpace(body, end);
    if (body[index] !== comma) break;
    index++;
  }
  return { model, modelValues, stream };
}

/** The body with every top-level `model` value replaced; no other byte changes. */
export function withModel(body: Buffer, modelValues: readonly ByteRange[], model: string): Buffer {
  const value = Buffer.from(JSON.stringify(model));
  const pieces: Buffer[] = [];
  let copied = 0;
  for (const { start, end } of modelValues) {
    pieces.push(body.subarray(copied, start), value);
    copied = end;
  }
  return Buffer.concat([...pieces, body.subarray(copied)]);
}
