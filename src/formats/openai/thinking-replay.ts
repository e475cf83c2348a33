import { isJsonObject } from "../../base/json.ts";
import type { HubBlock, HubBlockParam, HubTurn } from "../anthropic/hub.ts";
import { hashText } from "../hash-text.ts";
import type { RecallThinking } from "../types.ts";

/** What a client says an earlier answer was. Names are the hub's, ids the ones that the client got. */
export interface AssistantTurn {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[];
}

/** Equal as JSON, whatever the order of keys. */
function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isSameJson(item, right[index]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => isSameJson(left[key], right[key]));
}

/** The text of a turn as its key: what it says, and what it answers, since "Done." is said in every conversation. */
export function turnHash(question: string, answer: string): string {
  return hashText(`${question}\u0000${answer.trim()}`);
}

/** What a user turn asks, for `turnHash`: its last text, or the last tool call that it answers. */
export function questionOf(turn: HubTurn | undefined): string {
  for (const block of [...(turn?.content ?? [])].reverse()) {
    if (block.type === "text") return block.text;
    if (block.type === "tool_result") return block.tool_use_id;
  }
  return "";
}

/** The texts of an answer, joined. */
export function textOfBlocks(blocks: readonly (HubBlock | HubBlockParam)[]): string {
  return blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** True where the client's turn still says what the original said: an edited turn must reach the model as edited. */
function isUnchanged(original: readonly HubBlock[], turn: AssistantTurn): boolean {
  if (turn.text.trim() !== "" && turn.text.trim() !== textOfBlocks(original).trim()) return false;
  const calls = original.filter((block) => block.type === "tool_use");
  return (
    calls.length === turn.calls.length &&
    turn.calls.every((call) =>
      calls.some((block) => block.id === call.id && block.name === call.name && isSameJson(block.input, call.input)),
    )
  );
}

/**
 * The original blocks of an answer that the client sends back, thinking and signatures included, to be sent verbatim.
 * Shape: undefined on a miss, or where the client changed the turn.
 */
export function replayedBlocks(
  turn: AssistantTurn,
  question: HubTurn | undefined,
  recall: RecallThinking | undefined,
): readonly HubBlock[] | undefined {
  if (recall === undefined || (turn.calls.length === 0 && turn.text.trim() === "")) return undefined;
  const hash = turn.calls.length === 0 ? turnHash(questionOf(question), turn.text) : "";
  const original = recall(
    turn.calls.map((call) => call.id),
    hash,
  );
  return original !== undefined && isUnchanged(original, turn) ? original : undefined;
}
