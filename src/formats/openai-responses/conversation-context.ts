import type { Notes } from "../notes.ts";
import type { NameMap } from "../openai/names.ts";
import type { RecallThinking } from "../types.ts";

/** What the translation of items needs. */
export interface ConversationContext {
  readonly names: NameMap;
  readonly notes: Notes;
  readonly recall: RecallThinking | undefined;
}
