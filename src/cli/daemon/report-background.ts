import type { ExitCode } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine, toJsonText } from "../format.ts";
import { writeNote } from "../note.ts";
import { createPaint, writeJson, writeLine } from "../output.ts";
import { describeRunning } from "../serve/describe-running.ts";
import { renderLogLine } from "./render-log-line.ts";
import type { BackgroundDaemon, BackgroundFailure } from "./start-in-background.ts";

/** What was asked for, to be compared with what runs. */
export interface AskedFor {
  readonly json: boolean;
  /** The origin; undefined for a sandbox. */
  readonly upstream: string | undefined;
  readonly hasKey: boolean;
}

/** Says where a daemon in the background serves, or why it doesn't. */
export function reportBackground(
  outcome: BackgroundDaemon | BackgroundFailure,
  asked: AskedFor,
  context: Context,
): ExitCode {
  return "url" in outcome ? reportServing(outcome, asked, context) : reportFailure(outcome, asked, context);
}

function reportServing(daemon: BackgroundDaemon, asked: AskedFor, context: Context): ExitCode {
  const { url, port, isNew, facts, logFile } = daemon;
  const paint = createPaint(context.color);
  const running = describeRunning(port, facts, asked.upstream, context);
  const pid = facts?.pid ?? null;
  if (asked.json) {
    const upstream = facts?.upstream ?? null;
    const log = isNew ? logFile : null;
    writeJson(context.stdout, { version: 1, running: true, already_running: !isNew, url, port, pid, upstream, log });
  } else if (isNew) {
    const serves = `zenthrex ${context.version} serves on ${url}`;
    writeLine(context.stdout, `${paint.good("●")} ${serves} in the background (pid ${pid})`);
    writeLine(context.stdout, `  ${paint.quiet("Log")}  ${oneLine(logFile)}`);
  } else writeLine(context.stdout, running.sentence);
  if (!isNew) for (const warning of running.warnings) writeNote(context, "warning", warning);
  if (!asked.hasKey) {
    const warning = "there is no key yet: requests are refused until `zenthrex login`";
    writeNote(context, "warning", warning);
  }
  return 0;
}

const PASSED_ON: readonly ExitCode[] = [2, 3, 4, 5, 6];

/** The exit code is the daemon's own where it means something. */
function reportFailure({ exitCode, logFile, lines }: BackgroundFailure, asked: AskedFor, context: Context): ExitCode {
  const code = PASSED_ON.find((known) => known === exitCode) ?? 1;
  const how =
    exitCode === undefined
      ? "the daemon has not served within a minute"
      : typeof exitCode === "number"
        ? `the daemon ended with exit code ${exitCode} before it served`
        : `the daemon ended before it served (${oneLine(exitCode)})`;
  const fix = "Read its last lines, or run the same without --background to see more.";
  if (asked.json) {
    const error = { code: "ZX_CHECK_FAILED", message: how, fix, exit_code: code, log: logFile, lines };
    writeLine(context.stderr, toJsonText({ error }));
    return code;
  }
  const paint = createPaint(context.color);
  writeNote(context, "error", how);
  for (const line of lines) writeLine(context.stderr, `  ${renderLogLine(line, paint)}`);
  writeLine(context.stderr, `${paint.quiet("fix:")}   ${fix} Its log: ${oneLine(logFile)}`);
  return code;
}
