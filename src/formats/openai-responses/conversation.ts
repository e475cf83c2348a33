import type { JsonObject } from "../../base/json.ts";
import type { HubTurn } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";
import { readCacheControl } from "../openai/cache-control.ts";
import { contentBlocks } from "../openai/content.ts";
import { Conversation } from "../openai/conversation.ts";
import { type TranslatedConversation, withFirstUserTurn } from "../openai/first-user-turn.ts";
import { asReminder, isSystemMessage, type SystemBlock, systemBlocks } from "../openai/system-messages.ts";
import { toolResult } from "../openai/tool-result.ts";
import { AssistantGroup } from "./assistant-group.ts";
import { clientTools } from "./client-tools.ts";
import { compactedText } from "./compaction.ts";
import type { ConversationContext } from "./conversation-context.ts";
import type { InputItem } from "./items.ts";

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const typeOf = (item: JsonObject): string => textOf(item["type"] ?? "message");

/** One pass over the items of a request. */
class Translator {
  readonly #conversation: Conversation;
  readonly #context: ConversationContext;
  /** The answer whose items are coming. */
  #group: AssistantGroup | undefined;

  constructor(context: ConversationContext) {
    this.#context = context;
    this.#conversation = new Conversation(context.notes);
  }

  add(source: InputItem): void {
    const { item, path } = source;
    const type = typeOf(item);
    switch (type) {
      case "message":
        this.#addMessage(source);
        return;
      case "reasoning":
        this.#answer().addReasoning(source);
        return;
      case "function_call":
      case "custom_tool_call":
        this.#answer().addCall(source);
        return;
      case "function_call_output":
      case "custom_tool_call_output":
        this.#addResult(source, { content: item["output"] });
        return;
      case "compaction":
        this.#addSummary(source);
        return;
      default:
        if (!this.#addClientItem(source, type))
          this.#context.notes.add("dropped", type, path, "the hosted API has no item of this type");
    }
  }

  finish(): HubTurn[] {
    this.#endAnswer();
    return this.#conversation.finish();
  }

  #answer(): AssistantGroup {
    this.#group ??= new AssistantGroup(this.#context);
    return this.#group;
  }

  #endAnswer(): void {
    this.#group?.finish(this.#conversation);
    this.#group = undefined;
  }

  #addMessage(source: InputItem): void {
    const { item, path } = source;
    const { notes } = this.#context;
    if (item["role"] === "assistant") {
      this.#answer().addMessage(source);
      return;
    }
    this.#endAnswer();
    if (isSystemMessage(item)) {
      const blocks = systemBlocks(item, path, notes).map(asReminder);
      if (blocks.length > 0) this.#conversation.addUser(blocks, `${path}.content`);
    } else if (item["role"] === "user" || item["role"] === undefined) {
      this.#conversation.addUser(contentBlocks(item["content"], `${path}.content`, notes), `${path}.content`);
    } else throw malformed(`${path}.role is no role`, `${path}.role`, "Send user, assistant, system or developer.");
    const breakpoint = readCacheControl(item);
    if (breakpoint !== undefined) this.#conversation.markLast(breakpoint);
  }

  /** Shape: false for an item of another kind. */
  #addClientItem(source: InputItem, type: string): boolean {
    for (const tool of clientTools) {
      if (type === tool.callType) this.#answer().addClientCall(source, tool);
      else if (type === tool.outputType) this.#addResult(source, tool.output(source.item));
      else continue;
      return true;
    }
    return false;
  }

  #addResult({ item, path }: InputItem, result: { readonly content: unknown; readonly is_error?: true }): void {
    this.#endAnswer();
    const id = textOf(item["call_id"]) || textOf(item["id"]);
    const translated = toolResult({ ...result }, `${path}.output`, readCacheControl(item), this.#context.notes);
    if (this.#conversation.addResult(id, translated, path)) return;
    throw malformed(
      `No tool call found for ${typeOf(item).replaceAll("_", " ")} with call_id ${id.slice(0, 100)}`,
      path,
      "Send the call before its output.",
    );
  }

  /** A summary that stands for what was said before it. */
  #addSummary({ item, path }: InputItem): void {
    this.#endAnswer();
    const text = compactedText(item["encrypted_content"]);
    if (text !== undefined) this.#conversation.addUser([{ type: "text", text }], path);
    else this.#context.notes.add("dropped", "compaction", path, "it was not made here: the hosted API can't read it");
  }
}

/** `instructions`, and the messages of the system and the developer that come first. */
function leadingSystem(
  instructions: unknown,
  items: readonly InputItem[],
  notes: Notes,
): { readonly system: SystemBlock[]; readonly count: number } {
  if (instructions !== undefined && instructions !== null && typeof instructions !== "string")
    throw malformed("instructions must be a string", "instructions", "Send the instructions as text.");
  const first = systemBlocks({ content: instructions }, "instructions", notes);
  const found = items.findIndex(({ item }) => typeOf(item) !== "message" || !isSystemMessage(item));
  const count = found < 0 ? items.length : found;
  const rest = items.slice(0, count).flatMap(({ item, path }) => systemBlocks(item, path, notes));
  return { system: [...first, ...rest], count };
}

/**
 * Translates the conversation: `instructions` and leading system and developer messages to system blocks, all other items to turns.
 * Append-only: what an item becomes doesn't depend on later ones, but for turns that are repaired with a warning.
 */
export function translateItems(
  instructions: unknown,
  items: readonly InputItem[],
  context: ConversationContext,
): TranslatedConversation {
  const { system, count } = leadingSystem(instructions, items, context.notes);
  const translator = new Translator(context);
  for (const item of items.slice(count)) translator.add(item);
  return withFirstUserTurn({ system, messages: translator.finish() }, "input", context.notes);
}
