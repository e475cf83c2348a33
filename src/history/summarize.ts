import { findAnsweringModel } from "../catalog/models.ts";
import { isProof } from "../catalog/tool-names.ts";
import { localDay } from "./periods.ts";
import { endedAtMs } from "./rows.ts";
import type { HistoryEntry, JournalRecord } from "./types.ts";

/** What usage is grouped by. */
export type UsageGrouping = "model" | "tool" | "day";

/** Sums over requests. Units: tokens as the upstream reported them; USD at list prices, in hundred-millionths while they are added up. */
export interface UsageSum {
  requests: number;
  /** Of them, those that ended in an error, or were broken off. */
  failed: number;
  /** Reached the upstream, and it told nothing, or not the last, of what they cost: the wallet may say more. */
  untold: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
  /** With a cost, and without because the model has no list price. */
  unpriced: number;
  costUsd: number;
  /** What the prompt cache saved at list prices: reads at a tenth, less what writes cost more. Below zero where it cost. */
  cacheSavedUsd: number;
}

/** One group of a usage table. */
export interface UsageRow extends UsageSum {
  readonly name: string;
}

/** Nothing yet. */
export function emptySum(): UsageSum {
  return {
    requests: 0,
    failed: 0,
    untold: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    unpriced: 0,
    costUsd: 0,
    cacheSavedUsd: 0,
  };
}

/** Adds a request to a sum. */
export function addToSum(sum: UsageSum, record: JournalRecord): void {
  const { usage, costUsd } = record;
  sum.requests++;
  if (isFailed(record)) sum.failed++;
  if (isUntold(record)) sum.untold++;
  if (usage === undefined) return;
  sum.inputTokens += usage.inputTokens;
  sum.outputTokens += usage.outputTokens;
  sum.cacheReadTokens += usage.cacheReadTokens;
  sum.cacheWrite5mTokens += usage.cacheWrite5mTokens;
  sum.cacheWrite1hTokens += usage.cacheWrite1hTokens;
  if (costUsd === undefined) sum.unpriced++;
  else sum.costUsd = exactSum(sum.costUsd, costUsd);
  sum.cacheSavedUsd = exactSum(sum.cacheSavedUsd, savedUsd(record));
}

/** Sums by model, tool or day, and over all. Days in order; the others by cost, most first. */
export async function summarize(
  entries: AsyncIterable<HistoryEntry>,
  by: UsageGrouping,
): Promise<{ readonly rows: readonly UsageRow[]; readonly total: UsageSum }> {
  const groups = new Map<string, UsageRow>();
  const total = emptySum();
  for await (const { record, isRunning } of entries) {
    if (isRunning) continue;
    const name = groupOf(record, by);
    const row = groups.get(name) ?? { name, ...emptySum() };
    groups.set(name, row);
    addToSum(row, record);
    addToSum(total, record);
  }
  const rows = [...groups.values()].sort(
    (one, other) => (by === "day" ? 0 : other.costUsd - one.costUsd) || (one.name < other.name ? -1 : 1),
  );
  return { rows, total };
}

/** The model that a request was for: the one that answered, else the one that was asked. Dated ids count as their model. */
export function modelOf({ modelServed, modelAsked }: JournalRecord): string {
  const id = modelServed ?? modelAsked ?? "unknown";
  return findAnsweringModel(id)?.id ?? id;
}

/** True for a request that ended in an error or was broken off; a proof of ours that was refused as it should be is none. */
export function isFailed(record: Pick<JournalRecord, "outcome" | "status" | "tool">): boolean {
  return (record.outcome !== "completed" || record.status >= 400) && !isProof(record);
}

/** True where the upstream may have charged for more than it told: broken off before its last word, or without any usage. */
export function isUntold({ outcome, usage, status }: JournalRecord): boolean {
  if (outcome === "proxy_error") return false;
  if (outcome === "completed") return usage === undefined && status < 400;
  return usage !== undefined || status < 400;
}

/** Adds dollars so that the order doesn't matter: list prices are whole hundred-millionths of a dollar a token. */
export function exactSum(one: number, other: number): number {
  return Math.round((one + other) * 100_000_000) / 100_000_000;
}

function savedUsd(record: JournalRecord): number {
  const { usage } = record;
  const prices = findAnsweringModel(record.modelServed ?? "")?.prices;
  if (usage === undefined || prices === undefined) return 0;
  const millionths =
    usage.cacheReadTokens * (prices.input - prices.cacheRead) +
    usage.cacheWrite5mTokens * (prices.input - prices.cacheWrite5m) +
    usage.cacheWrite1hTokens * (prices.input - prices.cacheWrite1h);
  return millionths / 1_000_000;
}

function groupOf(record: JournalRecord, by: UsageGrouping): string {
  if (by === "model") return modelOf(record);
  return by === "tool" ? record.tool : localDay(endedAtMs(record));
}
