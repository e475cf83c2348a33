import type { ListPrices, Model } from "../../catalog/models.ts";

/** The tokens of one answer, as its `usage` says them. `inputTokens` is what was neither written to nor read from the cache. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
}

/** What one model has cost. Units: hundred-millionths of a dollar. */
interface ModelSpending {
  inputTokens: number;
  outputTokens: number;
  spent: number;
}

/** A prepaid wallet. Units: hundred-millionths of a dollar, so that a token at any list price is a whole number. */
export interface Wallet {
  balance: number;
  spent: number;
  readonly perModel: Map<string, ModelSpending>;
}

const unitsPerUsd = 100_000_000;
const tokensPerPrice = 1_000_000;

/** Dollars, to the millionth. */
const usd = (units: number): number => Math.round(units / 100) / 1_000_000;

/** Opens a wallet. */
export function openWallet(balanceUsd: number): Wallet {
  return { balance: Math.round(balanceUsd * unitsPerUsd), spent: 0, perModel: new Map() };
}

const unitsOf = (tokens: number, pricePerMillion: number): number =>
  tokens * Math.round((pricePerMillion * unitsPerUsd) / tokensPerPrice);

function costUnits(usage: TokenUsage, prices: ListPrices): number {
  return (
    unitsOf(usage.inputTokens, prices.input) +
    unitsOf(usage.cacheWrite5mTokens, prices.cacheWrite5m) +
    unitsOf(usage.cacheWrite1hTokens, prices.cacheWrite1h) +
    unitsOf(usage.cacheReadTokens, prices.cacheRead) +
    unitsOf(usage.outputTokens, prices.output)
  );
}

/**
 * Takes the price of an answer out of a wallet, at list prices, and says it. Units: USD.
 * A wallet never falls below zero: what it lacks is not charged.
 */
export function charge(wallet: Wallet, model: Model, usage: TokenUsage): number {
  const units = Math.min(costUnits(usage, model.prices), wallet.balance);
  const spending = wallet.perModel.get(model.id) ?? { inputTokens: 0, outputTokens: 0, spent: 0 };
  wallet.perModel.set(model.id, spending);
  wallet.balance -= units;
  wallet.spent += units;
  spending.spent += units;
  spending.inputTokens +=
    usage.inputTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens + usage.cacheReadTokens;
  spending.outputTokens += usage.outputTokens;
  return usd(units);
}

/** The body of `GET /v1/whoami`. Source: hosted documentation, "GET /v1/whoami"; cached tokens count as input. */
export function whoamiBody(key: string, wallet: Wallet): string {
  const rows = [...wallet.perModel];
  const sum = (field: "inputTokens" | "outputTokens"): number => rows.reduce((total, [, row]) => total + row[field], 0);
  const perModel = rows.map(([id, row]) => [
    id,
    { input_tokens: row.inputTokens, output_tokens: row.outputTokens, spent_usd: usd(row.spent) },
  ]);
  return JSON.stringify({
    token: key,
    balance_usd: usd(wallet.balance),
    total_spent_usd: usd(wallet.spent),
    total_input_tokens: sum("inputTokens"),
    total_output_tokens: sum("outputTokens"),
    per_model: Object.fromEntries(perModel),
  });
}
