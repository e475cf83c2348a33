import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubBlockParam } from "../anthropic/hub.ts";
import { malformed, refusal } from "../notes.ts";
import { isBlank } from "../openai/blank.ts";
import { readCacheControl } from "../openai/cache-control.ts";
import { contentParts } from "../openai/content.ts";
import type { Conversation } from "../openai/conversation.ts";
import { signedBlock, signedThinking } from "../openai/signed-thinking.ts";
import { replayedBlocks, textOfBlocks } from "../openai/thinking-replay.ts";
import { losesDigits, lostDigits, toolInput } from "../openai/tool-arguments.ts";
import type { MessageContext } from "./messages.ts";

interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly path: string;
  readonly source: unknown;
}

/** What an assistant message says, part by part. */
interface Said {
  readonly thinking: HubBlockParam[];
  readonly blocks: HubBlockParam[];
  readonly calls: Call[];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function callOf(call: unknown, path: string, id: string, context: MessageContext): Call {
  if (!isJsonObject(call)) throw malformed(`${path} must be an object`, path, "Send each tool call as an object.");
  const inner = isJsonObject(call["function"])
    ? call["function"]
    : isJsonObject(call["custom"])
      ? call["custom"]
      : call;
  const name = textOf(inner["name"]);
  if (name === "") throw malformed(`${path}: the call has no name`, path, "Send the name of the function.");
  const isCustom = inner["arguments"] === undefined && typeof inner["input"] === "string";
  const input = isCustom ? { input: inner["input"] } : toolInput(inner["arguments"] ?? inner["input"]);
  if (!isCustom && losesDigits(inner["arguments"], input)) context.notes.add("changed", "arguments", path, lostDigits);
  return { id, name: context.names.toHub(name), input, path, source: call };
}

function callsOf(message: JsonObject, path: string, functionCallId: string, context: MessageContext): Call[] {
  const list = message["tool_calls"] ?? [];
  if (!Array.isArray(list))
    throw malformed(`${path}.tool_calls must be a list`, `${path}.tool_calls`, "Send a list of calls.");
  const calls = list.map((call, index) =>
    callOf(call, `${path}.tool_calls[${index}]`, isJsonObject(call) ? textOf(call["id"]) : "", context),
  );
  if (!isJsonObject(message["function_call"])) return calls;
  return [...calls, callOf(message["function_call"], `${path}.function_call`, functionCallId, context)];
}

function saidIn(message: JsonObject, path: string, functionCallId: string, context: MessageContext): Said {
  const said: Said = { thinking: signedThinking(message), blocks: [], calls: [] };
  for (const part of contentParts(message["content"], `${path}.content`, context.notes)) {
    if (part.kind === "block") said.blocks.push(textBlock(part.block, `${path}.content`));
    else if (part.kind === "tool-use")
      said.calls.push(callOf(part.source, `${path}.content`, textOf(part.source["id"]), context));
    else if (part.kind === "thinking") addThinking(part.source, said, path, context);
    else
      throw malformed(
        `${path}.content: a tool result is the user's`,
        `${path}.content`,
        "Send it in a user or tool message.",
      );
  }
  const refused = textOf(message["refusal"]);
  if (!isBlank(refused)) said.blocks.push({ type: "text", text: refused });
  said.calls.push(...callsOf(message, path, functionCallId, context));
  return said;
}

function textBlock(block: HubBlockParam, path: string): HubBlockParam {
  if (block.type === "text") return block;
  throw refusal(`${path}: an assistant message holds no ${block.type}`, path, "Send it in a user message.");
}

function addThinking(source: JsonObject, said: Said, path: string, { notes }: MessageContext): void {
  const block = signedBlock(source);
  if (block === undefined)
    notes.add("dropped", "unsigned_thinking", `${path}.content`, "thinking without a signature is refused");
  else said.thinking.push(block);
}

/** Says what of a message has no place upstream. `reasoning_content` alone proves nothing: it is only worth a word where it was lost. */
function noteLosses(message: JsonObject, path: string, hasThinking: boolean, { notes }: MessageContext): void {
  if (message["name"] !== undefined) notes.add("dropped", "name", `${path}.name`, "messages have no author's name");
  if (isJsonObject(message["audio"])) notes.add("dropped", "audio", `${path}.audio`, "the hosted API keeps no audio");
  const reasoning = ["reasoning_content", "reasoning"].find((field) => textOf(message[field]) !== "");
  if (reasoning !== undefined && !hasThinking) {
    notes.add("dropped", reasoning, `${path}.${reasoning}`, "reasoning without its signature can't be sent back");
  }
}

/**
 * Adds an assistant message: the original blocks verbatim where the thinking cache has them, else the signed thinking that the
 * client carried along, then its text, then its calls.
 */
export function assistantMessage(
  message: JsonObject,
  path: string,
  functionCallId: string,
  conversation: Conversation,
  context: MessageContext,
): void {
  const said = saidIn(message, path, functionCallId, context);
  const turn = { text: textOfBlocks(said.blocks), calls: said.calls };
  const original = replayedBlocks(turn, conversation.question(), context.recall) as
    | readonly HubBlockParam[]
    | undefined;
  if (original !== undefined && conversation.areFresh(said.calls.map((call) => call.id))) {
    noteLosses(message, path, true, context);
    conversation.addOriginal(original, path);
    return;
  }
  noteLosses(message, path, said.thinking.length > 0, context);
  conversation.addAssistant(said.thinking);
  conversation.addAssistant(said.blocks);
  for (const call of said.calls) {
    conversation.addCall(call, call.path);
    const cacheControl = readCacheControl(call.source);
    if (cacheControl !== undefined) conversation.markLast(cacheControl);
  }
}
