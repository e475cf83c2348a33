import type { HubTurn } from "../anthropic/hub.ts";
import type { Notes } from "../notes.ts";

/** What a model that continues no turn is asked instead. Source: Anthropic's migration guide: move the continuation into a user turn. */
const continueText = "Continue your previous message exactly where it ends. Do not repeat any of it.";

/** Takes white space off its end: a 400 upstream ("final assistant content cannot end with trailing whitespace"). */
function trimEnd(turn: HubTurn, field: string, notes: Notes): void {
  let isTrimmed = false;
  for (let last = turn.content.at(-1); last?.type === "text"; last = turn.content.at(-1)) {
    const text = last.text.trimEnd();
    isTrimmed ||= text !== last.text;
    turn.content.pop();
    if (text === "") continue;
    turn.content.push({ ...last, text });
    break;
  }
  if (isTrimmed) notes.add("changed", "prefill", field, "white space at the end of a message to continue is refused");
}

/** Whether a model goes on from an assistant message, and where the caller's conversation stands. */
interface Continuation {
  readonly canContinue: boolean;
  readonly model: string;
  readonly field: "messages" | "input";
}

/**
 * Settles a conversation that ends with the assistant, which asks the model to go on from there: kept where the model does that,
 * else turned into a request to continue. Codex ends so after every compaction; a 400 would end its session.
 */
export function settleTrailingAssistant(
  messages: HubTurn[],
  { canContinue, model, field }: Continuation,
  notes: Notes,
): void {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return;
  if (canContinue) {
    trimEnd(last, field, notes);
    return;
  }
  notes.add("changed", "prefill", field, `${model} continues no assistant message here: it is asked to in words`);
  messages.push({ role: "user", content: [{ type: "text", text: continueText }] });
}
