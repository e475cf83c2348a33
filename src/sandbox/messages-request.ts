import { isJsonObject, type JsonObject } from "../base/json.ts";

/** One content block, as it came. */
export interface Block extends JsonObject {
  type: string;
}

/** One message. `index` is its place in `messages`; content that is a string is one text block, an empty string none. */
export interface Turn {
  readonly index: number;
  readonly role: "user" | "assistant" | "system";
  readonly blocks: readonly Block[];
}

/** How the model may use tools. */
export interface ToolChoice {
  readonly type: "auto" | "any" | "tool" | "none";
  readonly name?: string;
}

/** How the model may think. */
export interface Thinking {
  readonly type: "adaptive" | "enabled" | "disabled" | "between_tools";
  readonly budget_tokens?: number;
  readonly display?: "summarized" | "omitted" | "updates" | null;
}

/** A Messages request that the schema accepted. `body` is what was sent; the rest is read from it. */
export interface MessagesRequest {
  readonly body: JsonObject;
  readonly betas: readonly string[];
  readonly modelId: string;
  /** Infinity in a request that only counts. */
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly system: readonly Block[];
  readonly turns: readonly Turn[];
  readonly tools: readonly JsonObject[];
  readonly toolChoice: ToolChoice | undefined;
  readonly thinking: Thinking | undefined;
  readonly effort: string | undefined;
  readonly outputSchema: JsonObject | undefined;
  readonly stopSequences: readonly string[];
}

function blocksOf(content: unknown): Block[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return Array.isArray(content) ? (content as Block[]) : [];
}

const listOf = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : []);
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** Reads a body that passed the schema check, so that rules and replies need no casts. */
export function readMessagesRequest(body: JsonObject, betas: readonly string[]): MessagesRequest {
  const outputConfig = objectOf(body["output_config"]);
  const format = objectOf(outputConfig["format"] ?? body["output_format"]);
  const messages = listOf<{ role: Turn["role"]; content: unknown }>(body["messages"]);
  return {
    body,
    betas,
    modelId: String(body["model"]),
    maxTokens: typeof body["max_tokens"] === "number" ? body["max_tokens"] : Number.POSITIVE_INFINITY,
    stream: body["stream"] === true,
    system: blocksOf(body["system"]),
    turns: messages.map(({ role, content }, index) => ({ index, role, blocks: blocksOf(content) })),
    tools: listOf<JsonObject>(body["tools"]),
    toolChoice: body["tool_choice"] as ToolChoice | undefined,
    thinking: body["thinking"] as Thinking | undefined,
    effort: typeof outputConfig["effort"] === "string" ? outputConfig["effort"] : undefined,
    outputSchema: isJsonObject(format["schema"]) ? format["schema"] : undefined,
    stopSequences: listOf<string>(body["stop_sequences"]),
  };
}

/** True where the request asks for thinking, in whatever mode. */
export function thinks(request: MessagesRequest): boolean {
  return request.thinking !== undefined && request.thinking.type !== "disabled";
}

/** Content blocks inside a block (those of a tool result or of a document); none for text. */
export function innerBlocks(block: Block): readonly Block[] {
  const content = block["content"] ?? objectOf(block["source"])["content"];
  return Array.isArray(content) ? (content as Block[]) : [];
}

/** The text of a text block; empty for any other. */
export function textOf(block: Block): string {
  return block.type === "text" && typeof block["text"] === "string" ? block["text"] : "";
}
