/** Reasoning effort levels of `output_config.effort`. */
export type Effort = "low" | "medium" | "high" | "xhigh" | "max";

/** List prices of the model's maker. Units: USD per million tokens. They are an estimate: the wallet's own figures win. */
export interface ListPrices {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly cacheRead: number;
}

/** What a model accepts, and what it costs. */
export interface Model {
  readonly id: string;
  readonly displayName: string;
  readonly tier: "opus" | "sonnet" | "haiku";
  /** Documented: in the Models table. Undocumented: used only when the live list has it. */
  readonly documented: boolean;
  /** The id whose weights and rules it shares. */
  readonly family: string;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** `reject`: any temperature, top_p or top_k is a 400. `one-of`: temperature or top_p, not both. */
  readonly sampling: "reject" | "one-of";
  readonly thinking: readonly ("adaptive" | "enabled" | "disabled")[];
  readonly thinkingDisplayDefault: "omitted" | "summarized";
  readonly efforts: readonly Effort[];
  /** Trailing assistant message: refused with a 400, or continued (trailing white space must be trimmed). */
  readonly prefill: "reject" | "accept";
  /** Thinking modes under which a forced tool_choice is a 400. */
  readonly forcedToolRefusedWith: readonly ("adaptive" | "enabled")[];
  readonly minCacheTokens: number;
  /** The tokenizer generation decides how many tokens a text has (4.7 and later count about 1.3x). */
  readonly tokenizer: "before-4.7" | "4.7";
  readonly prices: ListPrices;
}

const opusPrices: ListPrices = { input: 5, output: 25, cacheWrite5m: 6.25, cacheWrite1h: 10, cacheRead: 0.5 };

const opus47: Model = {
  id: "claude-opus-4-7",
  displayName: "Claude Opus 4.7",
  tier: "opus",
  documented: true,
  family: "claude-opus-4-7",
  contextTokens: 200_000,
  maxOutputTokens: 128_000,
  sampling: "reject",
  thinking: ["adaptive", "disabled"],
  thinkingDisplayDefault: "omitted",
  efforts: ["low", "medium", "high", "xhigh", "max"],
  prefill: "reject",
  forcedToolRefusedWith: [],
  minCacheTokens: 2048,
  tokenizer: "4.7",
  prices: opusPrices,
};

/**
 * The models: the documented table first, in its order.
 * Source: windows from the hosted documentation, "Models"; behaviour and list prices from Anthropic's model pages (2026-11),
 * kept in docs/decisions/003-model-capabilities.md.
 */
export const models: readonly Model[] = [
  opus47,
  { ...opus47, id: "claude-opus-4-7-1m", displayName: "Claude Opus 4.7 (1M)", contextTokens: 1_000_000 },
  {
    ...opus47,
    id: "claude-haiku-4-5",
    displayName: "Claude Haiku 4.5",
    tier: "haiku",
    family: "claude-haiku-4-5",
    maxOutputTokens: 64_000,
    sampling: "one-of",
    thinking: ["enabled", "disabled"],
    thinkingDisplayDefault: "summarized",
    efforts: [],
    prefill: "accept",
    forcedToolRefusedWith: ["enabled"],
    minCacheTokens: 4096,
    tokenizer: "before-4.7",
    prices: { input: 1, output: 5, cacheWrite5m: 1.25, cacheWrite1h: 2, cacheRead: 0.1 },
  },
  {
    ...opus47,
    id: "claude-opus-4-6",
    displayName: "Claude Opus 4.6",
    family: "claude-opus-4-6",
    sampling: "one-of",
    thinking: ["adaptive", "enabled", "disabled"],
    thinkingDisplayDefault: "summarized",
    efforts: ["low", "medium", "high", "max"],
    forcedToolRefusedWith: ["enabled"],
    minCacheTokens: 4096,
    tokenizer: "before-4.7",
  },
  {
    ...opus47,
    id: "claude-sonnet-4-6",
    displayName: "Claude Sonnet 4.6",
    tier: "sonnet",
    documented: false,
    family: "claude-sonnet-4-6",
    sampling: "one-of",
    thinking: ["adaptive", "enabled", "disabled"],
    thinkingDisplayDefault: "summarized",
    efforts: ["low", "medium", "high", "max"],
    forcedToolRefusedWith: ["enabled"],
    minCacheTokens: 1024,
    tokenizer: "before-4.7",
    prices: { input: 3, output: 15, cacheWrite5m: 3.75, cacheWrite1h: 6, cacheRead: 0.3 },
  },
];

/** The model of an exact id, or undefined. */
export function findModel(id: string): Model | undefined {
  return models.find((model) => model.id === id);
}

/** The model that an answer names: ids there may carry the date of the snapshot, "claude-haiku-4-5-20251001". */
export function findAnsweringModel(id: string): Model | undefined {
  return findModel(id) ?? findModel(id.replace(/-20\d{6}$/, ""));
}

/**
 * Rules for an id that the table doesn't have but the live list does: those of the newest family, as the strictest.
 * Shape: a Model whose id is the given one.
 */
export function modelOrNewest(id: string): Model {
  return findModel(id) ?? { ...opus47, id, displayName: id, documented: false };
}

/**
 * OpenAI-style names that the hosted API maps on its Chat Completions mirror.
 * Source: hosted documentation, "OpenAI-style aliases".
 */
export const openaiAliases: Readonly<Record<string, string>> = {
  "gpt-4o": "claude-opus-4-7",
  "gpt-4": "claude-opus-4-7",
  "gpt-4o-mini": "claude-haiku-4-5",
  "gpt-3.5-turbo": "claude-haiku-4-5",
};
