import type { JsonObject } from "../../base/json.ts";
import { malformed, type Notes } from "../notes.ts";

function listOf(body: JsonObject, name: string): string[] {
  const value = body[name];
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item, index) => {
    if (typeof item === "string") return item;
    const path = Array.isArray(value) ? `${name}[${index}]` : name;
    throw malformed(`${path} must be a string`, name, `Send ${name} as a string or a list of strings.`);
  });
}

/** Stop sequences as the hub takes them: a list without the ones of white space only. Also takes Anthropic's own `stop_sequences`. */
export function translateStop(body: JsonObject, notes: Notes): string[] {
  const kept: string[] = [];
  for (const name of ["stop", "stop_sequences"]) {
    for (const text of listOf(body, name)) {
      if (text.trim() === "") notes.add("dropped", name, name, "a stop sequence of white space only is refused");
      else if (!kept.includes(text)) kept.push(text);
    }
  }
  return kept;
}
