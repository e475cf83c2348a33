import { ZenthrexError } from "../../base/errors.ts";
import { decodeHubEvent } from "./decode-event.ts";
import type { HubEvent, HubFailure } from "./hub.ts";
import { HubReducer, type HubStep } from "./reduce-events.ts";

/** Our own words for an answer that can't be trusted to be whole. */
const broken = (message: string): HubStep => ({ kind: "failure", failure: { type: "upstream_error", message } });

const cut = "the hosted API's answer ended before message_stop";

/**
 * Reads an upstream stream to its one end: the upstream's own (`message_stop`), or a failure (its `error` event, an event that
 * is not JSON, a transport that ended too early). Nothing after that end counts, and no end is invented.
 */
export class HubReader {
  readonly reducer = new HubReducer();
  #outcome: "open" | "complete" | "failed" = "open";
  #failure: HubFailure | undefined;

  /** Where the stream stands. Only `complete` is an answer. */
  get outcome(): "open" | "complete" | "failed" {
    return this.#outcome;
  }

  /** Why there is no answer, once it failed. */
  get failure(): HubFailure | undefined {
    return this.#failure;
  }

  /** Takes one complete SSE frame, as a byte string. Shape: undefined where it has nothing to say. */
  read(frame: string): HubStep | undefined {
    if (this.#outcome !== "open") return undefined;
    return this.#noteEnd(this.#step(frame));
  }

  /** The transport ended. Shape: undefined when the answer had ended before, else the failure. */
  end(): HubStep | undefined {
    return this.#outcome === "open" ? this.#noteEnd(broken(cut)) : undefined;
  }

  #step(frame: string): HubStep | undefined {
    let event: HubEvent | undefined;
    try {
      event = decodeHubEvent(frame);
    } catch (error) {
      if (error instanceof ZenthrexError) return broken(error.message);
      throw error;
    }
    return event === undefined ? undefined : this.#checked(this.reducer.push(event));
  }

  /** Holds a stream to its protocol where breaking it would make us invent something: no start, no stop reason. */
  #checked(step: HubStep | undefined): HubStep | undefined {
    if (step === undefined || step.kind === "ping" || step.kind === "failure") return step;
    if (!this.reducer.started) return broken("the hosted API sent content before message_start");
    if (step.kind === "end" && step.message.stop_reason === null) {
      return broken("the hosted API ended its answer without a stop reason");
    }
    return step;
  }

  #noteEnd(step: HubStep | undefined): HubStep | undefined {
    if (step?.kind === "end") this.#outcome = "complete";
    if (step?.kind === "failure") {
      this.#outcome = "failed";
      this.#failure = step.failure;
    }
    return step;
  }
}
