import { lineChanges, linesOf } from "./line-changes.ts";
import type { TextEdit } from "./receipts.ts";

/** The edits that turn one text into another, each as small as a look at its two ends makes it. Shape: in order, not overlapping. */
export function textEdits(from: string, to: string): TextEdit[] {
  const [before, after] = [linesOf(from), linesOf(to)];
  const edits: TextEdit[] = [];
  let [line, offset] = [0, 0];
  for (const change of lineChanges(before, after)) {
    for (; line < change.beforeStart; line++) offset += before[line]?.length ?? 0;
    const old = before.slice(change.beforeStart, change.beforeEnd).join("");
    edits.push(trimmed(offset, old, after.slice(change.afterStart, change.afterEnd).join("")));
    offset += old.length;
    line = change.beforeEnd;
  }
  return edits;
}

/** Applies edits that `textEdits` made. */
export function applyTextEdits(text: string, edits: readonly TextEdit[]): string {
  let result = "";
  let position = 0;
  for (const { offset, length, content } of edits) {
    result += text.slice(position, offset) + content;
    position = offset + length;
  }
  return result + text.slice(position);
}

/** One replacement without what both sides begin and end with. */
function trimmed(offset: number, old: string, fresh: string): TextEdit {
  const most = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < most && old[head] === fresh[head]) head++;
  let tail = 0;
  while (tail < most - head && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail++;
  return { offset: offset + head, length: old.length - head - tail, content: fresh.slice(head, fresh.length - tail) };
}
