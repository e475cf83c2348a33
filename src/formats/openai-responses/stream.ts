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

/** How the deltas of the block under way are pasted: what a frame must begin with, and what stands around its literal. */
interface Splice {
  readonly block: number;
  readonly form: DeltaForm;
  readonly prefix: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Translates an upstream stream into the events of a response, frame by frame. Deltas that look exactly as expected are cut and
 * pasted unparsed; everything else is parsed. No end is invented: an answer ends with `response.completed` or `.incomplete`, or with
 * an `error` event and `response.failed`.
 */
export class ResponsesStream implements HubStream {
  readonly #reader = new HubReader();
  readonly #notes = createNotes();
  readonly #events: ResponseEvents;
  /** The number of the next event. */
  #sequence = 0;
  /** The upstream's last event was a ping. */
  #wasPinged = false;
  #splice: Splice | undefined;

  constructor(state: ResponsesState) {
    this.#events = new ResponseEvents(state, this.#notes);
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

  /** Once the stream has begun, an event that changes nothing: Codex's idle timer takes no notice of comments. */
  ping(): string {
    if (!this.#reader.reducer.started || this.outcome !== "open") return responsesPing;
    return this.#write(
      { type: "response.in_progress", response: this.#events.response("in_progress") },
      this.#sequence++,
    );
  }

  fail(error: JsonObject): string {
    const events = failureEvents(error, (told) => this.#events.response("failed", { error: told }));
    return events.map((event, index) => this.#write(event, this.#sequence + index)).join("");
  }

  #paste({ block, before, after }: Splice, literal: string): string {
    if (literal === "") return "";
    this.#wasPinged = false;
    this.#reader.reducer.pushLiteral(block, literal);
    this.#events.addPasted(literal);
    return `${before}${literal}${after}${this.#sequence++}}\n\n`;
  }

  #render(step: HubStep): string {
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

  /** Makes ready for the deltas of the block that is open now. */
  #prepareSplice(): void {
    const { reducer } = this.#reader;
    const open = this.outcome === "open" && reducer.started ? reducer.openBlock : undefined;
    const form = open === undefined ? undefined : this.#events.pasteForm(open.index, open.type);
    if (open === undefined || form === undefined) this.#splice = undefined;
    else if (this.#splice?.block !== open.index || this.#splice.form !== form)
      this.#splice = this.#spliceOf(open.index, open.type, form);
  }

  #spliceOf(block: number, type: string, form: DeltaForm): Splice | undefined {
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
