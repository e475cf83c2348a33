import { nextTick } from "node:process";
import { ZenthrexError } from "../base/errors.ts";
import type { RawHeaders } from "../base/headers.ts";
import { type FrameListener, SseFrameCutter } from "../base/sse-frames.ts";
import { proxyLimits } from "../catalog/limits.ts";
import type { HubStream } from "../formats/types.ts";
import { errorBody } from "./errors.ts";
import { frameText } from "./frame-text.ts";
import { noteAnswer, noteUsage } from "./note-answer.ts";
import { logWarnings, noteWarnings } from "./note-warnings.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { endStreamWithError } from "./stream-relay.ts";
import type { TranslatedRequest } from "./translate-request.ts";
import { sendFailure } from "./translated-failure.ts";

/**
 * Translates an SSE answer frame by frame. The client's stream opens with the first frame that says something: an error event
 * before that keeps its HTTP status; behind it an error is the last frame, and there is no `[DONE]`.
 */
export class TranslatedStreamRelay implements Relay, FrameListener {
  readonly #context: RelayContext;
  readonly #request: TranslatedRequest;
  readonly #headers: RawHeaders;
  readonly #stream: HubStream;
  readonly #cutter: SseFrameCutter;
  /** Where the cutter puts what could be passed on as it is: nothing is. */
  readonly #passed: Uint8Array[] = [];
  /** What waits for the next write: one for each read of the upstream's socket, as a byte string. */
  #text = "";
  #isFlushing = false;
  #isOpen: boolean;
  #isOver = false;

  constructor(context: RelayContext, request: TranslatedRequest, headers: RawHeaders) {
    this.#context = context;
    this.#request = request;
    this.#headers = headers;
    this.#isOpen = context.isStreamOpen;
    this.#stream = request.voice.stream;
    this.#cutter = new SseFrameCutter(this);
  }

  data(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#cutter.push(chunk, this.#passed);
    this.#passed.length = 0;
    if (this.#stream.outcome !== "open") {
      this.#finish();
      return;
    }
    if (this.#text !== "" && !this.#isFlushing) {
      this.#isFlushing = true;
      // In this order: what is queued in the first tick is written in the second.
      nextTick(flush, this);
      this.#context.writer.schedule();
    }
    if (this.#cutter.heldBytes > proxyLimits.maxFrameBytes) {
      this.#context.abortCall();
      this.fail(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API sent an event of more than 64 MiB"));
    }
  }

  onFrame(bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#stream;
    if (stream.outcome !== "open") return;
    const out = stream.push(frameText(bytes, start, end));
    if (out === "" || this.#stream.outcome === "failed") return;
    if (!this.#isOpen) {
      if (out === this.#request.format.ping) return;
      this.#isOpen = true;
    }
    this.#text += out;
  }

  end(): void {
    this.fail(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API's answer ended before its message_stop"));
  }

  fail(error: ZenthrexError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#learn();
    const context = this.#context;
    const { exchange, writer } = context;
    if (!this.#isOpen && !writer.hasBegun) {
      context.refuse(error);
      return;
    }
    exchange.errorCode = error.code;
    this.#queueText();
    endStreamWithError(context, errorBody(error, exchange.format, exchange.id));
    context.settle(error.code === "ZX_SHUTTING_DOWN" ? "interrupted" : "upstream_error");
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#learn();
  }

  /** Hands over what this read of the socket brought. */
  flush(): void {
    this.#isFlushing = false;
    if (this.#text === "") return;
    this.#queueText();
    this.#context.writer.schedule();
  }

  #queueText(): void {
    if (this.#text === "") return;
    this.#context.writer.queue.push(Buffer.from(this.#text, "latin1"));
    this.#text = "";
  }

  /** The upstream's own end, or its failure, has passed. */
  #finish(): void {
    this.#isOver = true;
    this.#learn();
    this.#queueText();
    const context = this.#context;
    const { failure } = this.#stream;
    if (failure !== undefined) {
      sendFailure(context, this.#request.format, this.#headers, failure);
      context.abortCall();
      return;
    }
    context.writer.end();
    context.settle("completed");
    context.letEnd();
    const answer = this.#stream.answer();
    if (answer !== undefined) noteAnswer(context.exchange, this.#request, answer);
  }

  #learn(): void {
    const { exchange } = this.#context;
    const { usage, warnings } = this.#stream;
    noteUsage(exchange, usage);
    noteWarnings(exchange, warnings);
    logWarnings(exchange, warnings);
  }
}

function flush(relay: TranslatedStreamRelay): void {
  relay.flush();
}
