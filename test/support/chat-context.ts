import { estimateTokens } from "../../src/catalog/estimate-tokens.ts";
import { modelOrNewest } from "../../src/catalog/models.ts";
import { resolveModel } from "../../src/catalog/resolve-model.ts";
import { chatToHub } from "../../src/formats/openai-chat/request.ts";
import type { ChatState } from "../../src/formats/openai-chat/state.ts";
import { ChatStream } from "../../src/formats/openai-chat/stream.ts";
import type { Translation, TranslationContext } from "../../src/formats/types.ts";
import { frameOf, type TestEvent } from "./hub-streams.ts";

/** What the proxy would know: the model resolved as the proxy resolves it. */
export function contextFor(model: unknown, extra: Partial<TranslationContext> = {}): TranslationContext {
  const resolved = resolveModel(typeof model === "string" ? model : "claude-opus-4-7", { live: ["claude-sonnet-4-6"] });
  return {
    model: modelOrNewest(resolved.kind === "model" ? resolved.id : "claude-opus-4-7"),
    nowMs: 1_700_000_000_000,
    autoCache: true,
    estimateTokens,
    ...extra,
  };
}

/** Translates a body as the proxy would. */
export function toHub(body: Record<string, unknown>, extra: Partial<TranslationContext> = {}): Translation<ChatState> {
  return chatToHub(body, contextFor(body["model"], extra));
}

/** A plain state of the way back. */
export function chatState(extra: Partial<ChatState> = {}): ChatState {
  return {
    clientNames: new Map(),
    customTools: new Set(),
    isLegacy: false,
    jsonTool: undefined,
    stripsFences: false,
    includeUsage: false,
    createdS: 1_700_000_000,
    ...extra,
  };
}

/** The SSE text that a client gets for these events, the end of the transport included. */
export function streamed(events: readonly TestEvent[], extra: Partial<ChatState> = {}): string {
  const stream = new ChatStream(chatState(extra));
  return events.map((event) => stream.push(frameOf(event))).join("") + stream.end();
}
