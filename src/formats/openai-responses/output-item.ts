import type { JsonObject } from "../../base/json.ts";
import { LiteralText } from "../literal-text.ts";

/** An event of a response stream, without its number. */
export type ResponseEvent = { readonly type: string } & JsonObject;

/** How an item ended. */
export type ItemStatus = "completed" | "incomplete";

/** What an event that adds text has around it: the fields before its `delta`, and those behind. */
export interface DeltaForm {
  readonly head: ResponseEvent;
  readonly tail: JsonObject;
}

/** Where an item stands in its response. */
export interface ItemPlace {
  readonly id: string;
  readonly index: number;
}

/** An item of an answer while it grows by text. */
export interface OutputItem {
  readonly kind: "message" | "reasoning" | "call" | "held";
  readonly text: LiteralText;
  /** The block on the wire that it grows by, where it has one of its own. */
  readonly block: number | undefined;
  /** What tells that it is there. */
  begin(): readonly ResponseEvent[];
  /** How added text is told; undefined where it is told whole at the end, or has to be decoded first. */
  readonly delta: DeltaForm | undefined;
  /** What tells that it is whole, and what it is then. */
  end(status: ItemStatus): { readonly events: readonly ResponseEvent[]; readonly item: JsonObject };
}

const added = ({ index }: ItemPlace, item: JsonObject): ResponseEvent => ({
  type: "response.output_item.added",
  output_index: index,
  item,
});

const done = ({ index }: ItemPlace, item: JsonObject): ResponseEvent => ({
  type: "response.output_item.done",
  output_index: index,
  item,
});

const outputText = (text: string): JsonObject => ({ type: "output_text", annotations: [], logprobs: [], text });

/** A message of one part: all text that comes without anything between. */
export class MessageItem implements OutputItem {
  readonly kind = "message";
  readonly text = new LiteralText();
  readonly block = undefined;
  readonly delta: DeltaForm;
  readonly #place: ItemPlace;
  readonly #part: JsonObject;

  constructor(place: ItemPlace) {
    this.#place = place;
    this.#part = { item_id: place.id, output_index: place.index, content_index: 0 };
    this.delta = { head: { type: "response.output_text.delta", ...this.#part }, tail: { logprobs: [] } };
  }

  begin(): readonly ResponseEvent[] {
    return [
      added(this.#place, this.#item("in_progress", [])),
      { type: "response.content_part.added", ...this.#part, part: outputText("") },
    ];
  }

  end(status: ItemStatus): { readonly events: readonly ResponseEvent[]; readonly item: JsonObject } {
    const text = this.text.text();
    const item = this.#item(status, [outputText(text)]);
    return {
      item,
      events: [
        { type: "response.output_text.done", ...this.#part, text, logprobs: [] },
        { type: "response.content_part.done", ...this.#part, part: outputText(text) },
        done(this.#place, item),
      ],
    };
  }

  #item(status: string, content: readonly JsonObject[]): JsonObject {
    return { id: this.#place.id, type: "message", status, content, role: "assistant" };
  }
}

/** Thinking: its text as a summary, what proves it as `encrypted_content`. */
export class ReasoningItem implements OutputItem {
  readonly kind = "reasoning";
  readonly text = new LiteralText();
  readonly block = undefined;
  readonly delta: DeltaForm;
  /** What proves it, once it is whole. */
  encrypted: string | undefined;
  readonly #place: ItemPlace;
  readonly #part: JsonObject;
  readonly #hasSummary: boolean;

  constructor(place: ItemPlace, hasSummary: boolean) {
    this.#place = place;
    this.#hasSummary = hasSummary;
    this.#part = { item_id: place.id, output_index: place.index, summary_index: 0 };
    this.delta = { head: { type: "response.reasoning_summary_text.delta", ...this.#part }, tail: {} };
  }

  begin(): readonly ResponseEvent[] {
    const item = { id: this.#place.id, type: "reasoning", summary: [] };
    const part = { type: "summary_text", text: "" };
    const opened: ResponseEvent = { type: "response.reasoning_summary_part.added", ...this.#part, part };
    return this.#hasSummary ? [added(this.#place, item), opened] : [added(this.#place, item)];
  }

  end(): { readonly events: readonly ResponseEvent[]; readonly item: JsonObject } {
    const text = this.text.text();
    const part = { type: "summary_text", text };
    const encrypted = this.encrypted === undefined ? {} : { encrypted_content: this.encrypted };
    const summary = this.#hasSummary ? [part] : [];
    const item: JsonObject = { id: this.#place.id, type: "reasoning", summary, ...encrypted };
    const closed: ResponseEvent[] = [
      { type: "response.reasoning_summary_text.done", ...this.#part, text },
      { type: "response.reasoning_summary_part.done", ...this.#part, part },
    ];
    return { item, events: [...(this.#hasSummary ? closed : []), done(this.#place, item)] };
  }
}

/** What a call is beside its arguments. */
export interface CallHead {
  readonly type: "function_call" | "custom_tool_call";
  readonly callId: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A call of a function or of a custom tool, whose text is its arguments or its input. */
export class CallItem implements OutputItem {
  readonly kind = "call";
  readonly text = new LiteralText();
  readonly block: number;
  readonly delta: DeltaForm;
  readonly #place: ItemPlace;
  readonly #head: CallHead;

  constructor(place: ItemPlace, head: CallHead, block: number) {
    this.#place = place;
    this.#head = head;
    this.block = block;
    this.delta = { head: { type: `response.${this.#grown}.delta`, ...this.#at }, tail: {} };
  }

  /** Its text is what the upstream says, and needs no decoding. */
  get isFunction(): boolean {
    return this.#head.type === "function_call";
  }

  begin(): readonly ResponseEvent[] {
    return [added(this.#place, this.#item("in_progress", ""))];
  }

  end(status: ItemStatus): { readonly events: readonly ResponseEvent[]; readonly item: JsonObject } {
    const text = this.text.text();
    const item = this.#item(status, text);
    const whole = this.isFunction ? { name: this.#head.name, arguments: text } : { input: text };
    return { item, events: [{ type: `response.${this.#grown}.done`, ...this.#at, ...whole }, done(this.#place, item)] };
  }

  get #at(): JsonObject {
    return { item_id: this.#place.id, output_index: this.#place.index };
  }

  get #grown(): string {
    return this.isFunction ? "function_call_arguments" : "custom_tool_call_input";
  }

  #item(status: string, text: string): JsonObject {
    const { type, callId, name, namespace } = this.#head;
    const head = { id: this.#place.id, type, status, call_id: callId, name };
    const named = namespace === undefined ? head : { ...head, namespace };
    return this.isFunction ? { ...named, arguments: text } : { ...named, input: text };
  }
}

/** An item that has no form until it is whole: a tool that the client runs, a summary. */
export class HeldItem implements OutputItem {
  readonly kind = "held";
  readonly text = new LiteralText();
  readonly block: number | undefined;
  readonly delta = undefined;
  readonly #place: ItemPlace;
  readonly #whole: (text: string, status: ItemStatus) => JsonObject;

  /** `whole` makes of its text the item, all but its id. */
  constructor(place: ItemPlace, block: number | undefined, whole: (text: string, status: ItemStatus) => JsonObject) {
    this.#place = place;
    this.block = block;
    this.#whole = whole;
  }

  begin(): readonly ResponseEvent[] {
    return [];
  }

  end(status: ItemStatus): { readonly events: readonly ResponseEvent[]; readonly item: JsonObject } {
    const item = { id: this.#place.id, ...this.#whole(this.text.text(), status) };
    return { item, events: [added(this.#place, item), done(this.#place, item)] };
  }
}

/** The events of a refusal, a message of its own, and the message. */
export function refusalItem(
  place: ItemPlace,
  explanation: string,
): { readonly events: readonly ResponseEvent[]; readonly item: JsonObject } {
  const at = { item_id: place.id, output_index: place.index, content_index: 0 };
  const message = (status: string, content: readonly JsonObject[]): JsonObject => ({
    id: place.id,
    type: "message",
    status,
    content,
    role: "assistant",
  });
  const part = { type: "refusal", refusal: explanation };
  const item = message("completed", [part]);
  return {
    item,
    events: [
      added(place, message("in_progress", [])),
      { type: "response.content_part.added", ...at, part: { type: "refusal", refusal: "" } },
      { type: "response.refusal.delta", ...at, delta: explanation },
      { type: "response.refusal.done", ...at, refusal: explanation },
      { type: "response.content_part.done", ...at, part },
      done(place, item),
    ],
  };
}
