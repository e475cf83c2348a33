import { maskSecret, printable, redact } from "../../base/redact.ts";
import { type LineChange, lineChanges, linesOf } from "./line-changes.ts";

const CONTEXT = 3;
const MAX_LINE = 2_000;

/** A text before and after; undefined: there is no file. */
export interface TextChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * A unified diff for people: secrets masked, nothing in it can steer a terminal, 3 lines of context.
 * Shape: "" when the texts are equal; it is for reading, a masked diff can't be applied.
 */
export function unifiedDiff({ path, before, after }: TextChange): string {
  const [old, fresh] = [linesOf(before ?? ""), linesOf(after ?? "")];
  const hunks = hunksOf(lineChanges(old, fresh), old.length);
  if (hunks.length === 0) return "";
  const lines = [`--- ${before === undefined ? "/dev/null" : printable(path)}`];
  lines.push(`+++ ${after === undefined ? "/dev/null" : printable(path)}`);
  for (const hunk of hunks) lines.push(...hunkLines(hunk, old, fresh));
  return `${lines.join("\n")}\n`;
}

/** Hides what may be a credential in a line of settings: by the name of its key, by its shape, or as part of a URL. */
export function maskLine(line: string): string {
  const byName = line.replace(
    SECRET_PAIR,
    (_match, lead: string, value: string) => `${lead}${value === "" ? "" : maskSecret(value)}"`,
  );
  const byBareName = byName.replace(BARE_SECRET_PAIR, (_match, lead: string, value: string) => {
    const quote = /^["']/.exec(value)?.[0] ?? "";
    return lead + quote + maskSecret(quote === "" ? value : value.slice(1, -1)) + quote;
  });
  return redact(byBareName).replace(/(\/\/)[^/@\s":]*:[^/@\s"]+@/g, "$1...@");
}

// "ANTHROPIC_AUTH_TOKEN": "value", escapes respected; where a token comes from ("tokenSource") is none.
const SECRET_PAIR =
  /("(?!tokenSource")[^"\\]*(?:token|key|secret|passw|auth|credential|headers)[^"\\]*"\s*:\s*")((?:[^"\\]|\\.)*)"/gi;

// apiKey: value (YAML), token = "value" (TOML); a count of tokens is none.
const BARE_SECRET_PAIR =
  /((?:^|[\s{,])[\w.-]*(?:token|key|secret|passw|auth|credential)[\w.-]*[ \t]*[:=][ \t]*)(?!(?:\d+|true|false)\b)("(?:[^"\\]|\\.)+"|'[^']+'|[^\s,}#"'[{|>&*!][^\s,}#]*)/gi;

// { "name": "ANTHROPIC_AUTH_TOKEN", "value": "..." }: the name says it, in the same line or in the one before.
const SECRET_NAME = /"name"\s*:\s*"[^"\\]*(?:token|key|secret|passw|auth|credential|headers)[^"\\]*"/i;
const VALUE_PAIR = /("value"\s*:\s*")((?:[^"\\]|\\.)*)"/g;

function maskElement(line: string, before: string): string {
  if (!SECRET_NAME.test(line) && !SECRET_NAME.test(before)) return line;
  return line.replace(VALUE_PAIR, (_match, lead: string, value: string) => `${lead}${value && maskSecret(value)}"`);
}

/** Changes that are near each other, as one hunk. */
function hunksOf(changes: readonly LineChange[], lineCount: number): LineChange[][] {
  const hunks: LineChange[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last !== undefined && change.beforeStart - last.beforeEnd <= 2 * CONTEXT && lineCount > 0)
      hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

function hunkLines(hunk: readonly LineChange[], old: readonly string[], fresh: readonly string[]): string[] {
  const [first, last] = [hunk[0], hunk.at(-1)];
  if (first === undefined || last === undefined) return [];
  const lead = Math.min(CONTEXT, first.beforeStart);
  const trail = Math.min(CONTEXT, old.length - last.beforeEnd);
  const body: string[] = [];
  let position = first.beforeStart - lead;
  for (const change of hunk) {
    body.push(...show(" ", old, position, change.beforeStart));
    body.push(...show("-", old, change.beforeStart, change.beforeEnd));
    body.push(...show("+", fresh, change.afterStart, change.afterEnd));
    position = change.beforeEnd;
  }
  body.push(...show(" ", old, position, last.beforeEnd + trail));
  const oldRange = range(first.beforeStart - lead, last.beforeEnd + trail);
  const newRange = range(first.afterStart - lead, last.afterEnd + trail);
  return [`@@ -${oldRange} +${newRange} @@`, ...body];
}

/** Units: start (from 1; the line before for an empty range) and count, as unified diffs have it. */
function range(start: number, end: number): string {
  const count = end - start;
  return `${count === 0 ? start : start + 1}${count === 1 ? "" : `,${count}`}`;
}

function show(sign: string, lines: readonly string[], from: number, to: number): string[] {
  return lines.slice(from, to).flatMap((line, index) => {
    const bare = maskElement(line.replace(/\r?\n$/, ""), lines[from + index - 1] ?? "");
    const shown = bare.length > MAX_LINE ? `${bare.slice(0, MAX_LINE)}... (${bare.length - MAX_LINE} more)` : bare;
    const row = sign + printable(maskLine(shown));
    return line.endsWith("\n") ? [row] : [row, "\\ No newline at end of file"];
  });
}
