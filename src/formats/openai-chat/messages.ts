import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubBlockParam, HubTurn } from "../anthropic/hub.ts";
import { malformed, type Notes, refusal } from "../notes.ts";
import { type CacheControl, readCacheControl } from "../openai/cache-control.ts";
import { contentParts, type Part } from "../openai/content.ts";
import { Conversation } from "../openai/conversation.ts";
import { type TranslatedConversation, withFirstUserTurn } from "../openai/first-user-turn.ts";
import type { NameMap } from "../openai/names.ts";
import { asReminder, isSystemMessage, systemBlocks } from "../openai/system-messages.ts";
import { toolResult } from "../openai/tool-result.ts";
import type { RecallThinking } from "../types.ts";
import { assistantMessage } from "./assistant-message.ts";

/** What the translation of messages needs. */
export interface MessageContext {
  readonly names: NameMap;
  readonly notes: Notes;
  readonly recall: RecallThinking | undefined;
}

/** One pass over the messages of a request. */
class Translator {
  readonly #conversation: Conversation;
  readonly #context: MessageContext;
  #functionCalls = 0;

  constructor(context: MessageContext) {
    this.#context = context;
    this.#conversation = new Conversation(context.notes);
  }

  add(message: unknown, index: number): void {
    const path = `messages[${index}]`;
    if (!isJsonObject(message)) throw malformed(`${path} must be an object`, path, "Send each message as an object.");
    switch (message["role"]) {
      case "user":
        this.#addUser(message, path);
        break;
      case "assistant":
        this.#addAssistant(message, path);
        break;
      case "tool":
        this.#addTool(message, path);
        break;
      case "function":
        this.#addFunction(message, path);
        break;
      case "system":
      case "developer":
        this.#addReminder(message, path);
        break;
      default:
        throw malformed(`${path}.role is no role`, `${path}.role`, "Send system, developer, user, assistant or tool.");
    }
  }

  finish(): HubTurn[] {
    return this.#conversation.finish();
  }

  #addUser(message: JsonObject, path: string): void {
    const { notes } = this.#context;
    if (message["name"] !== undefined) notes.add("dropped", "name", `${path}.name`, "messages have no author's name");
    const contentPath = `${path}.content`;
    const blocks: HubBlockParam[] = [];
    let results = 0;
    for (const part of contentParts(message["content"], contentPath, notes)) {
      if (part.kind === "block") blocks.push(part.block);
      else if (part.kind === "tool-result") results += this.#addNativeResult(part);
      else
        throw refusal(
          `${contentPath}: a user message holds no ${part.kind}`,
          contentPath,
          "Send it as the assistant's.",
        );
    }
    if (blocks.length > 0 || results === 0) this.#conversation.addUser(blocks, contentPath);
    this.#mark(message);
  }

  #addReminder(message: JsonObject, path: string): void {
    const blocks = systemBlocks(message, path, this.#context.notes).map(asReminder);
    if (blocks.length > 0) this.#conversation.addUser(blocks, `${path}.content`);
  }

  #addAssistant(message: JsonObject, path: string): void {
    const call = message["function_call"];
    const functionCallId = isJsonObject(call) ? `function_call_${++this.#functionCalls}` : "";
    assistantMessage(message, path, functionCallId, this.#conversation, this.#context);
    this.#mark(message);
  }

  #addTool(message: JsonObject, path: string): void {
    const id = message["tool_call_id"];
    const parts = this.#nativeResults(message, path);
    if (parts.length > 0) {
      for (const part of parts) this.#addNativeResult(part);
      return;
    }
    this.#addResult(typeof id === "string" ? id : "", message, path, readCacheControl(message));
  }

  /** Anthropic's tool_result blocks inside a tool message. */
  #nativeResults(message: JsonObject, path: string): (Part & { kind: "tool-result" })[] {
    const content = message["content"];
    if (!Array.isArray(content) || !content.some((part) => isJsonObject(part) && part["type"] === "tool_result"))
      return [];
    const parts = contentParts(content, `${path}.content`, this.#context.notes);
    return parts.filter((part) => part.kind === "tool-result");
  }

  #addNativeResult(part: Part & { kind: "tool-result" }): number {
    const { source, path } = part;
    const id = typeof source["tool_use_id"] === "string" ? source["tool_use_id"] : "";
    this.#addResult(id, source, path, readCacheControl(source));
    return 1;
  }

  #addFunction(message: JsonObject, path: string): void {
    const name = typeof message["name"] === "string" ? message["name"] : "";
    const id = this.#conversation.latestCallOf(this.#context.names.toHub(name));
    this.#addResult(id ?? "", message, path, readCacheControl(message));
  }

  #addResult(id: string, source: JsonObject, path: string, cacheControl: CacheControl | undefined): void {
    const result = toolResult(source, `${path}.content`, cacheControl, this.#context.notes);
    if (this.#conversation.addResult(id, result, path)) return;
    const message = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'";
    throw malformed(
      message,
      /\.content\[/.test(path) ? path : `${path}.role`,
      "Send the assistant's tool call before its result.",
    );
  }

  #mark(message: JsonObject): void {
    const cacheControl = readCacheControl(message);
    if (cacheControl !== undefined) this.#conversation.markLast(cacheControl);
  }
}

/**
 * Translates `messages`: leading system and developer messages to system blocks, all others to turns. Append-only: what a message
 * becomes doesn't depend on later ones, but for turns that are repaired with a warning.
 */
export function translateMessages(list: unknown, context: MessageContext): TranslatedConversation {
  if (!Array.isArray(list) || list.length === 0) {
    throw malformed(
      "messages must be a list with at least one message",
      "messages",
      "Send the conversation as messages.",
    );
  }
  const found = list.findIndex((message) => !isSystemMessage(message));
  const leading = found < 0 ? list.length : found;
  const system = list
    .slice(0, leading)
    .flatMap((message: JsonObject, index) => systemBlocks(message, `messages[${index}]`, context.notes));
  const translator = new Translator(context);
  for (let index = leading; index < list.length; index++) translator.add(list[index], index);
  return withFirstUserTurn({ system, messages: translator.finish() }, "messages", context.notes);
}
