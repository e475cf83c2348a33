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

const beginsWithThinking = (turn: HubTurn | undefined): boolean => {
  const type = turn?.content[0]?.type;
  return type === "thinking" || type === "redacted_thinking";
};

/**
 * True where the conversation ends in a round of tool calls that lacks its thinking. In manual mode that is a 400: "Expected
 * `thinking` or `redacted_thinking`, but found `tool_use`". The message speaks of the final assistant turn, the guide of the turn
 * that begins the round: both are looked at.
 */
function lacksThinking(messages: readonly HubTurn[]): boolean {
  let index = messages.length - 1;
  if (!hasResults(messages[index])) return false;
  if (!beginsWithThinking(messages[index - 1])) return true;
  // A text of the user behind the results ends the round that was before.
  while (hasResults(messages[index - 2]) && !hasText(messages[index - 2])) index -= 2;
  return !beginsWithThinking(messages[index - 1]);
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
