import { redact } from "./redact.ts";

/** Redacts a text that comes in pieces: no secret gets through by lying across their borders. */
export interface StreamRedactor {
  /** Takes a piece and gives what is safe to pass on; the beginning of what may become a secret is held back. */
  push(piece: string): string;
  /** Gives what was held back: nothing follows it. */
  end(): string;
  readonly isHolding: boolean;
}

/** No secret is this long; a longer run of its characters is passed on in parts. Units: characters. */
const LONGEST_HELD = 64 * 1024;
/** What is held back of such a run: the beginning of a secret and what tells it is one. */
const KEPT = 512;

/**
 * Makes a redactor for one stream. For every way to cut a text, what comes out is `redact` of the whole text, as long as no word in it
 * is longer than 64 K characters; of longer ones no secret comes out either.
 */
export function createRedactor(): StreamRedactor {
  let held = "";
  /** A secret was cut off at its longest: what still belongs to it is dropped. */
  let isDropping = false;

  const drop = (text: string): string => {
    let end = 0;
    while (end < text.length && isRunCharacter(text.charCodeAt(end))) end++;
    if (end < text.length) isDropping = false;
    return text.slice(end);
  };

  return {
    push(piece) {
      const text = isDropping ? drop(piece) : held + piece;
      if (isDropping) return "";
      const from = holdFrom(text);
      if (text.length - from <= LONGEST_HELD) {
        held = text.slice(from);
        return redact(text.slice(0, from));
      }
      isDropping = endsInSecret(text);
      held = isDropping ? "" : text.slice(-KEPT);
      return redact(isDropping ? text : text.slice(0, -KEPT));
    },
    end() {
      const rest = redact(held);
      held = "";
      isDropping = false;
      return rest;
    },
    get isHolding() {
      return held !== "";
    },
  };
}

/** Where the run begins that a text ends in, with all the "Bearer " before it: what comes next could make a secret of it. */
function holdFrom(text: string): number {
  for (let from = runStart(text, text.length); ; ) {
    const before = blankStart(text, from);
    if (before === from || before < 6 || !text.startsWith("Bearer", before - 6)) return from;
    from = runStart(text, before);
  }
}

/** True where a secret goes on to the very end: one more character would belong to it. */
function endsInSecret(text: string): boolean {
  const mark = "\u0001";
  return (
    !redact(`${text}a`).endsWith(`${text.slice(-KEPT)}a`) &&
    !redact(`${text}${mark}`).endsWith(`${text.slice(-KEPT)}${mark}`)
  );
}

function runStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && isRunCharacter(text.charCodeAt(start - 1))) start--;
  return start;
}

function blankStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && /\s/.test(text.charAt(start - 1))) start--;
  return start;
}

/** Everything that a secret of any kind may hold, in a URL and in JSON too: letters, digits and . _ ~ + / = - % \ */
function isRunCharacter(code: number): boolean {
  if (code >= 0x2d && code <= 0x39) return true;
  if ((code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) return true;
  return code === 0x5f || code === 0x7e || code === 0x2b || code === 0x3d || code === 0x25 || code === 0x5c;
}
