import { ZenthrexError } from "../../base/errors.ts";
import { type PeriodName, periodAt } from "../../history/periods.ts";
import { readHistory } from "../../history/read-history.ts";
import { summarize, type UsageGrouping } from "../../history/summarize.ts";
import type { Command, Invocation } from "../command.ts";
import { historyOptions, historyQuery, reportNotes } from "../history/history-access.ts";
import { usageCsv, usageJson, usageTable } from "../history/usage-report.ts";
import { withSpinner, writeJson, writeLine } from "../output.ts";

const usage: Command = {
  description:
    "Adds up past requests of a day, a week (from Monday) or a month of this machine's calendar: requests, tokens as the upstream reported " +
    "them, cost at list prices, and what the prompt cache saved. A request counts on the day on which it ended. What the wallet itself " +
    "says: zenthrex whoami; where the two differ: zenthrex whoami --history.",
  examples: [
    { run: "zenthrex usage", does: "this month, by model" },
    { run: "zenthrex usage --day --by tool", does: "today, by tool" },
    { run: "zenthrex usage --week --by day --csv > week.csv", does: "this week by days, for a spreadsheet" },
  ],
  options: [
    { flags: "--day", description: "today" },
    { flags: "--week", description: "this week" },
    { flags: "--month", description: "this month (what is shown without any of the three)" },
    { flags: "--by <what>", description: "a line for each", choices: ["model", "tool", "day"], defaultValue: "model" },
    { flags: "--csv", description: "comma-separated values" },
    ...historyOptions,
  ],
  exitCodes: { 0: "shown", 2: "wrong usage", 6: "the history or the config file can't be read" },
  json: [
    '{"version":1,"from":"...","to":"...","by":"model","rows":[{"name":"claude-opus-4-7",',
    ' "requests":12,"failed":0,"usage_unknown":0,"input_tokens":1,"output_tokens":1,',
    ' "cache_read_tokens":0,"cache_write_5m_tokens":0,"cache_write_1h_tokens":0,',
    ' "list_price_usd":0.01,"unpriced":0,"cache_saved_usd":0}],"total":{...}}',
  ].join("\n"),
  async run({ options }, context) {
    if (options["csv"] === true && options["json"] === true) throw exclude("--csv", "--json");
    const name = periodOf(options);
    const by = options["by"] as UsageGrouping;
    const span = periodAt(name, context.clock.now());
    const query = { ...historyQuery(options, context), span };
    const summary = await withSpinner(context, "reading the history", summarize(readHistory(query), by));
    if (options["json"] === true) writeJson(context.stdout, usageJson(summary, by, span));
    else if (options["csv"] === true) writeLine(context.stdout, usageCsv(summary, by));
    else if (summary.rows.length > 0) writeLine(context.stdout, usageTable(summary, by, name, span, context));
    reportNotes(query, summary.rows.length === 0, context);
    return 0;
  },
};

export default usage;

function periodOf(options: Invocation["options"]): PeriodName {
  const named = (["day", "week", "month"] as const).filter((name) => options[name] === true);
  if (named.length > 1) throw exclude(`--${named[0]}`, `--${named[1]}`);
  return named[0] ?? "month";
}

function exclude(one: string, other: string): ZenthrexError {
  return new ZenthrexError("ZX_USAGE", `${one} and ${other} exclude each other`, { fix: "Choose one of them." });
}
