import type { AccumulatedMessage, HubFailure, HubUsage } from "./hub.ts";
import { HubReader } from "./hub-reader.ts";

/** What a stream added up to. */
export type Accumulated =
  | { readonly kind: "answer"; readonly answer: AccumulatedMessage }
  | { readonly kind: "failure"; readonly failure: HubFailure };

/**
 * Puts an answer together for a caller that wants JSON: the upstream streams all the same, so that a long answer runs into no
 * idle timeout. An early end is a failure, never a short answer.
 */
export class HubAccumulator {
  readonly #reader = new HubReader();

  /** Takes one complete SSE frame, as a byte string. */
  push(frame: string): void {
    this.#reader.read(frame);
  }

  /** Token counts as far as the upstream reported them. */
  get usage(): HubUsage {
    return this.#reader.reducer.usage;
  }

  /** True once nothing more can change the result: the upstream's end was seen, or it failed. */
  get settled(): boolean {
    return this.#reader.outcome !== "open";
  }

  /** The transport ended, or need not be waited for any more. */
  end(): Accumulated {
    this.#reader.end();
    const failure = this.#reader.failure;
    if (failure !== undefined) return { kind: "failure", failure };
    return { kind: "answer", answer: this.#reader.reducer.message() };
  }
}
