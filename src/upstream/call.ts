import type { Dispatcher } from "undici";
import type { ErrorCode } from "../base/errors.ts";
import { type FailureContext, sentFailure, unsentFailure } from "./answer-failure.ts";
import { isBodiless, readAnswerHead } from "./answer-headers.ts";
import type { UpstreamCall, UpstreamFailure, UpstreamHandler, UpstreamRequest } from "./types.ts";

/** What one call needs of its client. */
export interface CallContext extends FailureContext {
  /** Hands the request to the pool of the moment; may call the handler back before it returns. */
  dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void;
  /** Waits before the retries of a call of which nothing was sent: their number is how often. Units: milliseconds. */
  readonly retryDelaysMs: readonly number[];
  now(): number;
  /** Told by how many the calls that need a connection become more or fewer. */
  onDemand(change: 1 | -1): void;
  /** Told what an answer announces of its connection. */
  onKeepAlive(announcedMs: number | undefined): void;
  /** Told once, when the call is over: answered, failed or aborted. */
  onSettled(): void;
}

/** Failures that may be gone in a moment. A name that doesn't exist, a certificate or a proxy's no stays as it is. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "ZX_UPSTREAM_REFUSED",
  "ZX_UPSTREAM_DNS_TEMPORARY",
  "ZX_UPSTREAM_RESET",
]);
/** All retries begin within this time: the caller is waiting, and has retries of its own. */
const RETRY_WINDOW_MS = 2_000;

/** The reason that undici is given; nobody sees it. */
const callerLeft = new Error("the caller left");

/** For errors that nobody is left to hear of; thrown at once they would end undici's client and with it other calls. */
function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** waiting: not a byte was sent. sent: the first may have left. answered: the head of the answer is there. over: nobody is told more. */
type Phase = "waiting" | "sent" | "answered" | "over";

/**
 * Sends one request and tells its handler what comes of it.
 * Law 3: it is sent again only while not a byte of it has left, or once more where the request allows it.
 */
export function startCall(request: UpstreamRequest, handler: UpstreamHandler, context: CallContext): UpstreamCall {
  const startedAt = context.now();
  let phase: Phase = "waiting";
  let controller: Dispatcher.DispatchController | undefined;
  let needy = false;
  let aborted = false;
  let paused = false;
  let delimited = true;
  let bodiless = false;
  let dispatching = false;
  let retries = 0;
  let mayRepeat = request.retryOnce === true && (request.method === "GET" || request.method === "HEAD");
  let cancelRetry: (() => void) | undefined;

  const needConnection = (needs: boolean): void => {
    if (needs === needy) return;
    needy = needs;
    context.onDemand(needs ? 1 : -1);
  };
  const settle = (): void => {
    phase = "over";
    needConnection(false);
    context.onSettled();
  };
  const tell = (failure: UpstreamFailure): void => {
    try {
      handler.onFailure(failure);
    } catch (error) {
      rethrowLater(error);
    }
  };
  /** The handler threw: a bug of ours, which must cost this call and no other. */
  const crash = (cause: unknown): void => {
    if (aborted) {
      rethrowLater(cause);
      return;
    }
    if (phase !== "over") settle();
    controller?.abort(callerLeft);
    tell({ code: "ZX_INTERNAL", message: "the answer could not be handled", sent: true, cause });
  };
  const retryDelay = ({ code, sent }: UpstreamFailure): number | undefined => {
    if (sent) {
      if (!mayRepeat || phase === "answered" || code !== "ZX_UPSTREAM_RESET") return undefined;
      mayRepeat = false;
      return 0;
    }
    const delayMs = context.retryDelaysMs[retries];
    if (delayMs === undefined || !passing.has(code)) return undefined;
    if (context.now() - startedAt + delayMs > RETRY_WINDOW_MS) return undefined;
    retries++;
    return delayMs;
  };
  const fail = (error: unknown): void => {
    if (phase === "over") return;
    needConnection(false);
    const failure = phase === "waiting" ? unsentFailure(error) : sentFailure(error, phase === "answered", context);
    const delayMs = retryDelay(failure);
    if (delayMs === undefined) {
      settle();
      tell(failure);
      return;
    }
    phase = "waiting";
    controller = undefined;
    // Not the clock's timer: that one doesn't keep a command alive, and nothing else does between two attempts.
    const timer = setTimeout(attempt, delayMs);
    cancelRetry = () => clearTimeout(timer);
  };

  const end = (): void => {
    if (phase === "over") return;
    settle();
    try {
      handler.onEnd(delimited);
    } catch (error) {
      crash(error);
    }
  };

  const exchange: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (phase === "over") {
        started.abort(callerLeft);
        return;
      }
      phase = "sent";
      needConnection(false);
      if (paused) started.pause();
    },
    onResponseStart(started, status) {
      // 103 Early Hints and the like come before the real head.
      if (status < 200 || phase === "over") return;
      phase = "answered";
      try {
        const head = readAnswerHead((started.rawHeaders ?? []) as Buffer[]);
        bodiless = isBodiless(request.method, status);
        delimited = head.delimited || bodiless;
        context.onKeepAlive(head.keepAliveMs);
        handler.onHeaders(status, head.headers);
      } catch (error) {
        crash(error);
      }
    },
    onResponseData(_controller, chunk) {
      if (phase === "over") return;
      try {
        handler.onData(chunk);
      } catch (error) {
        crash(error);
      }
    },
    onResponseEnd: end,
    onResponseError(_controller, error) {
      // undici misses the body that the content-length of a 304 speaks of; there is none.
      if (phase === "answered" && bodiless) end();
      // The caller has no call in its hands yet while it is being dispatched.
      else if (dispatching) queueMicrotask(() => fail(error));
      else fail(error);
    },
  };

  function attempt(): void {
    cancelRetry = undefined;
    needConnection(true);
    dispatching = true;
    try {
      context.dispatch(request, exchange);
    } finally {
      dispatching = false;
    }
  }
  attempt();

  return {
    abort() {
      if (phase === "over") return;
      aborted = true;
      settle();
      cancelRetry?.();
      controller?.abort(callerLeft);
    },
    pause() {
      paused = true;
      controller?.pause();
    },
    resume() {
      paused = false;
      controller?.resume();
    },
  };
}
