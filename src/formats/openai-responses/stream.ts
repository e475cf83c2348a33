import type { JsonObject } from "../../base/json.ts";
import { encodeSseEvent } from "../../base/sse-event.ts";
import type { HubStep } from "../anthropic/reduce-events.ts";
import { encodeByteString } from "../byte-string.ts";
import { openaiError } from "../openai/errors.ts";
import { deltaPrefix } from "../openai/splice.ts";
import { type Splice, SplicedStream } from "../openai/spliced-stream.ts";
import { failureEvents } from "./failure.ts";
import type { DeltaForm, ResponseEvent } from "./output-item.ts";
import { ResponseEvents } from "./response-events.ts";
import type { ResponsesState } from "./state.ts";

/** A comment: no client takes it for data. */
export const responsesPing = ": ping\n\n";

/** The string of a delta by the type of its block. */
const deltas: Readonly<Record<string, readonly [deltaType: string, key: string]>> = {
  text: ["text_delta", "text"],
  thinking: ["thinking_delta", "thinking"],
  tool_use: ["input_json_delta", "partial_json"],
};

/** How the deltas of the block under way are pasted, and the form that it follows. */
interface FormSplice extends Splice {
  readonly form: DeltaForm;
}

/**
 * Translates an upstream stream into the events of a response, frame by frame. Deltas that look exactly as expected are cut and
 * pasted unparsed; everything else is parsed. No end is invented: an answer ends with `response.completed` or `.incomplete`, or with
 * an `error` event and `response.failed`.
 */
export class ResponsesStream extends SplicedStream<FormSplice> {
  readonly #events: ResponseEvents;
  /** The number of the next event. */
  #sequence = 0;
  /** The upstream's last event was a ping. */
  #wasPinged = false;

  constructor(state: ResponsesState) {
    super();
    this.#events = new ResponseEvents(state, this.notes);
  }

  /** Once the stream has begun, an event that changes nothing: Codex's idle timer takes no notice of comments. */
  ping(): string {
    if (!this.started || this.outcome !== "open") return responsesPing;
    return this.#write(
      { type: "response.in_progress", response: this.#events.response("in_progress") },
      this.#sequence++,
    );
  }

  fail(error: JsonObject): string {
    const events = failureEvents(error, (told) => this.#events.response("failed", { error: told }));
    return events.map((event, index) => this.#write(event, this.#sequence + index)).join("");
  }

  protected paste({ before, after }: FormSplice, literal: string): string {
    this.#wasPinged = false;
    this.#events.addPasted(literal);
    return `${before}${literal}${after}${this.#sequence++}}\n\n`;
  }

  protected render(step: HubStep): string {
    if (step.kind === "ping") return this.#passPing();
    this.#wasPinged = false;
    if (step.kind === "failure") return this.fail(openaiError(step.failure).body);
    let out = "";
    for (const event of this.#events.push(step)) out += this.#write(event, this.#sequence++);
    return out;
  }

  /** The first one is a matter of course, several in a row are silence. */
  #passPing(): string {
    if (this.#wasPinged) return this.ping();
    this.#wasPinged = true;
    return responsesPing;
  }

  #write(event: ResponseEvent, sequence: number): string {
    return encodeByteString(encodeSseEvent(JSON.stringify({ ...event, sequence_number: sequence }), event.type));
  }

  protected spliceFor(block: number, type: string, current: FormSplice | undefined): FormSplice | undefined {
    const form = this.#events.pasteForm(block, type);
    if (form === undefined) return undefined;
    return current?.block === block && current.form === form ? current : this.#spliceOf(block, type, form);
  }

  #spliceOf(block: number, type: string, form: DeltaForm): FormSplice | undefined {
    const [deltaType, key] = deltas[type] ?? [];
    if (deltaType === undefined || key === undefined) return undefined;
    const head = encodeByteString(JSON.stringify(form.head)).slice(0, -1);
    const tail = Object.entries(form.tail).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`);
    return {
      block,
      form,
      prefix: deltaPrefix(block, deltaType, key),
      before: `event: ${form.head.type}\ndata: ${head},"delta":"`,
      after: `",${tail.join("")}"sequence_number":`,
    };
  }
}
