import type { Model } from "../../catalog/models.ts";
import { type Refusal, refusal } from "../refusal.ts";
import type { KeyLimits } from "./access-key.ts";

/** What a key has used of its limits. */
export interface RateState {
  /** When the requests of the last minute came, by class of model. Units: ms since the epoch. */
  readonly opus: number[];
  readonly others: number[];
  /** How full the bucket of input tokens is, and when that was true. */
  bucketTokens: number;
  bucketAtMs: number;
}

const minuteMs = 60_000;

/** A key that has used nothing. */
export function unusedRates(): RateState {
  return { opus: [], others: [], bucketTokens: 0, bucketAtMs: 0 };
}

/** Requests of the last minute, oldest first; older ones are forgotten. */
function recent(state: RateState, model: Model, nowMs: number): number[] {
  const times = model.tier === "opus" ? state.opus : state.others;
  const firstKept = times.findIndex((time) => time > nowMs - minuteMs);
  times.splice(0, firstKept === -1 ? times.length : firstKept);
  return times;
}

function leak(state: RateState, limits: KeyLimits, nowMs: number): void {
  const leaked = ((nowMs - state.bucketAtMs) / minuteMs) * limits.inputTokensPerMinute;
  state.bucketTokens = Math.max(0, state.bucketTokens - Math.max(0, leaked));
  state.bucketAtMs = nowMs;
}

const requestLimit = (limits: KeyLimits, model: Model): number =>
  model.tier === "opus" ? limits.requestsPerMinuteOpus : limits.requestsPerMinute;

const isoSeconds = (timeMs: number): string => new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z");

/**
 * How much of its limits a key has left, as response headers.
 * Source: Anthropic's rate limits page, "Response headers"; the hosted documentation names none.
 */
export function rateLimitHeaders(
  state: RateState,
  limits: KeyLimits,
  model: Model,
  nowMs: number,
): Record<string, string> {
  const times = recent(state, model, nowMs);
  const limit = requestLimit(limits, model);
  const fillMs = (state.bucketTokens / limits.inputTokensPerMinute) * minuteMs;
  return {
    "anthropic-ratelimit-requests-limit": `${limit}`,
    "anthropic-ratelimit-requests-remaining": `${Math.max(0, limit - times.length)}`,
    "anthropic-ratelimit-requests-reset": isoSeconds((times[0] ?? nowMs - minuteMs) + minuteMs),
    "anthropic-ratelimit-input-tokens-limit": `${limits.inputTokensPerMinute}`,
    "anthropic-ratelimit-input-tokens-remaining": `${Math.max(0, Math.floor(limits.inputTokensPerMinute - state.bucketTokens))}`,
    "anthropic-ratelimit-input-tokens-reset": isoSeconds(nowMs + fillMs),
  };
}

/**
 * Counts a request against the limits of its key, or refuses it with a 429 and `retry-after`.
 * The window of requests slides; input tokens leak out of a bucket. Tokens read from the cache don't count.
 * Source: hosted documentation, "Rate Limits".
 */
export function admitRequest(
  state: RateState,
  limits: KeyLimits,
  model: Model,
  inputTokens: number,
  nowMs: number,
): Refusal | undefined {
  const times = recent(state, model, nowMs);
  leak(state, limits, nowMs);
  const refuse = (message: string, waitMs: number): Refusal =>
    refusal(429, message, {
      "retry-after": `${Math.max(1, Math.ceil(waitMs / 1_000))}`,
      ...rateLimitHeaders(state, limits, model, nowMs),
    });
  const limit = requestLimit(limits, model);
  if (times.length >= limit) {
    return refuse(`Per-key RPM limit reached: ${limit} requests per minute.`, (times[0] ?? nowMs) + minuteMs - nowMs);
  }
  const excess = state.bucketTokens + inputTokens - limits.inputTokensPerMinute;
  if (excess > 0) {
    return refuse(
      `Per-key token quota reached: ${limits.inputTokensPerMinute} input tokens per minute.`,
      Math.min(1, excess / limits.inputTokensPerMinute) * minuteMs,
    );
  }
  times.push(nowMs);
  state.bucketTokens += inputTokens;
  return undefined;
}
