import { redact } from "../../base/redact.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { mayAsk } from "./resolve-target.ts";
import { shellSelf } from "./shell-words.ts";
import type { ToolSetup } from "./tool-setup.ts";

/** A set-up as it goes on, once it is settled whose status line the tool shows. */
export interface SettledStatusline {
  readonly tool: ToolSetup;
  readonly options: Invocation["options"];
}

/** Units: characters of a command, which may be a whole script. */
const LONGEST_SHOWN = 80;

/**
 * Asks before `--statusline` takes the place of a status line of the user's own; where nobody can be asked, theirs stays, a note says so,
 * and all else is set up.
 */
export async function keepStatusline(
  tool: ToolSetup,
  options: Invocation["options"],
  context: Context,
): Promise<SettledStatusline> {
  const { foreignStatusline } = tool.status;
  const isWanted = options["statusline"] === true && tool.integration.showsStatusline === true;
  const isFree = foreignStatusline === undefined || foreignStatusline === `${shellSelf(context)} statusline`;
  if (!isWanted || isFree || options["printEnv"] === true) return { tool, options };
  const { title } = tool.integration;
  const shown = shorten(oneLine(redact(foreignStatusline)));
  if (mayAsk(options, context) && options["dryRun"] !== true) {
    const question = `${title} shows a status line of your own (${shown}). Replace it? An undo brings it back. [y/N] `;
    if (/^y(es)?$/i.test((await context.stdin.readLine(question)).trim())) return { tool, options };
  }
  const note =
    `${title} shows a status line of your own (${shown}), so --statusline leaves it. ` +
    "To replace it, say yes when setup asks on a terminal, or take statusLine out of its settings first.";
  const { statusline: _left, ...others } = options;
  return { tool: { ...tool, status: { ...tool.status, notes: [...tool.status.notes, note] } }, options: others };
}

function shorten(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}
