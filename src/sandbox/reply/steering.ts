import { type Effect, jsonDirectives, readDirective } from "./directives.ts";

const opening = "[[sandbox:";
const closing = "]]";
/** How many "]]" are tried as the end of a directive whose JSON holds some itself. */
const maxEnds = 1_000;

function isCompleteJson(source: string): boolean {
  const [, word = "", rest = ""] = /^\s*(\S+)\s*([\s\S]*)$/.exec(source) ?? [];
  const json = word === "tool" ? rest.replace(/^\S+\s*/, "") : rest;
  if (json.trim() === "") return true;
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

/** Where a directive that begins at `start` ends: at the first "]]", or, with JSON, at the first that completes it. */
function endOf(text: string, start: number): number {
  const first = text.indexOf(closing, start);
  const word = /^\s*(\S+)/.exec(text.slice(start, start + 40))?.[1] ?? "";
  if (!jsonDirectives.includes(word)) return first;
  let end = first;
  for (let tries = 0; end !== -1 && tries < maxEnds; tries++) {
    if (isCompleteJson(text.slice(start, end))) return end;
    end = text.indexOf(closing, end + 1);
  }
  return first;
}

/**
 * Finds the directives of a text, `[[sandbox: ...]]`, in order.
 * Shape: their effects (none where the text holds no directive), or a sentence on what is wrong with one.
 */
export function readSteering(text: string): readonly Effect[] | string {
  const effects: Effect[] = [];
  for (let at = text.indexOf(opening); at !== -1; at = text.indexOf(opening, at)) {
    const start = at + opening.length;
    const end = endOf(text, start);
    if (end === -1) return `sandbox: a directive is not closed by "${closing}"`;
    const effect = readDirective(text.slice(start, end));
    if (typeof effect === "string") return effect;
    effects.push(effect);
    at = end + closing.length;
  }
  return effects;
}

/** The directives of a header: in brackets as in a prompt, or one without. */
export function readSteeringHeader(value: string): readonly Effect[] | string {
  return readSteering(value.includes(opening) ? value : `${opening} ${value}${closing}`);
}
