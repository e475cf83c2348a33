import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { Effort, Model } from "../../catalog/models.ts";
import type { HubRequest } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";

/** How hard the model thinks. `field` is where the caller asked for it, for warnings. */
export interface Thinking {
  readonly thinking?: NonNullable<HubRequest["thinking"]>;
  readonly effort?: Effort;
  readonly field: string;
}

/** What a caller asked for, whatever its dialect. */
interface Wish {
  readonly field: string;
  readonly effort?: Effort;
  readonly budgetTokens?: number;
  /** Anthropic's own switch: think, with no effort named. */
  readonly type?: "adaptive" | "enabled" | "disabled";
  readonly display?: "summarized" | "omitted";
}

const efforts: readonly Effort[] = ["low", "medium", "high", "xhigh", "max"];
/** OpenAI's `minimal` is the nearest to Anthropic's `low`. */
const effortWords: Readonly<Record<string, Effort>> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
  max: "max",
};

/** Anthropic's floor of `budget_tokens`. */
const leastBudgetTokens = 1024;
/** Budgets of models that think by budget. `max` has none of its own: all there is. */
const budgets: Readonly<Record<Exclude<Effort, "max">, number>> = {
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
};
/** Of a small limit the answer keeps a quarter: a budget of all but one token would leave nothing to say. */
const shareOfThinking = 0.75;

function wishOfEffort(value: unknown, field: string): Wish | undefined {
  if (value === undefined || value === null || value === "none") return undefined;
  const effort = typeof value === "string" && Object.hasOwn(effortWords, value) ? effortWords[value] : undefined;
  if (effort !== undefined) return { field, effort };
  throw malformed(`${field} is none of none, minimal, ${efforts.join(", ")}`, field, `Send one of these as ${field}.`);
}

/** Anthropic's `thinking`, as its own clients and `extra_body` send it. */
function wishOfThinking(value: unknown): Wish | undefined {
  if (!isJsonObject(value)) return undefined;
  const type = value["type"];
  if (type !== "adaptive" && type !== "enabled" && type !== "disabled") return undefined;
  const budgetTokens = value["budget_tokens"];
  const display = value["display"];
  return {
    field: "thinking",
    type,
    ...(typeof budgetTokens === "number" ? { budgetTokens } : {}),
    ...(display === "summarized" || display === "omitted" ? { display } : {}),
  };
}

/** OpenRouter's `reasoning`: an effort, or a budget, or a plain switch; Responses bodies use its first form. */
function wishOfReasoning(value: unknown): Wish | undefined {
  if (!isJsonObject(value) || value["enabled"] === false) return undefined;
  const display = value["exclude"] === true ? ({ display: "omitted" } as const) : {};
  const field = "reasoning";
  if (typeof value["max_tokens"] === "number") return { field, budgetTokens: value["max_tokens"], ...display };
  const byEffort = wishOfEffort(value["effort"], "reasoning.effort");
  if (byEffort !== undefined) return { ...byEffort, ...display };
  return value["enabled"] === true ? { field, effort: "medium", ...display } : undefined;
}

function readWish(body: JsonObject): Wish | undefined {
  const outputConfig = isJsonObject(body["output_config"]) ? body["output_config"] : {};
  const effort =
    wishOfEffort(body["reasoning_effort"], "reasoning_effort") ??
    wishOfEffort(outputConfig["effort"], "output_config.effort");
  const thinking = wishOfThinking(body["thinking"]);
  if (thinking !== undefined) return effort?.effort === undefined ? thinking : { ...thinking, effort: effort.effort };
  return effort ?? wishOfReasoning(body["reasoning"]);
}

/** The effort that a budget amounts to, for models that have no budgets. */
function effortOfBudget(budgetTokens: number): Effort {
  if (budgetTokens <= 2048) return "low";
  return budgetTokens <= 12_288 ? "medium" : "high";
}

function budgetOf(wish: Wish, maxTokens: number): number {
  const mostTokens = maxTokens - 1;
  if (wish.budgetTokens !== undefined) return Math.min(Math.max(wish.budgetTokens, leastBudgetTokens), mostTokens);
  if (wish.effort === "max") return mostTokens;
  const share = Math.max(leastBudgetTokens, Math.floor(maxTokens * shareOfThinking));
  return Math.min(budgets[wish.effort ?? "medium"], share, mostTokens);
}

/** Manual mode: the model thinks within a budget. */
function byBudget(wish: Wish, maxTokens: number, notes: Notes): Thinking {
  const { field } = wish;
  if (maxTokens <= leastBudgetTokens) {
    notes.add(
      "dropped",
      field,
      field,
      `thinking needs at least ${leastBudgetTokens} tokens and a longer answer than that`,
    );
    return { field };
  }
  const budgetTokens = budgetOf(wish, maxTokens);
  if (wish.budgetTokens !== undefined && wish.budgetTokens !== budgetTokens) {
    notes.add(
      "clamped",
      field,
      `${field}.budget_tokens`,
      `a budget is at least ${leastBudgetTokens} and below max_tokens`,
    );
  }
  const display = wish.display === undefined ? {} : { display: wish.display };
  return { field, thinking: { type: "enabled", budget_tokens: budgetTokens, ...display } };
}

/** The nearest effort that the model has, never a higher one. */
function nearestEffort(effort: Effort, model: Model, field: string, notes: Notes): Effort | undefined {
  if (model.efforts.includes(effort)) return effort;
  const lower = efforts.slice(0, efforts.indexOf(effort)).filter((candidate) => model.efforts.includes(candidate));
  const nearest = lower.at(-1) ?? model.efforts[0];
  notes.add(
    "clamped",
    field,
    field,
    `${model.id} has no effort ${effort}${nearest === undefined ? "" : `: ${nearest} is used`}`,
  );
  return nearest;
}

/** Adaptive mode: the model decides. Its text is asked for: from 4.7 on it stays out otherwise. */
function byEffort(wish: Wish, model: Model, notes: Notes): Thinking {
  const { field } = wish;
  if (wish.budgetTokens !== undefined && wish.effort === undefined) {
    notes.add("changed", field, field, `${model.id} thinks by effort, not by a budget of tokens`);
  }
  const asked = wish.effort ?? (wish.budgetTokens === undefined ? undefined : effortOfBudget(wish.budgetTokens));
  const effort = asked === undefined ? undefined : nearestEffort(asked, model, field, notes);
  const thinking = { type: "adaptive", display: wish.display ?? "summarized" } as const;
  return effort === undefined ? { field, thinking } : { field, thinking, effort };
}

/**
 * Translates OpenAI's reasoning effort, and the dialects of it that are about, into how the model thinks.
 * Source: Anthropic "Effort", "Adaptive thinking" and "Extended thinking", by model.
 */
export function translateReasoning(body: JsonObject, model: Model, maxTokens: number, notes: Notes): Thinking {
  const wish = readWish(body);
  if (isJsonObject(body["thinking"]) && wishOfThinking(body["thinking"]) === undefined) {
    notes.add("dropped", "thinking", "thinking", "this kind of thinking is not known here");
  }
  if (wish === undefined) return { field: "reasoning_effort" };
  if (wish.type === "disabled") {
    const effort = wish.effort === undefined ? undefined : nearestEffort(wish.effort, model, wish.field, notes);
    return { field: wish.field, thinking: { type: "disabled" }, ...(effort === undefined ? {} : { effort }) };
  }
  if (wish.type === "enabled" && model.thinking.includes("enabled")) {
    const manual = byBudget(wish, maxTokens, notes);
    const effort = wish.effort !== undefined && model.efforts.includes(wish.effort) ? { effort: wish.effort } : {};
    return { ...manual, ...effort };
  }
  if (model.thinking.includes("adaptive")) return byEffort(wish, model, notes);
  if (wish.type === "adaptive")
    notes.add("changed", "thinking", "thinking", `${model.id} thinks by a budget of tokens`);
  return byBudget(wish, maxTokens, notes);
}
