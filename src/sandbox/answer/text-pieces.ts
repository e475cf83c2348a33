import { estimateTokens } from "../../catalog/estimate-tokens.ts";
import type { Tokenizer } from "../../catalog/text-tokens.ts";

/** Default pieces of a streamed text: at least this long, and not more than this many. */
const deltaCharacters = 16;
const maxDeltas = 64;

/** A cut position that leaves no half of a surrogate pair. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return end > 0 && end < text.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

/** The longest beginning of a text that has at most this many tokens. */
export function cutToTokens(text: string, tokens: number, tokenizer: Tokenizer): string {
  let least = 0;
  // No token stands for more than 16 characters (white space does): beyond that nothing needs to be counted.
  let most = Math.min(text.length, (tokens + 1) * 16);
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (estimateTokens(text.slice(0, middle), tokenizer) <= tokens) least = middle;
    else most = middle - 1;
  }
  return text.slice(0, wholeCharacters(text, least));
}

/** Splits a text into that many pieces of about the same length, never inside a surrogate pair. */
export function pieces(text: string, count: number): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let part = 1; part <= count && start < text.length; part++) {
    const end = part === count ? text.length : wholeCharacters(text, Math.round((text.length * part) / count));
    if (end > start) parts.push(text.slice(start, end));
    start = Math.max(start, end);
  }
  return parts;
}

/** Splits a text as a stream does by default. */
export function defaultPieces(text: string): string[] {
  return pieces(text, Math.min(maxDeltas, Math.max(1, Math.ceil(text.length / deltaCharacters))));
}
