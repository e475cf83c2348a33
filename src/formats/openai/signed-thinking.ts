import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubBlock, HubBlockParam } from "../anthropic/hub.ts";

/** What OpenRouter calls reasoning of Anthropic's models; others' signatures are a 400 upstream. */
const format = "anthropic-claude-v1";

type ThinkingParam = Extract<HubBlockParam, { type: "thinking" | "redacted_thinking" }>;

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** A thinking block that proves its origin, from Anthropic's own form (Cursor, LiteLLM's `thinking_blocks`). */
export function signedBlock(source: JsonObject): ThinkingParam | undefined {
  if (source["type"] === "thinking" && isText(source["signature"])) {
    const thinking = typeof source["thinking"] === "string" ? source["thinking"] : "";
    return { type: "thinking", thinking, signature: source["signature"] };
  }
  if (source["type"] === "redacted_thinking" && isText(source["data"])) {
    return { type: "redacted_thinking", data: source["data"] };
  }
  return undefined;
}

/** One entry of `reasoning_details`. Ours say their format; without one a signature is taken, encrypted data isn't. */
function blockOfDetail(detail: JsonObject): ThinkingParam | undefined {
  const isOurs = detail["format"] === format;
  if (!isOurs && isText(detail["format"])) return undefined;
  if (detail["type"] === "reasoning.text" && isText(detail["signature"])) {
    const thinking = typeof detail["text"] === "string" ? detail["text"] : "";
    return { type: "thinking", thinking, signature: detail["signature"] };
  }
  if (isOurs && detail["type"] === "reasoning.encrypted" && isText(detail["data"])) {
    return { type: "redacted_thinking", data: detail["data"] };
  }
  return undefined;
}

/** The signed thinking that a client carried along in an assistant message, in order. Never anything unsigned. */
export function signedThinking(message: JsonObject): ThinkingParam[] {
  const details = Array.isArray(message["reasoning_details"]) ? message["reasoning_details"] : [];
  const blocks = Array.isArray(message["thinking_blocks"]) ? message["thinking_blocks"] : [];
  const fromDetails = details.filter(isJsonObject).map(blockOfDetail);
  const found = fromDetails.some((block) => block !== undefined)
    ? fromDetails
    : blocks.filter(isJsonObject).map(signedBlock);
  return found.filter((block) => block !== undefined);
}

/** A thinking block as an entry of `reasoning_details`. Shape: undefined for other blocks, and for thinking without a signature. */
export function reasoningDetail(block: HubBlock, index: number): JsonObject | undefined {
  if (block.type === "thinking" && block.signature !== "") {
    return { type: "reasoning.text", text: block.thinking, signature: block.signature, format, index };
  }
  if (block.type === "redacted_thinking") return { type: "reasoning.encrypted", data: block.data, format, index };
  return undefined;
}
