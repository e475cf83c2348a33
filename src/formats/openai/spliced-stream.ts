import type { JsonObject } from "../../base/json.ts";
import type { AccumulatedMessage, HubFailure, HubUsage } from "../anthropic/hub.ts";
import { HubReader } from "../anthropic/hub-reader.ts";
import type { HubStep } from "../anthropic/reduce-events.ts";
import { createNotes, type Notes } from "../notes.ts";
import type { HubStream, Warning } from "../types.ts";
import { cutLiteral } from "./splice.ts";

/** How the deltas of the block under way are pasted: what a frame must begin with, and what stands around its literal. */
export interface Splice {
  readonly block: number;
  readonly prefix: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What both OpenAI formats do with an upstream stream, frame by frame: deltas that look exactly as expected are cut and pasted unparsed,
 * everything else is parsed and rendered. No end is invented.
 */
export abstract class SplicedStream<Form extends Splice = Splice> implements HubStream {
  readonly #reader = new HubReader();
  protected readonly notes: Notes = createNotes();
  #splice: Form | undefined;

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
    return this.notes.warnings;
  }

  answer(): AccumulatedMessage | undefined {
    return this.outcome === "complete" ? this.#reader.reducer.message() : undefined;
  }

  push(frame: string): string {
    const splice = this.#splice;
    if (splice !== undefined && frame.startsWith(splice.prefix)) {
      const literal = cutLiteral(frame, splice.prefix.length);
      if (literal !== undefined) return literal === "" ? "" : this.#paste(splice, literal);
    }
    const step = this.#reader.read(frame);
    const out = step === undefined ? "" : this.render(step);
    const { reducer } = this.#reader;
    const open = this.outcome === "open" && reducer.started ? reducer.openBlock : undefined;
    this.#splice = open === undefined ? undefined : this.spliceFor(open.index, open.type, this.#splice);
    return out;
  }

  end(): string {
    this.#splice = undefined;
    const step = this.#reader.end();
    return step === undefined ? "" : this.render(step);
  }

  abstract ping(): string;
  abstract fail(error: JsonObject): string;

  /** The message has begun. */
  protected get started(): boolean {
    return this.#reader.reducer.started;
  }

  /** What one step says. */
  protected abstract render(step: HubStep): string;

  /** A delta whose literal goes on as it stands; it is not empty. */
  protected abstract paste(splice: Form, literal: string): string;

  /** How the deltas of a block are pasted, `current` where it still fits. Shape: undefined where they have to be parsed. */
  protected abstract spliceFor(block: number, type: string, current: Form | undefined): Form | undefined;

  #paste(splice: Form, literal: string): string {
    this.#reader.reducer.pushLiteral(splice.block, literal);
    return this.paste(splice, literal);
  }
}
