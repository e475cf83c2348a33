import type { JsonObject } from "../../base/json.ts";
import { encodeSseEvent } from "../../base/sse-event.ts";
import type { AccumulatedMessage, HubFailure, HubUsage } from "../anthropic/hub.ts";
import { HubReader } from "../anthropic/hub-reader.ts";
import type { HubStep } from "../anthropic/reduce-events.ts";
import { encodeByteString } from "../byte-string.ts";
import { createNotes } from "../notes.ts";
import { openaiError } from "../openai/errors.ts";
import { cutLiteral, deltaPrefix } from "../openai/splice.ts";
import type { HubStream, Warning } from "../types.ts";
import { type CallForm, type ChatDelta, ChatDeltas } from "./chat-deltas.ts";
import { completionId } from "./response.ts";
import type { ChatState } from "./state.ts";
import { chatUsage } from "./usage.ts";

/** A comment: no client takes it for data. */
export const chatPing = ": ping\n\n";

const doneFrame = "data: [DONE]\n\n";

/** How the deltas of the block under way are pasted: what a frame must begin with, and what stands around its literal. */
interface Splice {
  readonly block: number;
  readonly prefix: string;
  readonly before: string;
  readonly after: string;
}

/** Where a delta's string stands in ours: before it and behind it. */
type Frame = readonly [before: string, after: string];

const contentFrame: Frame = ['{"content":"', '"}'];
const reasoningFrame: Frame = ['{"reasoning_content":"', '"}'];

/** Shape: undefined for calls whose fragments have to be decoded. */
function argumentsFrame(form: CallForm | undefined, takesTextAsIs: boolean): Frame | undefined {
  if (form?.kind === "function") return [`{"tool_calls":[{"index":${form.index},"function":{"arguments":"`, '"}}]}'];
  if (form?.kind === "legacy") return ['{"function_call":{"arguments":"', '"}}'];
  return form?.kind === "answer" && takesTextAsIs ? contentFrame : undefined;
}

/**
 * Translates an upstream stream into Chat Completions chunks, frame by frame. Deltas that look exactly as expected are cut and
 * pasted unparsed; everything else is parsed. No end is invented: an answer ends with its finish chunk and `[DONE]`, or with an
 * error frame and neither.
 */
export class ChatStream implements HubStream {
  readonly #state: ChatState;
  readonly #reader = new HubReader();
  readonly #notes = createNotes();
  readonly #deltas: ChatDeltas;
  /** What every chunk begins with, and what ends it behind `finish_reason`. */
  #head = "";
  readonly #tail: string;
  #splice: Splice | undefined;

  constructor(state: ChatState) {
    this.#state = state;
    this.#deltas = new ChatDeltas(state, this.#notes);
    this.#tail = `}]${state.includeUsage ? ',"usage":null' : ""}}\n\n`;
  }

  get outcome(): "open" | "complete" | "failed" {
    return this.#reader.outcome;
  }

  get failure(): HubFailure | undefined {
    return this.#reader.failure;
  }

  get usage(): HubUsage {
    return this.#reader.reducer.usage;
  }

  get warnings(): readonly Warning[] {
    return this.#notes.warnings;
  }

  answer(): AccumulatedMessage | undefined {
    return this.outcome === "complete" ? this.#reader.reducer.message() : undefined;
  }

  ping(): string {
    return chatPing;
  }

  fail(error: JsonObject): string {
    return encodeByteString(encodeSseEvent(JSON.stringify(error)));
  }

  push(frame: string): string {
    const splice = this.#splice;
    if (splice !== undefined && frame.startsWith(splice.prefix)) {
      const literal = cutLiteral(frame, splice.prefix.length);
      if (literal !== undefined) return this.#paste(splice, literal);
    }
    const step = this.#reader.read(frame);
    const out = step === undefined ? "" : this.#render(step);
    this.#prepareSplice();
    return out;
  }

  end(): string {
    this.#splice = undefined;
    const step = this.#reader.end();
    return step === undefined ? "" : this.#render(step);
  }

  #paste({ block, before, after }: Splice, literal: string): string {
    if (literal === "") return "";
    this.#reader.reducer.pushLiteral(block, literal);
    return before + literal + after;
  }

  #render(step: HubStep): string {
    if (step.kind === "ping") return chatPing;
    if (step.kind === "failure") return this.fail(openaiError(step.failure).body);
    if (step.kind === "start") this.#head = this.#chunkHead(step.id, step.model);
    let out = "";
    for (const part of this.#deltas.push(step)) out += this.#chunk(part);
    return step.kind === "end" ? out + this.#usageChunk() + doneFrame : out;
  }

  /** The same id, time and model on every chunk, up to where the choices stand. */
  #chunkHead(id: string, model: string): string {
    const head = { id: completionId(id), object: "chat.completion.chunk", created: this.#state.createdS, model };
    return `data: ${encodeByteString(JSON.stringify(head)).slice(0, -1)},"choices":[`;
  }

  #chunk({ delta, finish }: ChatDelta): string {
    const text = encodeByteString(JSON.stringify(delta));
    return `${this.#head}{"index":0,"delta":${text},"logprobs":null,"finish_reason":${JSON.stringify(finish)}${this.#tail}`;
  }

  #usageChunk(): string {
    if (!this.#state.includeUsage) return "";
    return `${this.#head}],"usage":${JSON.stringify(chatUsage(this.usage) ?? null)}}\n\n`;
  }

  /** Makes ready for the deltas of the block that is open now. */
  #prepareSplice(): void {
    const { reducer } = this.#reader;
    const open = this.outcome === "open" && reducer.started ? reducer.openBlock : undefined;
    if (open === undefined) this.#splice = undefined;
    else if (this.#splice?.block !== open.index) this.#splice = this.#spliceFor(open.index, open.type);
  }

  #spliceFor(block: number, type: string): Splice | undefined {
    const { takesTextAsIs } = this.#deltas;
    if (type === "text") return takesTextAsIs ? this.#spliceOf(block, "text_delta", "text", contentFrame) : undefined;
    if (type === "thinking") return this.#spliceOf(block, "thinking_delta", "thinking", reasoningFrame);
    const frame = type === "tool_use" ? argumentsFrame(this.#deltas.formOf(block), takesTextAsIs) : undefined;
    return frame === undefined ? undefined : this.#spliceOf(block, "input_json_delta", "partial_json", frame);
  }

  #spliceOf(block: number, deltaType: string, key: string, [before, after]: Frame): Splice {
    return {
      block,
      prefix: deltaPrefix(block, deltaType, key),
      before: `${this.#head}{"index":0,"delta":${before}`,
      after: `${after},"logprobs":null,"finish_reason":null${this.#tail}`,
    };
  }
}
