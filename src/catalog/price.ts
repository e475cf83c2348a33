import { findAnsweringModel } from "./models.ts";

/** Tokens that a request was billed for. Units: tokens. */
export interface BilledTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
}

/**
 * What a request costs at list prices, or undefined for a model without a price. An estimate: the wallet's own figures win.
 * Units: USD. Source: the catalog's list prices.
 */
export function costUsd(modelId: string, tokens: BilledTokens): number | undefined {
  const prices = findAnsweringModel(modelId)?.prices;
  if (prices === undefined) return undefined;
  const millionths =
    tokens.inputTokens * prices.input +
    tokens.outputTokens * prices.output +
    tokens.cacheReadTokens * prices.cacheRead +
    tokens.cacheWrite5mTokens * prices.cacheWrite5m +
    tokens.cacheWrite1hTokens * prices.cacheWrite1h;
  return millionths / 1_000_000;
}
