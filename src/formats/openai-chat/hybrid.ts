import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { malformed, type Notes, refusal } from "../notes.ts";

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A tool call of a Responses body as an assistant message of its own: consecutive ones merge later. */
function callMessage(item: JsonObject): JsonObject {
  const id = textOf(item["call_id"]) || textOf(item["id"]);
  const call =
    item["type"] === "custom_tool_call"
      ? { id, type: "custom", custom: { name: item["name"], input: textOf(item["input"]) } }
      : { id, type: "function", function: { name: item["name"], arguments: item["arguments"] } };
  return { role: "assistant", content: null, tool_calls: [call] };
}

/** One item of `input` as a chat message. Shape: undefined for items that have no counterpart, with a warning. */
function messageOf(item: unknown, index: number, notes: Notes): JsonObject | undefined {
  const path = `input[${index}]`;
  if (!isJsonObject(item)) throw malformed(`${path} must be an object`, path, "Send each input item as an object.");
  switch (item["type"] ?? "message") {
    case "message":
      return { ...item, role: item["role"] ?? "user", content: item["content"] };
    case "function_call":
    case "custom_tool_call":
      return callMessage(item);
    case "function_call_output":
    case "custom_tool_call_output":
      return { role: "tool", tool_call_id: item["call_id"], content: item["output"] };
    default:
      notes.add("dropped", textOf(item["type"]), path, "Chat Completions has no item of this type");
      return undefined;
  }
}

function messagesOf(input: unknown, notes: Notes): JsonObject[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (!Array.isArray(input)) throw malformed("input must be a string or a list", "input", "Send messages.");
  return input.map((item, index) => messageOf(item, index, notes)).filter((message) => message !== undefined);
}

/** `text.format` is `response_format` without its inner object. */
function responseFormat(text: unknown): JsonObject {
  const format = isJsonObject(text) ? text["format"] : undefined;
  return isJsonObject(format) ? { response_format: format } : {};
}

/** A Responses body, as Cursor posts it to Chat Completions for models whose name begins with gpt, in Chat's words. */
function fromResponses(body: JsonObject, notes: Notes): JsonObject {
  const { input, instructions, text, max_output_tokens: maxTokens, previous_response_id: previous, ...rest } = body;
  if (previous !== undefined && previous !== null) {
    throw refusal(
      "previous_response_id: no earlier answers are stored here",
      "previous_response_id",
      "Send the whole conversation.",
    );
  }
  const first = textOf(instructions) === "" ? [] : [{ role: "system", content: instructions }];
  const limit = maxTokens === undefined || maxTokens === null ? {} : { max_completion_tokens: maxTokens };
  if (isJsonObject(text) && text["verbosity"] !== undefined)
    notes.add("dropped", "verbosity", "text.verbosity", "there is no such setting");
  return { ...rest, ...limit, ...responseFormat(text), messages: [...first, ...messagesOf(input, notes)] };
}

/** Anthropic's top-level `system`, in a body that is otherwise Chat's. */
function withSystemMessage(body: JsonObject): JsonObject {
  const { system, messages, ...rest } = body;
  if (!Array.isArray(messages)) return body;
  return { ...rest, messages: [{ role: "system", content: system }, ...messages] };
}

/**
 * The body in Chat's words, whatever dialect it was posted in. Cursor sends Responses bodies (`input`, flat tools) and Anthropic's
 * blocks and tools to `/chat/completions`; blocks and tools of any dialect are understood where they stand.
 */
export function normalizeBody(body: JsonObject, notes: Notes): JsonObject {
  const isResponses = body["messages"] === undefined && body["input"] !== undefined;
  const chat = isResponses ? fromResponses(body, notes) : body;
  return chat["system"] === undefined || chat["system"] === null ? chat : withSystemMessage(chat);
}
