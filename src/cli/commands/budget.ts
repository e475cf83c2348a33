import { ZenthrexError } from "../../base/errors.ts";
import { formatUsd } from "../../base/format-usd.ts";
import { configPaths } from "../../config/paths.ts";
import { updateConfig } from "../../config/store.ts";
import { withValue } from "../../config/with-value.ts";
import { type Budget, budgetName, budgetStatus } from "../../history/budget.ts";
import { type Period, periodAt } from "../../history/periods.ts";
import { readHistory } from "../../history/read-history.ts";
import { endedAtMs } from "../../history/rows.ts";
import { exactSum } from "../../history/summarize.ts";
import type { Command, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { historyOptions, historyQuery, reportNotes } from "../history/history-access.ts";
import { createPaint, tableWidth, writeJson, writeLine } from "../output.ts";
import { budgetsOf } from "../serve/live-settings.ts";
import { renderTable } from "../table.ts";

const budget: Command = {
  description:
    "Limits what this machine may spend through the daemon in a day or a month of its calendar, at list prices. A soft budget warns in the " +
    "daemon's log at 50, 80 and 100 %; a hard one also refuses every further request, before it costs something, until it starts again: " +
    "requests under way are let end. A running daemon takes a change at once. The sandbox's requests count against it on their own.",
  examples: [
    { run: "zenthrex budget", does: "what is set, and how much of it is spent" },
    { run: "zenthrex budget set 5/day", does: "warn when 5 dollars a day come near" },
    { run: "zenthrex budget set 100/month --hard", does: "stop at 100 dollars a month" },
    { run: "zenthrex budget clear", does: "no budget any more" },
  ],
  arguments: [
    { name: "[action]", description: "set or clear; without one the budgets are shown", suggests: ["set", "clear"] },
    {
      name: "[what]",
      description: "set: <dollars>/day or <dollars>/month; clear: day or month, or both",
      suggests: ([action]) => (action === "clear" ? ["day", "month"] : []),
    },
  ],
  options: [{ flags: "--hard", description: "refuse what goes beyond it" }, ...historyOptions],
  exitCodes: { 0: "done", 2: "wrong usage", 6: "the history or the config file can't be read or written" },
  json: [
    '{"version":1,"budgets":[{"per":"day","usd":5,"hard":true,"spent_usd":1.2,',
    ' "remaining_usd":3.8,"resets_at":"..."}]}',
  ].join("\n"),
  async run({ args, options }, context) {
    const { action, what } = args;
    if (action === undefined) return show(options, context);
    if (action === "set") await set(what, options, context);
    else if (action === "clear") await clear(what, context);
    else
      throw usageError(`there is no action "${String(action)}"`, "Use set or clear, or no action to see the budgets.");
    return show(options, context);
  },
};

export default budget;

async function set(what: unknown, options: Invocation["options"], context: Context): Promise<void> {
  const [, amount, per] = /^\$?(\d{1,7}(?:\.\d{1,4})?)\/(day|month)$/.exec(String(what)) ?? [];
  const usd = Number(amount);
  if (!(usd > 0)) throw usageError("how much, and for how long", "For example: zenthrex budget set 5/day");
  await updateConfig(configPaths(context), (values) =>
    withValue(values, ["budget", String(per)], { usd, hard: options["hard"] === true }),
  );
}

async function clear(what: unknown, context: Context): Promise<void> {
  if (what !== undefined && what !== "day" && what !== "month") {
    throw usageError("which budget to clear", "Say day or month, or nothing for both.");
  }
  await updateConfig(configPaths(context), (values) =>
    withValue(values, what === undefined ? ["budget"] : ["budget", what], undefined),
  );
}

async function show(options: Invocation["options"], context: Context): Promise<0> {
  const { paths, values } = loadConfiguration(context);
  const budgets = budgetsOf({ env: context.env, values, file: paths.file });
  const spent = await spentUsd(budgets, options, context);
  const nowMs = context.clock.now();
  const rows = budgetStatus(budgets, spent, nowMs);
  if (options["json"] === true) {
    writeJson(context.stdout, {
      version: 1,
      budgets: rows.map(({ budget: { per, usd, isHard }, spentUsd: sum, period }) => ({
        per,
        usd,
        hard: isHard,
        spent_usd: sum,
        remaining_usd: Math.max(0, exactSum(usd, -sum)),
        resets_at: new Date(period.toMs).toISOString(),
      })),
    });
    return 0;
  }
  if (rows.length === 0) {
    writeLine(context.stdout, "There is no budget. Set one: zenthrex budget set 5/day");
    return 0;
  }
  const paint = createPaint(context.color);
  const cells = rows.map(({ budget: each, spentUsd: sum, period }) => [
    budgetName(each),
    each.isHard ? "refuses" : "warns",
    formatUsd(sum),
    `${Math.floor((100 * sum) / each.usd)}%`,
    new Date(period.toMs).toLocaleString("sv-SE").slice(0, "2026-11-22 00:00".length),
  ]);
  const columns = [
    { title: "Budget" },
    { title: "Then" },
    { title: "~Spent", align: "right" as const },
    { title: "", align: "right" as const },
    { title: "Starts again" },
  ];
  writeLine(context.stdout, renderTable(columns, cells, { width: tableWidth(context.stdout), head: paint.quiet }));
  return 0;
}

/** What this month's journal says was spent in a span of it, by the daemon's key. */
async function spentUsd(
  budgets: readonly Budget[],
  options: Invocation["options"],
  context: Context,
): Promise<(period: Period) => number> {
  if (budgets.length === 0) return () => 0;
  const query = { ...historyQuery(options, context), span: periodAt("month", context.clock.now()) };
  const costs: { readonly atMs: number; readonly usd: number }[] = [];
  for await (const { record } of readHistory(query)) {
    if (record.costUsd !== undefined && record.ownKey !== true)
      costs.push({ atMs: endedAtMs(record), usd: record.costUsd });
  }
  reportNotes(query, false, context);
  return ({ fromMs, toMs }) =>
    costs.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).reduce((sum, { usd }) => exactSum(sum, usd), 0);
}

function usageError(message: string, fix: string): ZenthrexError {
  return new ZenthrexError("ZX_USAGE", message, { fix });
}
