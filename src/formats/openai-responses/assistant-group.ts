import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubBlockParam } from "../anthropic/hub.ts";
import { malformed, refusal } from "../notes.ts";
import { type CacheControl, readCacheControl } from "../openai/cache-control.ts";
import { contentParts } from "../openai/content.ts";
import type { Conversation } from "../openai/conversation.ts";
import { replayedBlocks, textOfBlocks } from "../openai/thinking-replay.ts";
import { losesDigits, lostDigits, toolInput } from "../openai/tool-arguments.ts";
import { carriedThinking } from "./carried-thinking.ts";
import { type ClientTool, clientToolName } from "./client-tools.ts";
import type { ConversationContext } from "./conversation-context.ts";
import type { InputItem } from "./items.ts";
import { qualifiedName } from "./qualified-name.ts";

interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: Record<string, unknown>;
}

type Part =
  | { readonly kind: "block"; readonly block: HubBlockParam }
  | {
      readonly kind: "call";
      readonly call: Call;
      readonly path: string;
      readonly breakpoint: CacheControl | undefined;
    };

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const isThinking = (part: Part | undefined): boolean =>
  part?.kind === "block" && (part.block.type === "thinking" || part.block.type === "redacted_thinking");

/**
 * The items of one answer that stand together: reasoning, messages, calls. They become one turn, in their order: with the thinking
 * that they carry, else the original blocks verbatim where the thinking cache has them.
 */
export class AssistantGroup {
  readonly #context: ConversationContext;
  readonly #parts: Part[] = [];
  #path = "";
  /** A reasoning item that carries no thinking of ours. */
  #lost: { readonly path: string; readonly reason: string } | undefined;

  constructor(context: ConversationContext) {
    this.#context = context;
  }

  /** A message of the assistant's. Throws: for anything but text. */
  addMessage({ item, path }: InputItem): void {
    this.#begin(path);
    const { notes } = this.#context;
    for (const part of contentParts(item["content"], `${path}.content`, notes)) {
      if (part.kind !== "block" || part.block.type !== "text")
        throw refusal(
          `${path}.content: an assistant message holds only text`,
          `${path}.content`,
          "Send it as an item of its own, or as the user's.",
        );
      this.#parts.push({ kind: "block", block: part.block });
    }
    this.#noteLosses(item, path);
  }

  /** A reasoning item: the signed thinking that it carries. */
  addReasoning({ item, path }: InputItem): void {
    this.#begin(path);
    const encrypted = item["encrypted_content"];
    const block = carriedThinking(encrypted);
    if (block !== undefined) this.#parts.push({ kind: "block", block });
    else if (typeof encrypted === "string" && encrypted !== "")
      this.#lost ??= {
        path: `${path}.encrypted_content`,
        reason: "it was not made here: the hosted API can't read it",
      };
    else if ([item["summary"], item["content"]].some((list) => Array.isArray(list) && list.length > 0))
      this.#lost ??= { path, reason: "reasoning without its encrypted_content can't be sent back" };
  }

  /** A call of a function, or of a custom tool. */
  addCall({ item, path }: InputItem): void {
    const name = textOf(item["name"]);
    if (name === "") throw malformed(`${path}.name is missing`, `${path}.name`, "Send the name of the tool.");
    const isCustom = item["type"] === "custom_tool_call";
    const input = isCustom ? { input: textOf(item["input"]) } : toolInput(item["arguments"]);
    if (!isCustom && losesDigits(item["arguments"], input))
      this.#context.notes.add("changed", "arguments", path, lostDigits);
    this.#addCall({ item, path }, qualifiedName(item["namespace"], name), input);
  }

  /** A call of a tool that the client runs by itself. */
  addClientCall({ item, path }: InputItem, tool: ClientTool): void {
    this.#addCall({ item, path }, clientToolName(tool.type), tool.input(item));
  }

  /** Hands the turn over, once something else follows. */
  finish(conversation: Conversation): void {
    const parts = this.#withoutTrailingThinking();
    const original = parts.some(isThinking) ? undefined : this.#recalled(parts, conversation);
    if (original !== undefined) {
      conversation.addOriginal(original, this.#path);
      return;
    }
    if (this.#lost !== undefined) this.#context.notes.add("dropped", "reasoning", this.#lost.path, this.#lost.reason);
    for (const part of parts) {
      if (part.kind === "block") conversation.addAssistant([part.block]);
      else {
        conversation.addCall(part.call, part.path);
        if (part.breakpoint !== undefined) conversation.markLast(part.breakpoint);
      }
    }
  }

  #begin(path: string): void {
    if (this.#path === "") this.#path = path;
  }

  #addCall({ item, path }: InputItem, clientName: string, input: Record<string, unknown>): void {
    this.#begin(path);
    const id = textOf(item["call_id"]) || textOf(item["id"]);
    const call = { id, name: this.#context.names.toHub(clientName), input };
    this.#parts.push({ kind: "call", call, path, breakpoint: readCacheControl(item) });
  }

  /** Thinking that nothing came after, of an answer that was interrupted, is a 400 upstream. */
  #withoutTrailingThinking(): Part[] {
    const last = this.#parts.findLastIndex((part) => !isThinking(part));
    if (last < this.#parts.length - 1)
      this.#context.notes.add("repaired", "reasoning", this.#path, "reasoning that nothing follows is left out");
    return this.#parts.slice(0, last + 1);
  }

  #recalled(parts: readonly Part[], conversation: Conversation): readonly HubBlockParam[] | undefined {
    const calls = parts.flatMap((part) => (part.kind === "call" ? [part.call] : []));
    if (!conversation.areFresh(calls.map(({ id }) => id))) return undefined;
    const text = textOfBlocks(parts.flatMap((part) => (part.kind === "block" ? [part.block] : [])));
    const original = replayedBlocks({ text, calls }, conversation.question(), this.#context.recall);
    return original as readonly HubBlockParam[] | undefined;
  }

  #noteLosses(item: JsonObject, path: string): void {
    const { notes } = this.#context;
    const content = Array.isArray(item["content"]) ? item["content"] : [];
    const hasAnnotations = (part: unknown): boolean =>
      isJsonObject(part) && Array.isArray(part["annotations"]) && part["annotations"].length > 0;
    if (content.some(hasAnnotations))
      notes.add("dropped", "annotations", `${path}.content`, "annotations of earlier answers can't be sent back");
    if (item["phase"] !== undefined && item["phase"] !== null)
      notes.add("dropped", "phase", `${path}.phase`, "messages have no phase");
  }
}
