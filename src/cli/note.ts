import type { Context } from "./context.ts";
import { wrapBehind } from "./format.ts";
import { createPaint, writeLine } from "./output.ts";

/** What a line on stderr is to the user: worth knowing, worth an act, or a failure that does not end the command. */
export type NoteLabel = "note" | "warning" | "error";

/** Narrower than this a terminal breaks lines as it likes. */
const NARROWEST = 40;

/** Writes a labelled sentence on stderr: on a terminal wrapped under its label, elsewhere one line. */
export function writeNote(context: Pick<Context, "stderr" | "color">, label: NoteLabel, text: string): void {
  const { stderr, color } = context;
  const words = `${label}: `;
  if (!stderr.isTty) {
    writeLine(stderr, words + text);
    return;
  }
  const paint = createPaint(color);
  const painted = { note: paint.quiet, warning: paint.warning, error: paint.bad }[label](`${label}:`);
  const wrapped = wrapBehind(words, text, Math.max(NARROWEST, stderr.columns));
  writeLine(stderr, painted + wrapped.slice(words.length - 1));
}
