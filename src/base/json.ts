import { ZenthrexError } from "./errors.ts";
import { jsonErrorOffset } from "./json-error-offset.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object whose fields are still unknown. */
export type JsonObject = { [key: string]: unknown };

/** True for a plain object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Offset behind the end of the string literal that begins at `start` (its opening quote). */
function afterString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== 0x22) index += bytes[index] === 0x5c ? 2 : 1;
  return index + 1;
}

/**
 * Depth of nesting of a JSON text, found by a byte scan that stops at the limit.
 * `JSON.parse` of a million nested arrays blocks the event loop for 3 s; this rejects them after `limit` bytes.
 * Shape: `limit + 1` as soon as the limit is passed. Strings are skipped, escapes respected; the text need not be valid.
 */
export function jsonDepth(bytes: Uint8Array, limit: number): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < bytes.length; ) {
    const byte = bytes[index];
    if (byte === 0x22) {
      index = afterString(bytes, index);
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) {
      depth++;
      deepest = Math.max(deepest, depth);
      if (deepest > limit) return deepest;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    index++;
  }
  return deepest;
}

/**
 * Parses a JSON text that stood inside of another one, as a string: what it holds was not looked at with the rest.
 * Throws: SyntaxError, also when the nesting passes `maxDepth`: JSON.stringify gives up at some 5,000 levels.
 */
export function parseJsonText(text: string, maxDepth = 512): unknown {
  // What nests deeper takes at least two characters a level.
  if (text.length > 2 * maxDepth && jsonDepth(new TextEncoder().encode(text), maxDepth) > maxDepth) {
    throw new SyntaxError(`nested deeper than ${maxDepth} levels`);
  }
  return JSON.parse(text);
}

/** Where in a text an offset lies. Units: line and column count from 1. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}

/**
 * Parses a JSON text of foreign origin. The error says the byte offset and never quotes content (it may be a prompt or a key).
 * Throws: ZX_BODY_INVALID, also when the nesting passes `maxDepth`.
 */
export function parseJson(bytes: Uint8Array, maxDepth = 512): unknown {
  if (jsonDepth(bytes, maxDepth) > maxDepth) {
    throw new ZenthrexError("ZX_BODY_INVALID", `the body is nested deeper than ${maxDepth} levels`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new ZenthrexError("ZX_BODY_INVALID", "the body is not valid UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ZenthrexError("ZX_BODY_INVALID", `the body is not valid JSON${errorPlace(text)}`);
  }
}

/** Only for bodies up to 4 MiB: finding the place takes about 60 ms a megabyte, which others would wait for. */
function errorPlace(text: string): string {
  if (text.length > 4 * 1024 * 1024) return "";
  const offset = jsonErrorOffset(text) ?? text.length;
  return offset >= text.length ? `: it ends too early, after ${text.length} characters` : `: error at offset ${offset}`;
}
