/** The inside of a JSON string literal. Unrolled, so that it can't backtrack: a long one that fails costs one pass. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: raw control characters are what a JSON string may not hold
const LITERAL = /^[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*$/;
/** Longer ones are parsed: V8's backtrack stack has an end, and parsing one of these a second costs nothing. */
const longestLiteral = 16_384;

const lineFeed = 0x0a;
const space = 0x20;
const quote = 0x22;
const closingBrace = 0x7d;

/** What a delta's frame begins with, exactly as the hosted API writes it, up to its string. */
export function deltaPrefix(block: number, deltaType: string, key: string): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${block},"delta":{"type":"${deltaType}","${key}":"`;
}

/** Where the literal of a frame ends: before `"}}` and its line ends, spaces allowed between the braces (the API pads there). */
function literalEnd(frame: string): number {
  let end = frame.length;
  while (frame.charCodeAt(end - 1) === lineFeed) end--;
  if (frame.charCodeAt(--end) !== closingBrace) return -1;
  while (frame.charCodeAt(end - 1) === space) end--;
  return frame.charCodeAt(end - 1) === closingBrace && frame.charCodeAt(end - 2) === quote ? end - 2 : -1;
}

/**
 * Cuts the string literal out of a delta's frame whose prefix has matched, without its quotes.
 * Shape: undefined where the rest is not exactly one valid literal: such a frame has to be parsed.
 */
export function cutLiteral(frame: string, start: number): string | undefined {
  const end = literalEnd(frame);
  if (end < start || end - start > longestLiteral) return undefined;
  const literal = frame.slice(start, end);
  return LITERAL.test(literal) ? literal : undefined;
}
