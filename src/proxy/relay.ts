import type { ZenthrexError } from "../base/errors.ts";
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

/** What a relay works with. */
export interface RelayContext {
  readonly exchange: Exchange;
  readonly writer: AnswerWriter;
  /** The client was sent whole frames: from here on it is owed pings. */
  startPings(): void;
  stopPings(): void;
  /** The client was sent something. */
  spoke(): void;
  /** Answers with an error of ours: with its status where nothing was sent, else as the last frame of the open stream. */
  refuse(error: ZenthrexError): void;
  /** Ends the call to the upstream: nothing more of it is wanted. */
  abortCall(): void;
  /** Notes how the request ended, stops the clocks. The first note counts. */
  settle(outcome: RequestOutcome): void;
}
