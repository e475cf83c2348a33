import { ZenthrexError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { SseFrameCutter } from "../base/sse-frames.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { errorBody, errorFrame } from "./errors.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { createSseTap } from "./sse-tap.ts";

/**
 * Passes an SSE answer on: whole frames only, byte for byte, and an error frame where the upstream stopped before its terminal event.
 * Both official SDKs take a clean early end for success; on an error frame both raise.
 */
export function createStreamRelay(context: RelayContext): Relay {
  const { exchange, writer } = context;
  const tap = createSseTap(exchange.format);
  const cutter = new SseFrameCutter(tap.onFrame);
  let isOver = false;

  const learn = (): void => {
    exchange.usage = tap.usage ?? exchange.usage;
    exchange.modelServed = tap.model ?? exchange.modelServed;
  };
  const finish = (): void => {
    isOver = true;
    learn();
    // Behind the terminal event nothing can be mistaken any more: what is left goes out as it came.
    if (tap.sawEnd) writer.queue.push(...cutter.takeHeld());
    writer.end();
    context.settle(tap.sawError ? "upstream_error" : "completed");
  };
  const fail = (error: ZenthrexError): void => {
    if (isOver) return;
    if (tap.sawEnd || tap.sawError) {
      finish();
      return;
    }
    isOver = true;
    learn();
    exchange.errorCode = error.code;
    endStreamWithError(context, errorBody(error, exchange.format, exchange.id));
    context.settle(error.code === "ZX_SHUTTING_DOWN" ? "interrupted" : "upstream_error");
  };
  return {
    data(chunk) {
      if (isOver) return;
      cutter.push(chunk, writer.queue);
      if (tap.sawEnd) {
        // Bytes behind the end needn't be frames: no ping may come between them.
        context.stopPings();
        writer.queue.push(...cutter.takeHeld());
      }
      if (writer.queue.length > 0) {
        context.spoke();
        writer.schedule();
      }
      if (cutter.heldBytes > proxyLimits.maxFrameBytes) {
        context.abortCall();
        fail(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API sent an event of more than 64 MiB"));
      }
    },
    end() {
      if (isOver) return;
      if (tap.sawEnd || tap.sawError) finish();
      else
        fail(
          new ZenthrexError("ZX_UPSTREAM_CUT", `the hosted API's stream ended before its ${terminalEvent(context)}`),
        );
    },
    fail,
    leave: learn,
  };
}

function terminalEvent(context: RelayContext): string {
  return context.exchange.format === "anthropic" ? "message_stop" : "[DONE]";
}

/** Ends an open stream with one error frame. The stream then ends well: the frame is what makes the client raise. */
export function endStreamWithError(context: Pick<RelayContext, "exchange" | "writer">, body: JsonObject): void {
  context.writer.queue.push(errorFrame(body, context.exchange.format));
  context.writer.end();
}
