import type { JsonObject } from "../base/json.ts";
import type { HubStream, WireFormat } from "../formats/types.ts";
import type { StreamVoice } from "./run-lane.ts";

/**
 * The one stream of a caller of another format: what the upstream says goes through it, and so does what we say ourselves, for a
 * format may number its events.
 */
export class TranslatedVoice implements StreamVoice {
  readonly #format: WireFormat;
  readonly #state: unknown;
  #stream: HubStream | undefined = undefined;

  constructor(format: WireFormat, state: unknown) {
    this.#format = format;
    this.#state = state;
  }

  /** Made when it is first needed: callers that want JSON have none. */
  get stream(): HubStream {
    this.#stream ??= this.#format.streamFromHub(this.#state);
    return this.#stream;
  }

  errorFrame(body: JsonObject): Buffer {
    return Buffer.from(this.stream.fail(body), "latin1");
  }

  ping(): Buffer {
    return Buffer.from(this.stream.ping(), "latin1");
  }
}
