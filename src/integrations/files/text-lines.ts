/** The line end that a text uses at a place, else first; "\n" where it has none. */
export function lineEndOf(text: string, at = text.length): string {
  return /^\r?\n/.exec(text.slice(at, at + 2))?.[0] ?? /\r\n|\n/.exec(text)?.[0] ?? "\n";
}

/** Offset of the first character of the line that an offset is in. */
export function lineStartAt(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the line that an offset is in ends: before its line end. */
export function lineEndAt(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  if (end < 0) return text.length;
  return end > offset && text[end - 1] === "\r" ? end - 1 : end;
}

/** A text without the whole lines between two offsets; without the line end before them where they are the last and have none. */
export function withoutLines(text: string, from: number, to: number): string {
  const start = lineStartAt(text, from);
  const end = lineEndAt(text, to);
  const next = end + (/^\r?\n/.exec(text.slice(end, end + 2))?.[0].length ?? 0);
  if (next > end) return text.slice(0, start) + text.slice(next);
  return text.slice(0, start).replace(/\r?\n$/, "");
}
