import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { BlockUnderWay } from "./block-under-way.ts";
import type { AccumulatedMessage, HubBlock, HubEvent, HubFailure, HubMessage, HubUsage } from "./hub.ts";
import { mergeUsage } from "./merge-usage.ts";

/** What an event means to a renderer. `block` is the index of the block on the wire. */
export type HubStep =
  | { readonly kind: "start"; readonly id: string; readonly model: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "thinking"; readonly text: string }
  /** A thinking block is whole: its text, and what proves it. */
  | { readonly kind: "reasoning"; readonly block: HubBlock }
  | { readonly kind: "tool"; readonly block: number; readonly id: string; readonly name: string }
  | { readonly kind: "arguments"; readonly block: number; readonly fragment: string }
  /** A tool call is whole. `rest` is what no fragment has said: "{}" for a call without input, else mostly "". */
  | { readonly kind: "tool-end"; readonly block: number; readonly rest: string }
  | { readonly kind: "unshown"; readonly blockType: string }
  | { readonly kind: "end"; readonly message: HubMessage }
  | { readonly kind: "failure"; readonly failure: HubFailure }
  | { readonly kind: "ping" };

const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/** A stream that breaks its own protocol: whatever was made of it would lose something, or make it up. */
const broken = (message: string): HubStep => ({
  kind: "failure",
  failure: { type: "upstream_error", message: `the hosted API ${message}` },
});

/** The block that a delta with text belongs to, and where its text stands. Other deltas may go anywhere: their kinds may grow. */
const textOfDelta: Readonly<Record<string, readonly [key: string, fits: (blockType: string) => boolean]>> = {
  text_delta: ["text", (type) => type === "text"],
  thinking_delta: ["thinking", (type) => type === "thinking"],
  input_json_delta: ["partial_json", (type) => type !== "text" && type !== "thinking"],
};

/** Why a delta can't be added to its block. */
function misfit(delta: JsonObject, blockType: string): HubStep | undefined {
  const [key, fits] = textOfDelta[asText(delta["type"])] ?? [];
  if (key === undefined || fits === undefined) return undefined;
  return typeof delta[key] === "string" && fits(blockType)
    ? undefined
    : broken("sent a delta that does not fit its block");
}

/** What an `error` event says. */
export function failureOfEvent(event: { readonly error?: unknown; readonly request_id?: unknown }): HubFailure {
  const error = isJsonObject(event.error) ? event.error : {};
  const type = asText(error["type"]) || "api_error";
  const message = asText(error["message"]) || "the hosted API reported an error in mid-stream";
  return typeof event.request_id === "string" ? { type, message, requestId: event.request_id } : { type, message };
}

/**
 * The one reader of hub events: what each means to a renderer, and the answer that they add up to. The streaming and the JSON
 * renderer are both fed from here, so the two can't disagree.
 */
export class HubReducer {
  #head: JsonObject | undefined;
  readonly #blocks: (BlockUnderWay | undefined)[] = [];
  #openBlock: { readonly index: number; readonly type: string } | undefined;
  #usage: HubUsage = {};
  #stop: JsonObject = {};

  /** Takes one event. Shape: undefined where it means nothing to a renderer, unknown types included. */
  push(event: HubEvent): HubStep | undefined {
    switch (event.type) {
      case "message_start":
        return this.#start(event.message as unknown);
      case "content_block_start":
        return this.#blockStart(event.index, event.content_block as unknown);
      case "content_block_delta":
        return this.#delta(event.index, event.delta as unknown);
      case "content_block_stop":
        return this.#blockStop(event.index);
      case "message_delta":
        this.#usage = mergeUsage(this.#usage, event.usage);
        if (isJsonObject(event.delta)) this.#stop = { ...this.#stop, ...event.delta };
        return undefined;
      case "message_stop":
        if (this.#openBlock?.type === "tool_use") return broken("ended its answer inside of a tool call");
        return { kind: "end", message: this.message().message };
      case "error":
        return { kind: "failure", failure: failureOfEvent(event) };
      case "ping":
        return { kind: "ping" };
      default:
        return undefined;
    }
  }

  /** Takes a delta whose string was cut out of its frame unparsed: the inside of a JSON string literal, as a byte string. */
  pushLiteral(index: number, literal: string): void {
    this.#blocks[index]?.addLiteral(literal);
  }

  /** True once `message_start` was seen. */
  get started(): boolean {
    return this.#head !== undefined;
  }

  /** The block that began last, until it ends. */
  get openBlock(): { readonly index: number; readonly type: string } | undefined {
    return this.#openBlock;
  }

  /** Token counts as far as the upstream reported them. */
  get usage(): HubUsage {
    return this.#usage;
  }

  /** The answer as it stands. */
  message(): AccumulatedMessage {
    const head = this.#head ?? {};
    const blocks = this.#blocks.filter((block) => block !== undefined);
    const message: HubMessage = {
      id: asText(head["id"]),
      type: "message",
      role: "assistant",
      model: asText(head["model"]),
      content: blocks.map((block) => block.finished()),
      stop_reason: typeof this.#stop["stop_reason"] === "string" ? this.#stop["stop_reason"] : null,
      stop_sequence: typeof this.#stop["stop_sequence"] === "string" ? this.#stop["stop_sequence"] : null,
      usage: this.#usage,
    };
    const details = this.#stop["stop_details"];
    if (isJsonObject(details)) message.stop_details = details as unknown as NonNullable<HubMessage["stop_details"]>;
    return { message, inputTexts: blocks.map((block) => block.inputText()) };
  }

  #start(message: unknown): HubStep | undefined {
    if (this.#blocks.length > 0) return broken("began a second answer inside of the first");
    if (this.started || !isJsonObject(message)) return undefined;
    this.#head = message;
    this.#usage = mergeUsage({}, message["usage"]);
    return { kind: "start", id: asText(message["id"]), model: asText(message["model"]) };
  }

  #blockStart(index: number, start: unknown): HubStep | undefined {
    if (!isJsonObject(start) || !Number.isInteger(index) || index < 0 || index > 65_535) {
      return broken("sent a content block without a place");
    }
    if (this.#blocks[index] !== undefined) return broken("sent two content blocks for one place");
    if (this.#openBlock?.type === "tool_use") return broken("began a content block inside of a tool call");
    const block = new BlockUnderWay(start);
    this.#blocks[index] = block;
    this.#openBlock = { index, type: block.type };
    switch (start["type"]) {
      case "text":
        return start["text"] ? { kind: "text", text: asText(start["text"]) } : undefined;
      case "thinking":
        return start["thinking"] ? { kind: "thinking", text: asText(start["thinking"]) } : undefined;
      case "redacted_thinking":
        return undefined;
      case "tool_use":
        return start["id"] && start["name"]
          ? { kind: "tool", block: index, id: asText(start["id"]), name: asText(start["name"]) }
          : broken("sent a tool call without an id or a name");
      default:
        return { kind: "unshown", blockType: asText(start["type"]) };
    }
  }

  #delta(index: number, delta: unknown): HubStep | undefined {
    const block = this.#blocks[index];
    if (!isJsonObject(delta)) return undefined;
    const carriesText = Object.hasOwn(textOfDelta, asText(delta["type"]));
    if (carriesText && this.#openBlock?.index !== index) return broken("sent a delta for a block that is not open");
    if (block === undefined) return undefined;
    const wrong = carriesText ? misfit(delta, block.type) : undefined;
    if (wrong !== undefined) return wrong;
    const text = block.add(delta);
    switch (delta["type"]) {
      case "text_delta":
        return text === "" ? undefined : { kind: "text", text };
      case "thinking_delta":
        return text === "" ? undefined : { kind: "thinking", text };
      case "input_json_delta":
        return text === "" || block.type !== "tool_use"
          ? undefined
          : { kind: "arguments", block: index, fragment: text };
      default:
        return undefined;
    }
  }

  #blockStop(index: number): HubStep | undefined {
    const block = this.#blocks[index];
    if (this.#openBlock?.index === index) this.#openBlock = undefined;
    if (block === undefined) return undefined;
    if (block.type === "tool_use") return { kind: "tool-end", block: index, rest: block.restOfInput() };
    if (block.type === "thinking" || block.type === "redacted_thinking") {
      return { kind: "reasoning", block: block.finished() };
    }
    return undefined;
  }
}
