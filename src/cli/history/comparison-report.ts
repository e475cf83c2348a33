import { formatCount } from "../../base/format-count.ts";
import { formatUsd } from "../../base/format-usd.ts";
import { localDay } from "../../history/periods.ts";
import type { Context } from "../context.ts";
import { createPaint, tableWidth } from "../output.ts";
import { type Column, renderTable } from "../table.ts";
import { agrees, type ComparedModel, type Comparison } from "./compare-wallet.ts";

/** Wallet and journal for people: where they differ a table, and what may be behind it. */
export function comparisonReport(comparison: Comparison, context: Context): string {
  const paint = createPaint(context.color);
  const { models, total, sinceMs } = comparison;
  if (sinceMs === undefined) return "The history of this machine has no request of this wallet yet.";
  const since = `recorded here since ${localDay(sinceMs)}`;
  if ([...models, total].every(agrees)) {
    return `${paint.good("Wallet and history agree")}: tokens exactly, dollars to the cent (${since}).`;
  }
  const right = (title: string): Column => ({ title, align: "right" });
  const columns = [
    { title: "Model", shrinks: true },
    ...["Wallet", "History", "Differ by", "Tokens in", "Tokens out"].map(right),
  ];
  const table = renderTable(columns, [...models, total].map(cellsOf), {
    width: tableWidth(context.stdout),
    head: paint.quiet,
  });
  return [
    `${paint.warning("Wallet and history differ")} (${since}); tokens are what the wallet has more:`,
    table,
    "",
    ...reasons(comparison),
  ].join("\n");
}

function cellsOf(compared: ComparedModel): readonly string[] {
  const { model, wallet, journal, difference } = compared;
  if (agrees(compared)) return [model, formatUsd(wallet.spentUsd), formatUsd(journal.spentUsd), "-", "-", "-"];
  const { spentUsd, inputTokens, outputTokens } = difference;
  return [
    model,
    formatUsd(wallet.spentUsd),
    formatUsd(journal.spentUsd),
    signedUsd(spentUsd),
    signed(inputTokens),
    signed(outputTokens),
  ];
}

function signedUsd(usd: number): string {
  return usd === 0 ? "-" : `${usd > 0 ? "+" : ""}${formatUsd(usd)}`;
}

function signed(count: number): string {
  return count === 0 ? "-" : `${count > 0 ? "+" : "-"}${formatCount(Math.abs(count))}`;
}

function reasons({ untoldRequests, lostRows, total }: Comparison): string[] {
  const { spentUsd, inputTokens } = total.difference;
  const isMore = spentUsd > 0 || inputTokens > 0;
  return [
    ...(untoldRequests > 0
      ? [
          `${formatCount(untoldRequests)} requests broke off, or were answered without usage: the wallet may have paid more than was told.`,
        ]
      : []),
    ...(lostRows > 0 ? [`${formatCount(lostRows)} rows of the history were lost while the disk took none.`] : []),
    ...(isMore ? ["The wallet also counts what was spent before, on other machines, and without the daemon."] : []),
    ...(isMore ? [] : ["The history holds list prices, and requests of every key that this upstream was used with."]),
  ];
}
