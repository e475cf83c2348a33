import { isJsonObject } from "../../base/json.ts";

/**
 * The arguments of a tool call as an object. Text that is no JSON object, which a model may well have written, is kept whole
 * under a key of its own. Source: Anthropic "Fine-grained tool streaming", handling invalid JSON.
 */
export function toolInput(text: unknown): Record<string, unknown> {
  if (isJsonObject(text)) return text;
  if (typeof text !== "string")
    return text === undefined || text === null ? {} : { INVALID_JSON: JSON.stringify(text) };
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    return { INVALID_JSON: text };
  }
  return { INVALID_JSON: text };
}
