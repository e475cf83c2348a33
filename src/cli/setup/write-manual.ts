import type { Output } from "../context.ts";
import { displayWidth, wrapBehind } from "../format.ts";
import { tableWidth, writeLine } from "../output.ts";

/** How prose begins, as the type of a manual step says. */
const PROSE = /^(?:[A-Z]| *\d+\. )/;

/** Prints steps for people: prose fits the terminal, what is to be copied stays as it is. */
export function writeManual(lines: readonly string[], output: Output): void {
  const width = tableWidth(output);
  for (const line of lines) {
    const lead = /^ *(?:\d+\. )?/.exec(line)?.[0] ?? "";
    const isFitting = !PROSE.test(line) || displayWidth(line) <= width;
    writeLine(output, isFitting ? line : wrapBehind(lead, line.slice(lead.length), width));
  }
}
