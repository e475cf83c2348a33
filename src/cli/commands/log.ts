import { redact } from "../../base/redact.ts";
import { readHistoryBackwards } from "../../history/read-history.ts";
import type { HistoryEntry } from "../../history/types.ts";
import type { Command } from "../command.ts";
import type { Context } from "../context.ts";
import { followHistory } from "../history/follow-history.ts";
import { historyOptions, historyQuery, reportNotes } from "../history/history-access.ts";
import { createHistoryPrinter } from "../history/history-printer.ts";
import { requestFilter } from "../history/request-filter.ts";
import { lineCount } from "../line-count.ts";

const log: Command = {
  description:
    "Lists past requests from the history on this machine, a line each: when it began, who asked, which model, status, seconds to the first byte " +
    "and to the end, tokens, share read from the prompt cache, cost at list prices. It holds no prompt, no answer and no key. " +
    "(zenthrex logs is something else: the daemon's own messages.)",
  examples: [
    { run: "zenthrex log", does: "the last 20 requests" },
    { run: "zenthrex log -n 5 --status failed", does: "the last five that went wrong" },
    {
      run: "zenthrex log --tool claude-code --follow",
      does: "what Claude Code asks from now on as well, until Ctrl-C",
    },
    { run: "zenthrex log --json -n 100000 | jq ...", does: "JSON, a line a request" },
  ],
  options: [
    { flags: "-n, --lines <count>", description: "how many of the last requests", defaultValue: "20" },
    { flags: "-f, --follow", description: "go on with new ones" },
    { flags: "--tool <name>", description: "only of this tool, or of those that begin so" },
    { flags: "--model <id>", description: "only for this model, asked or served; a part of its name will do" },
    {
      flags: "--status <what>",
      description: "only 429, 4xx, ok, failed, running, or an outcome such as client_aborted",
    },
    ...historyOptions,
  ],
  exitCodes: {
    0: "shown, also where there is none",
    2: "wrong usage",
    6: "the history or the config file can't be read",
  },
  json: [
    '{"type":"request","id":"...","started_at":"...","tool":"claude-code","status":200,',
    ' "outcome":"completed","list_price_usd":0.01,...}: as zenthrex serve --json, and "running"',
  ].join("\n"),
  async run({ options }, context) {
    const count = lineCount(options, MOST);
    const matches = requestFilter(options);
    const query = historyQuery(options, context);
    const from = followHistory(query, context.clock);
    const found: HistoryEntry[] = [];
    if (count > 0) {
      for await (const entry of readHistoryBackwards(query)) {
        if (matches(entry) && found.push(entry) >= count) break;
      }
    }
    const print = createHistoryPrinter(options["json"] === true, context);
    const write = (entry: HistoryEntry): void => context.stdout.write(`${redact(print(entry))}\n`);
    found.reverse().forEach(write);
    const follows = options["follow"] === true;
    reportNotes(query, found.length === 0 && count > 0 && !follows, context);
    if (follows) await follow(from, (entry) => matches(entry) && write(entry), context);
    return 0;
  },
};

export default log;

const MOST = 1_000_000;

async function follow(
  next: () => readonly HistoryEntry[],
  onEntry: (entry: HistoryEntry) => void,
  context: Context,
): Promise<void> {
  const { setTimeout: delay } = await import("node:timers/promises");
  const stop = new AbortController();
  void context.untilSignal().then(() => stop.abort());
  while (!stop.signal.aborted) {
    next().forEach(onEntry);
    await delay(150, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}
