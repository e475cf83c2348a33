import { printable } from "../base/redact.ts";

/** A count in at most five characters: "987", "41.3k", "1.2M". */
export function formatShortCount(count: number): string {
  if (count < 1000) return String(Math.round(count));
  const [unit, size] = count < 999_950 ? (["k", 1000] as const) : (["M", 1_000_000] as const);
  const value = count / size;
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)}${unit}`;
}

/** A duration: "12 ms", "1.2 s", "47 s", "3 m 05 s". */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Local time of day: "14:03:09". */
export function formatTime(epochMs: number): string {
  const date = new Date(epochMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Nearly every text is this: then nothing has to be looked at character by character (a request line costs 11 us otherwise). */
const PLAIN = /^(?:[!-~]| (?! ))*$/;

/** Foreign text in one line, without anything that could steer the terminal. */
export function oneLine(text: string): string {
  if (PLAIN.test(text)) return text.trim();
  return printable(text).replace(/\s+/g, " ").trim();
}

/** A value as JSON in which nothing can steer a terminal: what `printable` would remove is escaped. */
export function toJsonText(value: unknown, indent?: number): string {
  const escaped = (character: string): string =>
    printable(character) === "" ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : character;
  return JSON.stringify(value, undefined, indent).replace(/[\u007f-\u{10ffff}]/gu, escaped);
}

/** East Asian wide and fullwidth characters, and emoji, take two columns. Source: Unicode Standard Annex 11, the common blocks. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** A text of at most `width` columns; what is cut shows as an ellipsis. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    const next = displayWidth(character);
    if (used + next > width - 1) break;
    kept += character;
    used += next;
  }
  return `${kept}…`;
}

/** Words in lines of at most `width` columns, each begun by `indent` blanks. A word that is longer stands alone. */
export function wrap(text: string, width: number, indent = 0): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/[ \t\n]+/).filter((part) => part !== "")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width - indent) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines.map((part) => " ".repeat(indent) + part).join("\n");
}

/** What must stay on one line to be copied from it: a command between backticks. */
const CODE = /`[^`]*`/g;
const GLUE = "\u00a0";

/** The same for a text behind a label: its first line begins where the label ends, the others below it. Commands in backticks stay whole. */
export function wrapBehind(label: string, text: string, width: number): string {
  const left = displayWidth(label);
  const glued = text.replace(CODE, (code) => code.replaceAll(" ", GLUE));
  return label + wrap(glued, width, left).replaceAll(GLUE, " ").slice(left);
}
