import { ZenthrexError } from "../base/errors.ts";
import { headerValue, type RawHeaders } from "../base/headers.ts";
import type { JsonObject } from "../base/json.ts";
import { proxyLimits } from "../catalog/limits.ts";
import type { UpstreamCall, UpstreamFailure, UpstreamHandler, UpstreamRequest } from "../upstream/types.ts";
import { AnswerWriter, type Source } from "./answer-writer.ts";
import type { AnswerHead } from "./choose-relay.ts";
import { asZenthrexError, errorBody, errorFrame, renderError, requestIdHeaders } from "./errors.ts";
import type { Exchange, Running } from "./exchange.ts";
import { headersWithoutKeys } from "./key-mask.ts";
import { logBug } from "./log-bug.ts";
import type { RequestOutcome } from "./options.ts";
import { pingFrame } from "./ping-frame.ts";
import { keepStarted } from "./record.ts";
import type { Pausable, Relay, RelayContext } from "./relay.ts";
import { secretKeysOf } from "./secret-keys.ts";
import { type SilenceListener, SilenceWatch } from "./silence-watch.ts";
import { endStreamWithError } from "./stream-relay.ts";

const streamHeaders = ["content-type", "text/event-stream; charset=utf-8", "cache-control", "no-cache"];

/** How a request counts that ended with an error of ours. */
function outcomeOf(error: ZenthrexError): RequestOutcome {
  if (error.code === "ZX_SHUTTING_DOWN") return "interrupted";
  return error.code.startsWith("ZX_UPSTREAM_") ? "upstream_error" : "proxy_error";
}

/** What is said in the caller's open stream beside the answer: its end with an error, and what keeps it open in silence. */
export interface StreamVoice {
  errorFrame(body: JsonObject): Uint8Array;
  ping(): Uint8Array;
}

/** What a lane asks of the upstream, and what it makes of the answer. */
export interface LanePlan {
  readonly request: UpstreamRequest;
  /** Whether the client wants a stream: asked only where nothing else told. */
  wantsStream(): boolean;
  /** Where not said, as the caller's format has it. */
  readonly voice?: StreamVoice;
  /** Chooses how the answer is passed on, and prepares the head of ours. Shape: undefined where it was refused at once. */
  chooseRelay(context: RelayContext, answer: AnswerHead): Relay | undefined;
}

/**
 * What all lanes have in common: one call upstream, its answer through the relay that the lane chooses, the heartbeat, back pressure,
 * and one end, whoever brings it about (laws 3, 4 and 12). Made for every request: see Exchange for why it is a class.
 */
class LaneCall implements UpstreamHandler, RelayContext, Running, Source, SilenceListener {
  readonly exchange: Exchange;
  readonly writer: AnswerWriter;
  isStreamOpen = false;
  /** Undefined once the upstream has answered: a stream may stay for minutes, and the plan holds the request. */
  #plan: LanePlan | undefined;
  readonly #voice: StreamVoice | undefined;
  readonly #watch: SilenceWatch;
  #call: UpstreamCall | undefined = undefined;
  #relay: Relay | undefined = undefined;
  #usedSource: Pausable | undefined = undefined;
  #pings = false;
  #hasEnded = false;
  #cancelLinger: (() => void) | undefined = undefined;
  /** The upstream has sent something since the last write. */
  #hasHeard = false;

  constructor(exchange: Exchange, plan: LanePlan) {
    this.exchange = exchange;
    this.#plan = plan;
    this.#voice = plan.voice;
    this.writer = new AnswerWriter(exchange, this);
    this.#watch = new SilenceWatch(exchange.proxy.options.clock, this);
  }

  send(): void {
    this.exchange.running = this;
    if (this.#plan !== undefined) this.#call = this.exchange.proxy.options.upstream.send(this.#plan.request, this);
  }

  // What the upstream tells.

  onSend(): void {
    keepStarted(this.exchange);
  }

  onHeaders(status: number, told: RawHeaders): void {
    this.exchange.proxy.doing = this.exchange;
    try {
      const headers = headersWithoutKeys(told, secretKeysOf(this.exchange));
      this.#watch.heard();
      this.#watch.answered();
      if (!this.isStreamOpen) this.exchange.isStream = false;
      this.exchange.upstreamRequestId = headerValue(headers, "request-id") ?? headerValue(headers, "x-request-id");
      const plan = this.#plan;
      this.#plan = undefined;
      // By now they were forwarded, and `headers` was made of them: 600 bytes a stream.
      this.exchange.request.rawHeaders = [];
      this.#relay = plan?.chooseRelay(this, { status, headers });
    } catch (thrown) {
      this.#crash(thrown);
    }
  }

  onData(chunk: Buffer): void {
    this.exchange.proxy.doing = this.exchange;
    try {
      // The clock is asked once a write and not for every event: it costs as much as finding the event's end.
      this.#hasHeard = true;
      this.#relay?.data(chunk);
      if (!this.writer.isScheduled) this.#watch.heard();
    } catch (thrown) {
      this.#crash(thrown);
    }
  }

  onEnd(delimited: boolean): void {
    this.#noteEnd();
    try {
      this.#relay?.end(delimited);
    } catch (thrown) {
      this.#crash(thrown);
    }
  }

  onFailure({ code, message, cause }: UpstreamFailure): void {
    this.#noteEnd();
    this.#fail(new ZenthrexError(code, message, { cause }));
  }

  // What the clock tells.

  onLongWait(): void {
    this.guarded(() => this.#openStream());
  }

  #openStream(): void {
    this.exchange.isStream ??= this.#plan?.wantsStream() ?? false;
    if (!this.exchange.isStream) return;
    this.isStreamOpen = true;
    this.writer.setHead(200, [...streamHeaders, ...requestIdHeaders(this.exchange)]);
    // The first one is due at once: the client has heard nothing for 45 s.
    this.startPings();
  }

  onPing(): void {
    if (!this.#pings || this.writer.isWaiting) return;
    this.writer.queue.push(this.#voice?.ping() ?? pingFrame(this.exchange.format));
    this.writer.schedule();
  }

  onTimeout(): void {
    this.abortCall();
    this.#fail(new ZenthrexError("ZX_UPSTREAM_TIMEOUT", "the hosted API sent nothing for 630 s"));
  }

  // What the client's side tells.

  pause(): void {
    this.#watch.hold();
    (this.#usedSource ?? this.#call)?.pause();
  }

  resume(): void {
    this.#watch.release();
    (this.#usedSource ?? this.#call)?.resume();
  }

  wrote(something: boolean): void {
    if (something) this.#watch.spoke(this.#hasHeard);
    else if (this.#hasHeard) this.#watch.heard();
    this.#hasHeard = false;
  }

  stall(): void {
    this.stop("client_stalled");
  }

  broke(thrown: unknown): void {
    this.#crash(thrown);
  }

  stop(outcome: RequestOutcome): void {
    this.#relay?.leave?.();
    this.abortCall();
    this.settle(outcome);
    this.exchange.response.destroy();
  }

  interrupt(): void {
    this.abortCall();
    this.#fail(new ZenthrexError("ZX_SHUTTING_DOWN", "the daemon is shutting down"));
  }

  // What a relay asks for.

  get source(): Pausable {
    return { pause: () => this.#call?.pause(), resume: () => this.#call?.resume() };
  }

  useSource(source: Pausable): void {
    this.#usedSource = source;
  }

  startPings(): void {
    if (this.#pings) return;
    this.#pings = true;
    this.exchange.isStream = true;
    this.#watch.startPings();
  }

  stopPings(): void {
    this.#pings = false;
    this.#watch.stopPings();
  }

  spoke(): void {
    this.#watch.spoke(false);
  }

  abortCall(): void {
    this.#call?.abort();
  }

  letEnd(): void {
    if (this.#hasEnded) return;
    const { clock } = this.exchange.proxy.options;
    this.#cancelLinger ??= clock.after(proxyLimits.lingerMs, () => this.abortCall());
  }

  errorFrame(body: JsonObject): Uint8Array {
    return this.#voice?.errorFrame(body) ?? errorFrame(body, this.exchange.format);
  }

  guarded(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.#crash(thrown);
    }
  }

  settle(outcome: RequestOutcome): void {
    this.#watch.stop();
    this.exchange.outcome ??= outcome;
  }

  refuse(error: ZenthrexError): void {
    const { exchange, writer } = this;
    if (exchange.outcome !== undefined) return;
    exchange.errorCode = error.code;
    if (this.isStreamOpen) endStreamWithError(this, errorBody(error, exchange.format, exchange.id));
    else if (writer.hasBegun) writer.cut();
    else {
      const { status, headers, body } = renderError(error, exchange.format, exchange.id);
      writer.setHead(status, [...headers, "content-length", String(body.length)]);
      writer.queue.length = 0;
      writer.queue.push(body);
      writer.end();
    }
    this.settle(outcomeOf(error));
  }

  #noteEnd(): void {
    this.#hasEnded = true;
    this.#cancelLinger?.();
  }

  #fail(error: ZenthrexError): void {
    if (this.exchange.outcome !== undefined) return;
    logBug(this.exchange, error);
    try {
      if (this.#relay) this.#relay.fail(error);
      else this.refuse(error);
    } catch (thrown) {
      logBug(this.exchange, asZenthrexError(thrown));
      this.stop("proxy_error");
    }
  }

  #crash(thrown: unknown): void {
    this.abortCall();
    this.#fail(asZenthrexError(thrown));
  }
}

/** Sends what a lane planned, and sees the answer through. */
export function runLane(exchange: Exchange, plan: LanePlan): void {
  new LaneCall(exchange, plan).send();
}
