import { existsSync } from "node:fs";
import { ZenthrexError } from "../../base/errors.ts";
import { redact } from "../../base/redact.ts";
import { stateDirectory } from "../../config/paths.ts";
import { followLog, lastLines, sizeOf } from "../../daemon/read-log.ts";
import { daemonLogFile, readDaemonState } from "../../daemon/state-file.ts";
import type { Command, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { jsonLogLine, renderLogLine } from "../daemon/render-log-line.ts";
import { lineCount } from "../line-count.ts";
import { createPaint } from "../output.ts";

const logs: Command = {
  description:
    "Shows the messages of the daemon in the background: its start, warnings, a line a request as it ended. It is for finding faults and " +
    "is thrown away at five files of 5 MB; what requests cost is kept by the history: zenthrex log, zenthrex usage. It holds no prompt, " +
    "no answer and no key.",
  examples: [
    { run: "zenthrex logs", does: "the last 50 lines" },
    { run: "zenthrex logs -n 0 --follow", does: "what comes from now on, until Ctrl-C" },
    { run: "zenthrex logs --json -n 1000", does: "the lines as the daemon wrote them: JSON" },
  ],
  options: [
    { flags: "-n, --lines <count>", description: "how many of the last lines", defaultValue: "50" },
    { flags: "-f, --follow", description: "go on with new ones" },
    { flags: "--port <port>", description: "the daemon of this port instead of the configured one" },
  ],
  exitCodes: { 0: "shown", 1: "there is no log", 2: "wrong usage", 6: "the log or the config file can't be read" },
  json: '{"type":"request",...} and so on: the events of zenthrex serve --json',
  async run({ options }, context) {
    const count = lineCount(options, MOST_LINES);
    const file = logFileOf(options, context);
    const follow = options["follow"] === true;
    if (!existsSync(file) && !follow) {
      throw new ZenthrexError("ZX_CHECK_FAILED", `there is no log at ${file}`, {
        fix: "A daemon in the background writes one: zenthrex serve --background.",
      });
    }
    const write = writer(options, context);
    const end = sizeOf(file);
    for (const line of lastLines(file, count, { toByte: end })) write(line);
    if (follow) await followUntilSignal(file, end, write, context);
    return 0;
  },
};

export default logs;

const MOST_LINES = 100_000;

/** The log that the daemon named, else the one that it has by default. */
function logFileOf(options: Invocation["options"], context: Context): string {
  const port = options["port"];
  const { settings } = loadConfiguration(context, typeof port === "string" ? { port } : {});
  const directory = stateDirectory(context);
  return readDaemonState(directory, settings.port.value)?.logFile ?? daemonLogFile(directory, settings.port.value);
}

function writer(options: Invocation["options"], context: Context): (line: string) => void {
  const paint = createPaint(context.color);
  const shown = options["json"] === true ? jsonLogLine : (line: string) => renderLogLine(line, paint);
  return (line) => context.stdout.write(`${redact(shown(line))}\n`);
}

async function followUntilSignal(
  file: string,
  fromByte: number,
  write: (line: string) => void,
  context: Context,
): Promise<void> {
  const stop = new AbortController();
  void context.untilSignal().then(() => stop.abort());
  await followLog(file, fromByte, write, stop.signal);
}
