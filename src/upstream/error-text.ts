import { isJsonObject } from "../base/json.ts";
import { printable, redact } from "../base/redact.ts";

/** What an error says in either wire format, safe to print: without secrets, control characters, and more than a line of it. */
export function errorTextOf(body: unknown, mostCharacters: number): string {
  const error = isJsonObject(body) ? body["error"] : undefined;
  const text = isJsonObject(error) ? error["message"] : error;
  return typeof text === "string" ? redact(printable(text)).slice(0, mostCharacters) : "";
}
