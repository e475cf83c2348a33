import type { Model } from "../../catalog/models.ts";
import type { HubToolChoice, HubTurn } from "../anthropic/hub.ts";
import type { Notes } from "../notes.ts";
import type { Thinking } from "./reasoning.ts";

/** What may forbid the thinking that was asked for. */
interface Circumstances {
  readonly model: Model;
  readonly choice: HubToolChoice | undefined;
  readonly messages: readonly HubTurn[];
  readonly notes: Notes;
}

const isForced = (choice: HubToolChoice | undefined): boolean => choice?.type === "any" || choice?.type === "tool";

const hasResults = (turn: HubTurn | undefined): boolean => turn?.content[0]?.type === "tool_result";

/**
 * True where the conversation ends in a round of tool calls whose first assistant turn doesn't begin with thinking. In manual mode
 * that is a 400: "Expected `thinking` or `redacted_thinking`, but found `tool_use`".
 */
function lacksThinking(messages: readonly HubTurn[]): boolean {
  let index = messages.length - 1;
  let first: HubTurn | undefined;
  while (index > 0 && hasResults(messages[index])) {
    first = messages[index - 1];
    // A text of the user behind the results ends the round that was before.
    if (!messages[index - 2] || !hasResults(messages[index - 2]) || hasText(messages[index - 2])) break;
    index -= 2;
  }
  const type = first?.content[0]?.type;
  return first !== undefined && type !== "thinking" && type !== "redacted_thinking";
}

const hasText = (turn: HubTurn | undefined): boolean => turn?.content.some(({ type }) => type === "text") ?? false;

/** The thinking that was asked for, or none where the rest of the request forbids it: with a warning, instead of a 400. */
export function settleThinking(wanted: Thinking, { model, choice, messages, notes }: Circumstances): Thinking {
  const type = wanted.thinking?.type;
  if (type !== "enabled" && type !== "adaptive") return wanted;
  const { thinking: _thinking, ...without } = wanted;
  if (isForced(choice) && model.forcedToolRefusedWith.includes(type)) {
    notes.add("dropped", wanted.field, wanted.field, `${model.id} can't think where a tool call is forced`);
    return without;
  }
  if (type === "enabled" && lacksThinking(messages)) {
    const reason = "the thinking before the last tool calls is not known any more: this request goes without";
    notes.add("dropped", "thinking_cache_miss", wanted.field, reason);
    return without;
  }
  return wanted;
}
