import type { JsonObject } from "../../base/json.ts";
import { encodeSseEvent } from "../../base/sse-event.ts";
import type { HubStep } from "../anthropic/reduce-events.ts";
import { encodeByteString } from "../byte-string.ts";
import { openaiError } from "../openai/errors.ts";
import { deltaPrefix } from "../openai/splice.ts";
import { type Splice, SplicedStream } from "../openai/spliced-stream.ts";
import { type CallForm, type ChatDelta, ChatDeltas } from "./chat-deltas.ts";
import { completionId } from "./response.ts";
import type { ChatState } from "./state.ts";
import { chatUsage } from "./usage.ts";

/** A comment: no client takes it for data. */
export const chatPing = ": ping\n\n";

const doneFrame = "data: [DONE]\n\n";

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
export class ChatStream extends SplicedStream {
  readonly #state: ChatState;
  readonly #deltas: ChatDeltas;
  /** What every chunk begins with, and what ends it behind `finish_reason`. */
  #head = "";
  readonly #tail: string;

  constructor(state: ChatState) {
    super();
    this.#state = state;
    this.#deltas = new ChatDeltas(state, this.notes);
    this.#tail = `}]${state.includeUsage ? ',"usage":null' : ""}}\n\n`;
  }

  ping(): string {
    return chatPing;
  }

  fail(error: JsonObject): string {
    return encodeByteString(encodeSseEvent(JSON.stringify(error)));
  }

  protected paste({ before, after }: Splice, literal: string): string {
    return before + literal + after;
  }

  protected render(step: HubStep): string {
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

  protected spliceFor(block: number, type: string, current: Splice | undefined): Splice | undefined {
    if (current?.block === block) return current;
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
