import type { ZenthrexError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { AnswerWriter } from "./answer-writer.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestOutcome } from "./options.ts";

/** Takes the upstream's answer and passes it on, in one of several ways. Exactly one of `end` and `fail` is the last call. */
export interface Relay {
  data(chunk: Buffer): void;
  /** `delimited`: the answer had a length or chunks, so its end was really its end. */
  end(delimited: boolean): void;
  /** The answer will not come whole. */
  fail(error: ZenthrexError): void;
  /** The client has left: notes on the exchange what was learnt so far, and lets go of what it holds. */
  leave?(): void;
}

/** What can be made to wait. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** The call that a relay serves. */
export interface RelayContext {
  readonly exchange: Exchange;
  readonly writer: AnswerWriter;
  /** The waiting client was sent a 200 and pings already: whatever comes now comes in-band. */
  readonly isStreamOpen: boolean;
  /** From here on the client is owed pings: they stand between whole frames. */
  startPings(): void;
  stopPings(): void;
  /** The client was sent something. Who writes through `writer.schedule` needn't say so. */
  spoke(): void;
  /** Answers with an error of ours: with its status where nothing was sent, else as the last frame of the open stream. */
  refuse(error: ZenthrexError): void;
  /** An error as the last frame of the open stream. */
  errorFrame(body: JsonObject): Uint8Array;
  /** Ends the call to the upstream: nothing more of it is wanted. */
  abortCall(): void;
  /** The call itself, for who has to make it wait. */
  readonly source: Pausable;
  /** Puts something between the call and the client: it is made to wait in the call's place. */
  useSource(source: Pausable): void;
  /** The client has its whole answer, but the call has not ended: it gets a moment to, so that its connection can be used again. */
  letEnd(): void;
  /** Runs what comes back outside of the call's own events: what it throws ends this request and nothing else. */
  guarded(step: () => void): void;
  /** Notes how the request ended, stops the clocks. The first note counts. */
  settle(outcome: RequestOutcome): void;
}
