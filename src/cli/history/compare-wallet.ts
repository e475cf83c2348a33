import { readHistory } from "../../history/read-history.ts";
import { exactSum, isUntold, modelOf } from "../../history/summarize.ts";
import type { Wallet } from "../../upstream/whoami.ts";
import type { Context } from "../context.ts";
import { historyQuery, reportNotes } from "./history-access.ts";

/** Figures of one model, as one side counts them. Units: USD, tokens; everything that was read counts as input, from the cache or not. */
export interface Figures {
  readonly spentUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What the wallet and the journal say of one model. `difference` is what the wallet has more. */
export interface ComparedModel {
  readonly model: string;
  readonly wallet: Figures;
  readonly journal: Figures;
  readonly difference: Figures;
}

/** Wallet and journal side by side, and what may be behind a difference. */
export interface Comparison {
  readonly models: readonly ComparedModel[];
  readonly total: ComparedModel;
  /** Requests of this machine whose last word on usage never came. */
  readonly untoldRequests: number;
  readonly lostRows: number;
  /** Of the first request that is recorded. */
  readonly sinceMs: number | undefined;
}

/** Wallets are kept to the cent. */
const CENT_USD = 0.01;

/** Reads the whole history of an upstream beside its wallet. Requests with a key of their own are another wallet's. Throws: as the file system does. */
export async function compareWallet(wallet: Wallet, origin: string, context: Context): Promise<Comparison> {
  const query = historyQuery({ upstream: origin }, context);
  const journal = new Map<string, Figures>();
  let untoldRequests = 0;
  let sinceMs: number | undefined;
  for await (const { record, isRunning } of readHistory(query)) {
    sinceMs = Math.min(sinceMs ?? record.startedAtMs, record.startedAtMs);
    if (isRunning || record.ownKey === true) continue;
    if (isUntold(record)) untoldRequests++;
    const { usage, costUsd } = record;
    if (usage === undefined) continue;
    const model = modelOf(record);
    const inputTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
    const figures = { spentUsd: costUsd ?? 0, inputTokens, outputTokens: usage.outputTokens };
    journal.set(model, add(journal.get(model) ?? nothing, figures));
  }
  reportNotes(query, false, context);
  const names = [...new Set([...Object.keys(wallet.per_model), ...journal.keys()])].sort();
  const models = names.map((model) => compared(model, figuresOf(wallet, model), journal.get(model) ?? nothing));
  const all = [...journal.values()].reduce(add, nothing);
  const total = compared(
    "total",
    {
      spentUsd: wallet.total_spent_usd,
      inputTokens: wallet.total_input_tokens,
      outputTokens: wallet.total_output_tokens,
    },
    all,
  );
  return { models, total, untoldRequests, lostRows: query.notes?.lostRows ?? 0, sinceMs };
}

/** True where both sides say the same: tokens exactly, dollars to the cent. */
export function agrees({ difference }: ComparedModel): boolean {
  return difference.inputTokens === 0 && difference.outputTokens === 0 && Math.abs(difference.spentUsd) < CENT_USD;
}

/** A comparison for programs. Wire shape: snake_case. */
export function comparisonFields({ models, total, untoldRequests, lostRows, sinceMs }: Comparison): object {
  const figures = ({ spentUsd, inputTokens, outputTokens }: Figures): object => ({
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    spent_usd: spentUsd,
  });
  const side = ({ wallet, journal, difference }: ComparedModel): object => ({
    wallet: figures(wallet),
    journal: figures(journal),
    difference: figures(difference),
  });
  return {
    agrees: [...models, total].every(agrees),
    recorded_since: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
    usage_unknown_requests: untoldRequests,
    lost_rows: lostRows,
    total: side(total),
    per_model: Object.fromEntries(models.map((model) => [model.model, side(model)])),
  };
}

const nothing: Figures = { spentUsd: 0, inputTokens: 0, outputTokens: 0 };

function add(one: Figures, other: Figures): Figures {
  return {
    spentUsd: exactSum(one.spentUsd, other.spentUsd),
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
  };
}

function compared(model: string, wallet: Figures, journal: Figures): ComparedModel {
  const difference = {
    spentUsd: exactSum(wallet.spentUsd, -journal.spentUsd),
    inputTokens: wallet.inputTokens - journal.inputTokens,
    outputTokens: wallet.outputTokens - journal.outputTokens,
  };
  return { model, wallet, journal, difference };
}

function figuresOf(wallet: Wallet, model: string): Figures {
  const line = Object.hasOwn(wallet.per_model, model) ? wallet.per_model[model] : undefined;
  if (line === undefined) return nothing;
  return { spentUsd: line.spent_usd, inputTokens: line.input_tokens, outputTokens: line.output_tokens };
}
