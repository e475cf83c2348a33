import type { JsonObject } from "../../base/json.ts";
import { type MessagesRequest, thinks } from "../messages-request.ts";
import type { Effect } from "./directives.ts";
import { fillerText, fillerThought } from "./filler.ts";
import { jsonInstance } from "./json-instance.ts";
import type { Prompt } from "./prompt.ts";
import type { Fault, Reply, ReplyBlock, StopReason } from "./reply.ts";
import { callableTools, shellCall, toolCall } from "./tool-call.ts";

const quotedCharacters = 400;
const quotedResultCharacters = 4_000;
const fillerCharactersPerDelta = 8;

function toolBlock(request: MessagesRequest, name: string, input: JsonObject | undefined): ReplyBlock {
  const tool = callableTools(request).find((one) => one["name"] === name);
  if (tool !== undefined) return toolCall(tool, input);
  return {
    type: "text",
    text: `The sandbox was told to call "${name}", but the request lets it call no tool of that name.`,
  };
}

/** Gives the last text its number of deltas; without a text there is one of that length. */
function withDeltas(blocks: ReplyBlock[], deltas: number): ReplyBlock[] {
  const last = blocks.findLastIndex((block) => block.type === "text");
  const text = blocks[last];
  if (text?.type === "text") return blocks.with(last, { ...text, deltas });
  return [...blocks, { type: "text", text: fillerText(deltas * fillerCharactersPerDelta), deltas }];
}

/** A reply from directives; blocks are empty where they only ask for faults or a stop reason. */
export function replyFromEffects(request: MessagesRequest, effects: readonly Effect[]): Reply {
  let blocks: ReplyBlock[] = [];
  const faults: Fault[] = [];
  let stopReason: StopReason | undefined;
  let deltas: number | undefined;
  for (const effect of effects) {
    if (effect.kind === "block") blocks.push(effect.block);
    else if (effect.kind === "tool") blocks.push(toolBlock(request, effect.name, effect.input));
    else if (effect.kind === "fault") faults.push(effect.fault);
    else if (effect.kind === "stop") stopReason = effect.reason;
    else deltas = effect.count;
  }
  if (deltas !== undefined && deltas > 0) blocks = withDeltas(blocks, deltas);
  return stopReason === undefined ? { blocks, faults } : { blocks, faults, stopReason };
}

function quoteResults(prompt: Prompt): string {
  const lines = prompt.toolResults.map(({ text, isError }) => {
    const shown = text.length > quotedResultCharacters ? `${text.slice(0, quotedResultCharacters)}...` : text;
    return `${isError ? "The tool failed" : "The tool said"}: ${shown === "" ? "(nothing)" : shown}`;
  });
  return lines.join("\n");
}

function quotePrompt(prompt: Prompt): string {
  const { text, images } = prompt;
  const shown = text.length > quotedCharacters ? `${text.slice(0, quotedCharacters)}...` : text;
  const said = text === "" ? "You sent no text." : `You said: "${shown}"`;
  const seen = images === 0 ? "" : ` You sent ${images === 1 ? "1 image" : `${images} images`}.`;
  return `This is the zenthrex sandbox: no model is behind it. ${said}${seen}`;
}

/** What is answered when nobody steers: tool results are quoted, "run echo" is run, a schema is filled, the prompt is quoted. */
function plainBlocks(request: MessagesRequest, prompt: Prompt): ReplyBlock[] {
  if (prompt.toolResults.length === 0) {
    const call = shellCall(request, prompt.text);
    if (call?.type === "tool_use") return [{ type: "text", text: `Calling ${call.name}.` }, call];
  }
  if (request.outputSchema !== undefined) {
    return [{ type: "text", text: JSON.stringify(jsonInstance(request.outputSchema)) }];
  }
  return [{ type: "text", text: prompt.toolResults.length > 0 ? quoteResults(prompt) : quotePrompt(prompt) }];
}

/** A forced tool_choice leaves nothing but calls of that tool. */
function forced(request: MessagesRequest, blocks: readonly ReplyBlock[]): readonly ReplyBlock[] {
  const choice = request.toolChoice;
  if (choice?.type !== "any" && choice?.type !== "tool") return blocks;
  const isWanted = (name: string): boolean => choice.type === "any" || name === choice.name;
  const thinking = blocks.filter((block) => block.type === "thinking" || block.type === "redacted_thinking");
  const calls = blocks.filter((block) => block.type === "tool_use" && isWanted(block.name));
  if (calls.length > 0) return [...thinking, ...calls];
  const tool = callableTools(request).find((one) => isWanted(String(one["name"])));
  return tool === undefined ? blocks : [...thinking, toolCall(tool)];
}

function withoutParallelCalls(request: MessagesRequest, blocks: readonly ReplyBlock[]): readonly ReplyBlock[] {
  if (request.body["tool_choice"] === undefined) return blocks;
  const choice = request.toolChoice as JsonObject | undefined;
  if (choice?.["disable_parallel_tool_use"] !== true) return blocks;
  const first = blocks.findIndex((block) => block.type === "tool_use");
  return blocks.filter((block, place) => block.type !== "tool_use" || place === first);
}

/** Thinking comes first where the request asks for it, and not at all where it doesn't. */
function withThinking(request: MessagesRequest, blocks: readonly ReplyBlock[]): readonly ReplyBlock[] {
  const isThought = (block: ReplyBlock): boolean => block.type === "thinking" || block.type === "redacted_thinking";
  if (!thinks(request)) return blocks.filter((block) => !isThought(block));
  const first = blocks.findIndex(isThought);
  const thought = blocks[first] ?? { type: "thinking", thinking: fillerThought(2) };
  return [thought, ...blocks.filter((_, place) => place !== first)];
}

/** Completes a reply (of directives, of a file, or an empty one) for a request: what the real model could not do is not done. */
export function completeReply(request: MessagesRequest, prompt: Prompt, reply: Reply): Reply {
  const hasContent = reply.blocks.some((block) => block.type === "text" || block.type === "tool_use");
  const base = hasContent ? reply.blocks : [...reply.blocks, ...plainBlocks(request, prompt)];
  const blocks = withThinking(request, withoutParallelCalls(request, forced(request, base)));
  return { ...reply, blocks };
}
