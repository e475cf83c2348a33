import type { JsonObject } from "../../base/json.ts";
import type { Model } from "../../catalog/models.ts";
import { malformed, type Notes } from "../notes.ts";

/**
 * The limit of the answer: the caller's, at most the model's; without one the model's, as OpenAI has none by default. `names` are in order of precedence.
 * Throws: for 0 and less, which Anthropic takes as "fill the cache and answer nothing".
 */
export function translateMaxTokens(body: JsonObject, names: readonly string[], model: Model, notes: Notes): number {
  let chosen: { name: string; value: number } | undefined;
  for (const name of names) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
      throw malformed(`${name} must be a whole number of at least 1`, name, `Send ${name} as a positive whole number.`);
    }
    if (chosen === undefined) chosen = { name, value };
    else if (chosen.value !== value) notes.add("dropped", name, name, `${chosen.name} is set too and wins`);
  }
  if (chosen === undefined) return model.maxOutputTokens;
  if (chosen.value <= model.maxOutputTokens) return chosen.value;
  notes.add("clamped", chosen.name, chosen.name, `${model.id} answers with at most ${model.maxOutputTokens} tokens`);
  return model.maxOutputTokens;
}
