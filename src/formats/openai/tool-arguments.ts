import { isJsonObject, parseJsonText } from "../../base/json.ts";

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
    const value: unknown = parseJsonText(text);
    if (isJsonObject(value)) return value;
  } catch {
    return { INVALID_JSON: text };
  }
  return { INVALID_JSON: text };
}

/** Strings, which are passed over, and numbers. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * True for arguments with a number that no double can hold, such as a 64-bit id: parsed and written again it is another one.
 * `input` is what was read from them; text that is no JSON went out whole, and isn't searched: its strings needn't end.
 */
export function losesDigits(text: unknown, input: Readonly<Record<string, unknown>>): boolean {
  if (typeof text !== "string" || "INVALID_JSON" in input || !/\d{16}|\d[eE]/.test(text)) return false;
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (token.startsWith('"')) continue;
    const value = Number(token);
    if (!Number.isFinite(value) || (/^-?\d+$/.test(token) && !Number.isSafeInteger(value))) return true;
  }
  return false;
}

/** What is said of such arguments. */
export const lostDigits = "a number in the arguments has more digits than can be carried: it goes out rounded";
