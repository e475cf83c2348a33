import type { JsonObject } from "../../base/json.ts";
import type { Notes } from "../notes.ts";

/** What is known of a format's fields. */
export interface FieldTable {
  /** Fields that are translated, or refused, elsewhere. */
  readonly translated: ReadonlySet<string>;
  /** Hints that change nothing about the answer: leaving them out loses nothing. */
  readonly hints: ReadonlySet<string>;
  /** Why a field goes, where the name alone doesn't say it. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** A seed of 0 is a seed, and an empty `web_search_options` asks for a search. Source: OpenAI's CreateChatCompletionRequest schema. */
const emptyIsWish = new Set(["seed", "web_search_options"]);

/** True for a value that says what would happen anyway: clients send their defaults. */
function saysNothing(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  if (emptyIsWish.has(name)) return false;
  if (value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/**
 * Says of every field that nothing translates that it is dropped: an unknown key upstream is a 400 ("Extra inputs are not
 * permitted").
 */
export function noteFields(body: JsonObject, { translated, hints, reasons }: FieldTable, notes: Notes): void {
  for (const [name, value] of Object.entries(body)) {
    if (translated.has(name) || hints.has(name) || saysNothing(name, value)) continue;
    const reason = Object.hasOwn(reasons, name) ? reasons[name] : undefined;
    notes.add("dropped", name, name, reason ?? "the hosted API has no such setting");
  }
}
