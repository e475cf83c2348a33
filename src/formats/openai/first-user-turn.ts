import type { HubTurn } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";
import type { SystemBlock } from "./system-messages.ts";

/** The conversation in the hub's words. */
export interface TranslatedConversation {
  readonly system: SystemBlock[];
  readonly messages: HubTurn[];
}

/** Stands where a conversation begins with the assistant: the first turn must be the user's. */
const openingText = "(The conversation begins with the assistant's message.)";

/**
 * Puts a user's turn before an assistant's that comes first, and turns a conversation of system texts only into a question.
 * `field` is where the caller's conversation stands. Throws: for a conversation that says nothing.
 */
export function withFirstUserTurn(
  { system, messages }: TranslatedConversation,
  field: "messages" | "input",
  notes: Notes,
): TranslatedConversation {
  const first = messages[0];
  if (first === undefined) {
    const question = system.at(-1);
    if (question === undefined) throw malformed(`${field} must hold some text`, field, "Send a user message.");
    notes.add("changed", "system", field, "without a user message the last system message is asked as one");
    return { system: system.slice(0, -1), messages: [{ role: "user", content: [question] }] };
  }
  if (first.role === "user") return { system, messages };
  notes.add("repaired", "first_message", `${field}[0]`, "a user turn is put before the assistant's");
  return { system, messages: [{ role: "user", content: [{ type: "text", text: openingText }] }, ...messages] };
}
