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

/** In the place of a request that was answered and is never sent again. */
const answered: UpstreamRequest = { method: "GET", path: "/", headers: [] };

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

/** One call, from send() to its end, over all its attempts. */
interface CallState {
  request: UpstreamRequest;
  readonly handler: UpstreamHandler;
  readonly context: CallContext;
  readonly startedAt: number;
  phase: Phase;
  controller: Dispatcher.DispatchController | undefined;
  /** Counted among those that need a connection. */
  needy: boolean;
  aborted: boolean;
  paused: boolean;
  /** True while undici's dispatch runs: the caller has no call in its hands yet. */
  dispatching: boolean;
  delimited: boolean;
  bodiless: boolean;
  retries: number;
  mayRepeat: boolean;
  cancelRetry: (() => void) | undefined;
}

function needConnection(call: CallState, needs: boolean): void {
  if (needs === call.needy) return;
  call.needy = needs;
  call.context.onDemand(needs ? 1 : -1);
}

function settle(call: CallState): void {
  call.phase = "over";
  needConnection(call, false);
  call.context.onSettled();
}

function tell(call: CallState, failure: UpstreamFailure): void {
  try {
    call.handler.onFailure(failure);
  } catch (error) {
    rethrowLater(error);
  }
}

/** The handler threw: a bug of ours, which must cost this call and no other. */
function crash(call: CallState, cause: unknown): void {
  if (call.aborted) {
    rethrowLater(cause);
    return;
  }
  if (call.phase !== "over") settle(call);
  call.controller?.abort(callerLeft);
  tell(call, { code: "ZX_INTERNAL", message: "the answer could not be handled", sent: true, cause });
}

/** How long to wait before the call is sent again; undefined where it must not be, or where that can't help. */
function retryDelayMs(call: CallState, { code, sent }: UpstreamFailure): number | undefined {
  if (sent) {
    if (!call.mayRepeat || call.phase === "answered" || code !== "ZX_UPSTREAM_RESET") return undefined;
    call.mayRepeat = false;
    return 0;
  }
  const { retryDelaysMs, now } = call.context;
  const delayMs = retryDelaysMs[call.retries];
  if (delayMs === undefined || !passing.has(code)) return undefined;
  if (now() - call.startedAt + delayMs > RETRY_WINDOW_MS) return undefined;
  call.retries++;
  return delayMs;
}

function fail(call: CallState, error: unknown): void {
  const { phase } = call;
  if (phase === "over") return;
  needConnection(call, false);
  const failure = phase === "waiting" ? unsentFailure(error) : sentFailure(error, phase === "answered", call.context);
  const delayMs = retryDelayMs(call, failure);
  if (delayMs === undefined) {
    settle(call);
    tell(call, failure);
    return;
  }
  call.phase = "waiting";
  call.controller = undefined;
  // Not the clock's timer: that one doesn't keep a command alive, and nothing else does between two attempts.
  const timer = setTimeout(() => attempt(call), delayMs);
  call.cancelRetry = () => clearTimeout(timer);
}

function begin(call: CallState, controller: Dispatcher.DispatchController): void {
  call.controller = controller;
  if (call.phase === "over") {
    controller.abort(callerLeft);
    return;
  }
  call.phase = "sent";
  needConnection(call, false);
  if (call.paused) controller.pause();
  try {
    call.handler.onSend?.();
  } catch (error) {
    crash(call, error);
  }
}

function head(call: CallState, status: number, controller: Dispatcher.DispatchController): void {
  // 103 Early Hints and the like come before the real head.
  if (status < 200 || call.phase === "over") return;
  call.phase = "answered";
  const { method } = call.request;
  const raw = (controller.rawHeaders ?? []) as Buffer[];
  // A stream may stay for minutes: what it needs no more goes, 2 KB of header buffers first of all.
  controller.rawHeaders = null;
  call.request = answered;
  try {
    const { headers, delimited, keepAliveMs } = readAnswerHead(raw);
    call.bodiless = isBodiless(method, status);
    call.delimited = delimited || call.bodiless;
    call.context.onKeepAlive(keepAliveMs);
    call.handler.onHeaders(status, headers);
  } catch (error) {
    crash(call, error);
  }
}

function data(call: CallState, chunk: Buffer): void {
  if (call.phase === "over") return;
  try {
    call.handler.onData(chunk);
  } catch (error) {
    crash(call, error);
  }
}

function end(call: CallState): void {
  if (call.phase === "over") return;
  settle(call);
  try {
    call.handler.onEnd(call.delimited);
  } catch (error) {
    crash(call, error);
  }
}

/** What undici is given: closures once an attempt, none a chunk. */
function exchangeOf(call: CallState): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller) => begin(call, controller),
    onResponseStart: (controller, status) => head(call, status, controller),
    onResponseData: (_controller, chunk) => data(call, chunk),
    onResponseEnd: () => end(call),
    onResponseError(_controller, error) {
      // undici misses the body that the content-length of a 304 speaks of; there is none.
      if (call.phase === "answered" && call.bodiless) end(call);
      else if (call.dispatching) queueMicrotask(() => fail(call, error));
      else fail(call, error);
    },
  };
}

function attempt(call: CallState): void {
  call.cancelRetry = undefined;
  needConnection(call, true);
  call.dispatching = true;
  try {
    call.context.dispatch(call.request, exchangeOf(call));
  } finally {
    call.dispatching = false;
  }
}

/**
 * Sends one request and tells its handler what comes of it.
 * Law 3: it is sent again only while not a byte of it has left, or once more where the request allows it.
 */
export function startCall(request: UpstreamRequest, handler: UpstreamHandler, context: CallContext): UpstreamCall {
  const call: CallState = {
    request,
    handler,
    context,
    startedAt: context.now(),
    phase: "waiting",
    controller: undefined,
    needy: false,
    aborted: false,
    paused: false,
    dispatching: false,
    delimited: true,
    bodiless: false,
    retries: 0,
    mayRepeat: request.retryOnce === true && (request.method === "GET" || request.method === "HEAD"),
    cancelRetry: undefined,
  };
  attempt(call);
  return {
    abort() {
      if (call.phase === "over") return;
      call.aborted = true;
      settle(call);
      call.cancelRetry?.();
      call.controller?.abort(callerLeft);
    },
    pause() {
      call.paused = true;
      call.controller?.pause();
    },
    resume() {
      call.paused = false;
      call.controller?.resume();
    },
  };
}
