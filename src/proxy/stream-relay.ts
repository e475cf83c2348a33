import { ZenthrexError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { SseFrameCutter } from "../base/sse-frames.ts";
import { proxyLimits } from "../catalog/limits.ts";
import type { Feeder } from "./answer-writer.ts";
import { errorBody } from "./errors.ts";
import { bytesWithoutKeys, KeyMask } from "./key-mask.ts";
import { logWarnings } from "./note-warnings.ts";
import type { RecordedWarning } from "./options.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { secretKeysOf } from "./secret-keys.ts";
import { SseTap } from "./sse-tap.ts";

/** The client has all of the answer, and so does its bill: an error behind it makes neither undone. */
const lateError: RecordedWarning = {
  code: "late-error",
  path: "stream",
  reason: "the hosted API sent an error behind the end of a whole answer; some clients fail on it",
};

/**
 * Passes an SSE answer on: whole frames only, byte for byte, and an error frame where the upstream stopped before its terminal event.
 * Both official SDKs take a clean early end for success; on an error frame both raise.
 */
export class StreamRelay implements Relay, Feeder {
  readonly #context: RelayContext;
  readonly #tap: SseTap;
  readonly #cutter: SseFrameCutter;
  /** What came since the last write. */
  readonly #pending: Buffer[] = [];
  /** Of what comes behind the terminal event: it belongs to no answer, and can be an error that speaks of what was sent. */
  #tail: KeyMask | undefined = undefined;
  #isOver = false;
  #cancelWait: (() => void) | undefined = undefined;

  constructor(context: RelayContext) {
    this.#context = context;
    this.#tap = new SseTap(context.exchange.format);
    this.#cutter = new SseFrameCutter(this.#tap);
    context.writer.feeder = this;
  }

  data(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#pending.push(chunk);
    this.#context.writer.schedule();
  }

  /** Looks at all that one read of the socket brought at once: for many events that costs a third of looking at each. */
  feed(): void {
    try {
      this.#drain();
    } catch (thrown) {
      this.#context.guarded(() => {
        throw thrown;
      });
    }
  }

  end(): void {
    this.#drain();
    if (this.#isOver) return;
    if (this.#tap.sawEnd || this.#tap.sawError) this.#finish();
    else {
      const terminal = this.#context.exchange.format === "anthropic" ? "message_stop" : "[DONE]";
      this.#giveUp(new ZenthrexError("ZX_UPSTREAM_CUT", `the hosted API's stream ended before its ${terminal}`));
    }
  }

  fail(error: ZenthrexError): void {
    this.#drain();
    if (this.#isOver) return;
    if (this.#tap.sawEnd || this.#tap.sawError) this.#finish();
    else this.#giveUp(error);
  }

  leave(): void {
    this.#drain();
    this.#over();
    this.#learn();
  }

  #learn(): void {
    const { exchange } = this.#context;
    exchange.usage = this.#tap.usage ?? exchange.usage;
    exchange.modelServed = this.#tap.model ?? exchange.modelServed;
  }

  #drain(): void {
    const pending = this.#pending;
    if (this.#isOver || pending.length === 0) return;
    const { writer } = this.#context;
    const bytes = pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending);
    pending.length = 0;
    const first = writer.queue.length;
    const wasWhole = this.#tap.sawEnd;
    this.#cutter.push(bytes, writer.queue);
    if (this.#tap.sawError) this.#maskKey(first);
    if (this.#tap.sawEnd) {
      // Bytes behind the end needn't be frames: no ping may come between them.
      this.#context.stopPings();
      const held = this.#cutter.takeHeld();
      writer.queue.push(...held);
      if (wasWhole || this.#tap.sawLateError || held.length > 0) this.#maskTail(first);
      this.#waitForEnd();
    }
    if (this.#cutter.heldBytes <= proxyLimits.maxFrameBytes) return;
    this.#context.abortCall();
    this.#giveUp(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API sent an event of more than 64 MiB"));
  }

  /** The upstream has said all and doesn't end: pings are over by now, and its silence is not passed on instead of them. */
  #waitForEnd(): void {
    this.#cancelWait?.();
    this.#cancelWait = this.#context.exchange.proxy.options.clock.after(proxyLimits.pingAfterSilenceMs, () =>
      this.#context.guarded(() => {
        if (this.#isOver) return;
        this.#finish();
        this.#context.abortCall();
      }),
    );
  }

  #over(): void {
    this.#isOver = true;
    this.#cancelWait?.();
  }

  /** An error event speaks of what was sent: the key in it goes no further. Frames are queued whole, so it stands in what was just queued. */
  #maskKey(first: number): void {
    const { queue } = this.#context.writer;
    const bytes = Buffer.concat(queue.slice(first));
    const masked = bytesWithoutKeys(bytes, secretKeysOf(this.#context.exchange));
    if (masked !== bytes) queue.splice(first, queue.length - first, masked);
  }

  /** Bytes behind the end come in any pieces: what may be the key's beginning waits for the next one. */
  #maskTail(first: number): void {
    const { queue } = this.#context.writer;
    this.#tail ??= new KeyMask(secretKeysOf(this.#context.exchange));
    const masked = this.#tail.push(Buffer.concat(queue.slice(first)));
    queue.splice(first, queue.length - first, ...(masked.length > 0 ? [masked] : []));
  }

  #giveUp(error: ZenthrexError): void {
    this.#over();
    this.#learn();
    const { exchange } = this.#context;
    exchange.errorCode = error.code;
    endStreamWithError(this.#context, errorBody(error, exchange.format, exchange.id));
    this.#context.settle(error.code === "ZX_SHUTTING_DOWN" ? "interrupted" : "upstream_error");
  }

  #finish(): void {
    this.#over();
    this.#learn();
    const { writer, exchange } = this.#context;
    const rest = this.#tail?.rest();
    if (rest !== undefined && rest.length > 0) writer.queue.push(rest);
    writer.end();
    // The error went out as it came; the record says that there was one behind a status of 200.
    if (this.#tap.sawError) exchange.errorCode = "ZX_UPSTREAM_STATUS";
    else if (this.#tap.sawLateError) {
      exchange.warnings.push(lateError);
      logWarnings(exchange, [lateError]);
    }
    this.#context.settle(this.#tap.sawError ? "upstream_error" : "completed");
  }
}

/** Ends an open stream with one error frame. The stream then ends well: the frame is what makes the client raise. */
export function endStreamWithError(context: RelayContext, body: JsonObject): void {
  context.writer.queue.push(context.errorFrame(body));
  context.writer.end();
}
