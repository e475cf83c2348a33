import { formatCount } from "../../base/format-count.ts";
import { formatUsd } from "../../base/format-usd.ts";
import { localDay, type Period, type PeriodName } from "../../history/periods.ts";
import type { summarize, UsageGrouping, UsageRow, UsageSum } from "../../history/summarize.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { createPaint, tableWidth } from "../output.ts";
import { type Column, renderTable } from "../table.ts";

type Summary = Awaited<ReturnType<typeof summarize>>;

/** Usage for programs. Wire shape: snake_case; dollars at list prices, to the hundred-millionth. */
export function usageJson({ rows, total }: Summary, by: UsageGrouping, span: Period): object {
  return {
    version: 1,
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    by,
    rows: rows.map((row) => ({ name: row.name, ...sumFields(row) })),
    total: sumFields(total),
  };
}

/** Usage for a spreadsheet: a heading, a line for each group, none for the total. */
export function usageCsv({ rows, total }: Summary, by: UsageGrouping): string {
  const names = Object.keys(sumFields(total));
  const lines = rows.map((row) => [csvText(row.name), ...Object.values(sumFields(row))].join(","));
  return [[by, ...names].join(","), ...lines].join("\n");
}

/** Usage for people. */
export function usageTable(
  { rows, total }: Summary,
  by: UsageGrouping,
  name: PeriodName,
  span: Period,
  context: Context,
): string {
  const paint = createPaint(context.color);
  const right = (title: string): Column => ({ title, align: "right" });
  const columns: readonly Column[] = [
    { title: by === "model" ? "Model" : by === "tool" ? "Tool" : "Day", shrinks: true },
    ...["Requests", "Tokens in", "Cached", "Tokens out", "~Cost"].map(right),
  ];
  const cells = [...rows, { ...total, name: "total" }].map(cellsOf);
  const table = renderTable(columns, cells, { width: tableWidth(context.stdout), head: paint.quiet });
  const until = localDay(span.toMs - 1);
  const days = name === "day" ? until : `${localDay(span.fromMs)} to ${until}`;
  return [
    `${paint.strong(`This ${name}`.replace("This day", "Today"))} ${paint.quiet(`(${days})`)}`,
    "",
    table,
    "",
    ...remarks(total),
  ]
    .join("\n")
    .trimEnd();
}

/** Everything that the model read, from the cache or not. */
export function tokensIn(sum: UsageSum): number {
  return sum.inputTokens + sum.cacheReadTokens + sum.cacheWrite5mTokens + sum.cacheWrite1hTokens;
}

/** The share of what was read that came from the prompt cache. Shape: "43%", or "-" where nothing did. */
export function cacheShare(sum: UsageSum): string {
  const read = tokensIn(sum);
  return sum.cacheReadTokens === 0 ? "-" : `${Math.floor((100 * sum.cacheReadTokens) / read)}%`;
}

function cellsOf(row: UsageRow): readonly string[] {
  return [
    row.name,
    formatCount(row.requests),
    formatCount(tokensIn(row)),
    cacheShare(row),
    formatCount(row.outputTokens),
    formatUsd(row.costUsd),
  ];
}

function remarks(total: UsageSum): string[] {
  const { cacheSavedUsd, failed, untold, unpriced } = total;
  const requests = (count: number): string => (count === 1 ? "1 request" : `${formatCount(count)} requests`);
  return [
    "Costs are list prices; the wallet's own figures win: zenthrex whoami --history compares them.",
    ...(cacheSavedUsd > 0 ? [`The prompt cache saved ${formatUsd(cacheSavedUsd)}.`] : []),
    ...(cacheSavedUsd < 0
      ? [`Writing to the prompt cache cost ${formatUsd(-cacheSavedUsd)} more than it saved so far.`]
      : []),
    ...(failed > 0 ? [`${requests(failed)} failed or broke off: zenthrex log --status failed`] : []),
    ...(untold > 0
      ? [`${requests(untold)} may have cost more: the upstream did not tell the end of what they used.`]
      : []),
    ...(unpriced > 0 ? [`${requests(unpriced)} went to a model without a list price: not in the cost.`] : []),
  ];
}

function sumFields(sum: UsageSum): Readonly<Record<string, number>> {
  return {
    requests: sum.requests,
    failed: sum.failed,
    usage_unknown: sum.untold,
    input_tokens: sum.inputTokens,
    output_tokens: sum.outputTokens,
    cache_read_tokens: sum.cacheReadTokens,
    cache_write_5m_tokens: sum.cacheWrite5mTokens,
    cache_write_1h_tokens: sum.cacheWrite1hTokens,
    list_price_usd: sum.costUsd,
    unpriced: sum.unpriced,
    cache_saved_usd: sum.cacheSavedUsd,
  };
}

/** Names come from callers: a spreadsheet must not take one for a formula, nor a terminal for a command. Source: RFC 4180 for the quotes. */
function csvText(text: string): string {
  const line = oneLine(text);
  const safe = /^[=+\-@]/.test(line) ? `'${line}` : line;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
