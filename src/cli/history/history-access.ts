import { hostname, uptime } from "node:os";
import { ZenthrexError } from "../../base/errors.ts";
import { formatCount } from "../../base/format-count.ts";
import { stateDirectory } from "../../config/paths.ts";
import { historyFolder, historyNames, monthFiles } from "../../history/folder.ts";
import { type HistoryQuery, noHistoryNotes } from "../../history/read-history.ts";
import type { ProcessFacts } from "../../history/writers.ts";
import type { CommandOption, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeLine } from "../output.ts";
import { selfCommandForPeople } from "../self-command.ts";

/** The folder in which the requests of one upstream are recorded; those of `serve --sandbox` have their own. */
export function historyFolderOf(origin: string | "sandbox", context: Context): string {
  return historyFolder(stateDirectory(context), origin);
}

/** What history asks about processes. */
export function processFacts(context: Context): ProcessFacts {
  return {
    pid: context.pid,
    host: hostname(),
    bootedAtMs: context.clock.now() - uptime() * 1000,
    isRunning: (pid) => context.kill(pid, 0) !== "gone",
  };
}

/** Options of the commands that read the history. */
export const historyOptions: readonly CommandOption[] = [
  { flags: "--sandbox", description: "what `serve --sandbox` and `run --sandbox` recorded; it cost nothing" },
  { flags: "--upstream <origin>", description: "what was recorded for this origin instead of the configured one" },
];

/** What a command reads: the history of the configured upstream, of another, or of the sandbox. Throws: ZX_USAGE, as the config layer. */
export function historyQuery(
  options: Invocation["options"],
  context: Context,
): HistoryQuery & { readonly origin: string } {
  const isSandbox = options["sandbox"] === true;
  if (isSandbox && options["upstream"] !== undefined) {
    throw new ZenthrexError("ZX_USAGE", "--sandbox and --upstream exclude each other", { fix: "Choose one of them." });
  }
  const origin = isSandbox ? "sandbox" : loadConfiguration(context, options).settings.upstream.value;
  const nowMs = context.clock.now();
  return {
    origin,
    folder: historyFolderOf(origin, context),
    process: processFacts(context),
    nowMs,
    notes: noHistoryNotes(),
  };
}

/** Says on stderr that there is nothing, and for what there is something; and what in the journal could not be read. */
export function reportNotes(
  query: HistoryQuery & { readonly origin: string },
  isEmpty: boolean,
  context: Context,
): void {
  const { notes, origin } = query;
  if (isEmpty) {
    const others = historyNames(stateDirectory(context)).join(", ");
    const hint = others === "" ? "" : `; there is history for: ${others}`;
    const self = selfCommandForPeople(context);
    const serve = `${self} serve${origin === "sandbox" ? " --sandbox" : ""}`;
    writeLine(context.stderr, `no request is recorded for ${origin === "sandbox" ? "the sandbox" : origin}${hint}`);
    // With a filter, or for one day, there may be none among many.
    if (monthFiles(query.folder).length === 0)
      writeLine(context.stderr, `Start the daemon and point a tool at it: ${serve}, then ${self} setup`);
  }
  if (notes === undefined) return;
  if (notes.badLines > 0)
    writeLine(
      context.stderr,
      `warning: ${formatCount(notes.badLines)} lines of the history are not understood; they are left out`,
    );
  if (notes.lostRows > 0)
    writeLine(context.stderr, `warning: ${formatCount(notes.lostRows)} rows were lost while the disk took none`);
}
