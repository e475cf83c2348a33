import type { Model } from "./models.ts";

/** The generation of a model's tokenizer: 4.7 and later make about 1.3 times as many tokens of the same text. */
export type Tokenizer = Model["tokenizer"];

/** Bytes of UTF-8 that make one token, by kind of text. All are on the safe side: real texts have more bytes a token. */
interface ByteRates {
  readonly prose: number;
  readonly code: number;
  /** Digits, hex, base64, identifiers with digits, words of more than 24 letters. */
  readonly dense: number;
  readonly alphabetic: number;
  readonly cjk: number;
  readonly other: number;
}

/**
 * Source: published measurements of Anthropic's tokenizers (2026): English 1.45x, German 1.46x, Python 1.20-1.29x, TypeScript
 * 1.13-1.36x, JSON 1.31x more tokens on 4.7 than before, CJK, Cyrillic and Arabic the same; 3.10 characters a token on 4.5.
 */
const byteRates: Readonly<Record<Tokenizer, ByteRates>> = {
  "before-4.7": { prose: 3.1, code: 2.6, dense: 1.35, alphabetic: 2.5, cjk: 2, other: 1 },
  "4.7": { prose: 2.4, code: 2.1, dense: 1.25, alphabetic: 2.5, cjk: 2, other: 1 },
};

/** The share of punctuation above which a stretch of text is taken for code. */
const codePunctuationShare = 0.12;
/** Code units judged together as prose or code. */
const windowUnits = 512;
const longWordLetters = 24;
const repeatedFrom = 4;

const asciiKind = { space: 1, alphanumeric: 2, punctuation: 3, control: 4 } as const;

/** Kind of every ASCII character. */
const asciiKinds: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) return asciiKind.space;
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) {
    return asciiKind.alphanumeric;
  }
  return code < 0x20 || code === 0x7f ? asciiKind.control : asciiKind.punctuation;
});

/** What was seen in one window of a text. Units: bytes of UTF-8, but for `tokens`. */
interface Tally {
  words: number;
  punctuation: number;
  dense: number;
  alphabetic: number;
  cjk: number;
  other: number;
  /** Tokens that don't depend on a rate: runs of white space and of one character. */
  tokens: number;
}

const emptyTally = (): Tally => ({ words: 0, punctuation: 0, dense: 0, alphabetic: 0, cjk: 0, other: 0, tokens: 0 });

function tokensOfTally(tally: Tally, rates: ByteRates, isJson: boolean): number {
  const plain = tally.words + tally.punctuation;
  const rate = isJson || tally.punctuation > plain * codePunctuationShare ? rates.code : rates.prose;
  return (
    tally.tokens +
    plain / rate +
    tally.dense / rates.dense +
    tally.alphabetic / rates.alphabetic +
    tally.cjk / rates.cjk +
    tally.other / rates.other
  );
}

/** Length of the run of equal code units that begins at `start`. */
function equalRun(text: string, start: number): number {
  const code = text.charCodeAt(start);
  let end = start + 1;
  while (end < text.length && text.charCodeAt(end) === code) end++;
  return end - start;
}

function spaceRun(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && asciiKinds[text.charCodeAt(end)] === asciiKind.space) end++;
  return end - start;
}

/** Takes one run of letters and digits: a word, or what the tokenizer must spell out. Returns its length. */
function takeAlphanumeric(text: string, start: number, tally: Tally): number {
  let hasDigit = false;
  let humps = 0;
  let wasLower = false;
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (asciiKinds[code] !== asciiKind.alphanumeric) break;
    if (code <= 0x39) hasDigit = true;
    const isUpper = code >= 0x41 && code <= 0x5a;
    if (isUpper && wasLower) humps++;
    wasLower = code >= 0x61;
  }
  const length = end - start;
  const isRandom = hasDigit || length > longWordLetters || (length >= 16 && humps >= 4);
  if (isRandom) tally.dense += length;
  else tally.words += length;
  return length;
}

/** Takes one character beyond ASCII. Returns its length in code units. */
function takeBeyondAscii(text: string, start: number, code: number, tally: Tally): number {
  if (code < 0x370) tally.words += 2;
  else if (code < 0x800) tally.alphabetic += 2;
  else if (code < 0xd800 || code > 0xdfff) tally.cjk += 3;
  else {
    const next = text.charCodeAt(start + 1);
    const isPair = code < 0xdc00 && next >= 0xdc00 && next <= 0xdfff;
    tally.other += isPair ? 4 : 3;
    return isPair ? 2 : 1;
  }
  return 1;
}

/** Takes the run that begins at `start` into the tally and returns its length in code units. */
function takeRun(text: string, start: number, tally: Tally): number {
  const code = text.charCodeAt(start);
  const kind = code < 128 ? asciiKinds[code] : 0;
  if (kind === asciiKind.space) {
    const length = spaceRun(text, start);
    if (length === 1) tally.words++;
    else tally.tokens += Math.ceil(length / 16);
    return length;
  }
  if (text.charCodeAt(start + 1) === code) {
    const length = equalRun(text, start);
    if (length >= repeatedFrom) {
      tally.tokens += length * (code < 128 ? 1 : code < 0x800 ? 2 : 3);
      return length;
    }
  }
  if (kind === asciiKind.alphanumeric) return takeAlphanumeric(text, start, tally);
  if (kind === asciiKind.punctuation) tally.punctuation++;
  else if (kind === asciiKind.control) tally.other++;
  else return takeBeyondAscii(text, start, code, tally);
  return 1;
}

/**
 * Tokens of a text from its bytes by kind of run; `isJson` takes all of it at the rate of code.
 * Shape: a whole number, 0 for the empty text.
 */
export function textTokens(text: string, tokenizer: Tokenizer, isJson: boolean): number {
  const rates = byteRates[tokenizer];
  let total = 0;
  let tally = emptyTally();
  let windowEnd = windowUnits;
  for (let index = 0; index < text.length; ) {
    index += takeRun(text, index, tally);
    if (index < windowEnd) continue;
    total += tokensOfTally(tally, rates, isJson);
    tally = emptyTally();
    windowEnd = index + windowUnits;
  }
  return Math.ceil(total + tokensOfTally(tally, rates, isJson));
}
