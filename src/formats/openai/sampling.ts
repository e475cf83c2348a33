import type { JsonObject } from "../../base/json.ts";
import type { Model } from "../../catalog/models.ts";
import { malformed, type Notes } from "../notes.ts";

/** Sampling settings that the model takes. */
export interface Sampling {
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

const names = ["temperature", "top_p", "top_k"] as const;

function readNumber(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw malformed(`${name} must be a number of 0 or more`, name, `Send ${name} as a number, or leave it out.`);
}

/**
 * Translates sampling settings by what the model takes: none at all from 4.7 on, none while it thinks, and never temperature and
 * top_p together. Source: Anthropic's 400s ("`temperature` is deprecated for this model.", "cannot both be specified").
 */
export function translateSampling(body: JsonObject, model: Model, isThinking: boolean, notes: Notes): Sampling {
  const sampling: Sampling = {};
  for (const name of names) {
    const value = readNumber(body, name);
    if (value === undefined) continue;
    if (model.sampling === "reject") notes.add("dropped", name, name, `${model.id} takes no sampling settings`);
    else if (isThinking) notes.add("dropped", name, name, "sampling can't be set while the model thinks");
    else sampling[name] = value;
  }
  if (sampling.temperature !== undefined && sampling.temperature > 1) {
    notes.add("clamped", "temperature", "temperature", "the highest temperature is 1");
    sampling.temperature = 1;
  }
  if (sampling.temperature !== undefined && sampling.top_p !== undefined) {
    notes.add("dropped", "top_p", "top_p", "temperature and top_p can't both be set");
    delete sampling.top_p;
  }
  return sampling;
}
