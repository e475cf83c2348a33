import { ZenthrexError } from "../base/errors.ts";
import type { RawHeaders } from "../base/headers.ts";
import { type FrameListener, SseFrameCutter } from "../base/sse-frames.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { HubAccumulator } from "../formats/anthropic/accumulate.ts";
import type { AccumulatedMessage } from "../formats/anthropic/hub.ts";
import { frameText } from "./frame-text.ts";
import { noteAnswer, noteUsage } from "./note-answer.ts";
import { logWarnings, noteWarnings } from "./note-warnings.ts";
import type { Relay, RelayContext } from "./relay.ts";
import type { TranslatedRequest } from "./translate-request.ts";
import { sendFailure } from "./translated-failure.ts";
import { hubAnswerHeaders } from "./translated-headers.ts";

/** The longest stream that is put together: four times what a caller may send, and far beyond any model's answer. */
const maxStreamBytes = 256 * 1024 * 1024;

/**
 * Puts a streamed answer together for a caller that wants JSON. Nothing is sent before it is whole: an early end is an error
 * with its status, never a short answer.
 */
export class TranslatedBodyRelay implements Relay, FrameListener {
  readonly #context: RelayContext;
  readonly #request: TranslatedRequest;
  readonly #headers: RawHeaders;
  readonly #answer = new HubAccumulator();
  readonly #cutter: SseFrameCutter;
  readonly #passed: Uint8Array[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(context: RelayContext, request: TranslatedRequest, headers: RawHeaders) {
    this.#context = context;
    this.#request = request;
    this.#headers = headers;
    this.#cutter = new SseFrameCutter(this);
  }

  data(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#bytes += chunk.length;
    this.#cutter.push(chunk, this.#passed);
    this.#passed.length = 0;
    if (this.#answer.settled) this.#finish();
    else if (this.#cutter.heldBytes > proxyLimits.maxFrameBytes) this.#tooLarge("an event of more than 64 MiB");
    else if (this.#bytes > maxStreamBytes) this.#tooLarge("an answer of more than 256 MiB");
  }

  onFrame(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#answer.settled) this.#answer.push(frameText(bytes, start, end));
  }

  end(): void {
    this.fail(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API's answer ended before its message_stop"));
  }

  fail(error: ZenthrexError): void {
    if (this.#isOver) return;
    this.leave();
    this.#context.refuse(error);
  }

  leave(): void {
    this.#isOver = true;
    noteUsage(this.#context.exchange, this.#answer.usage);
  }

  #tooLarge(what: string): void {
    this.#context.abortCall();
    this.fail(new ZenthrexError("ZX_UPSTREAM_CUT", `the hosted API sent ${what}`));
  }

  #finish(): void {
    const end = this.#answer.end();
    if (end.kind === "answer") {
      this.#send(end.answer);
      return;
    }
    this.leave();
    sendFailure(this.#context, this.#request.format, this.#headers, end.failure);
    this.#context.abortCall();
  }

  #send(answer: AccumulatedMessage): void {
    const { exchange, writer } = this.#context;
    const { format, state } = this.#request;
    const { body, warnings } = format.fromHub(answer, state);
    const bytes = Buffer.from(JSON.stringify(body));
    this.leave();
    noteWarnings(exchange, warnings);
    logWarnings(exchange, warnings);
    const head = ["content-type", "application/json", "content-length", String(bytes.length)];
    writer.setHead(200, [...head, ...hubAnswerHeaders(exchange, format, this.#headers)]);
    writer.queue.push(bytes);
    writer.end();
    this.#context.settle("completed");
    this.#context.letEnd();
    noteAnswer(exchange, this.#request, answer);
  }
}
