import { ZenthrexError } from "../base/errors.ts";
import { headerValue } from "../base/headers.ts";
import type { UpstreamCall, UpstreamHandler } from "../upstream/types.ts";
import { admittedRequest } from "./admitted.ts";
import { createAnswerWriter, type Source } from "./answer-writer.ts";
import { scanBody } from "./body-scan.ts";
import { chooseRelay, type RelayChoice } from "./choose-relay.ts";
import { asZenthrexError, errorBody, renderError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { upstreamHeaders } from "./forwarded-headers.ts";
import { logBug } from "./log-bug.ts";
import type { RequestOutcome } from "./options.ts";
import { pingFrame } from "./ping-frame.ts";
import type { Relay } from "./relay.ts";
import { watchSilence } from "./silence-watch.ts";
import { endStreamWithError } from "./stream-relay.ts";

const streamHeaders = ["content-type", "text/event-stream; charset=utf-8", "cache-control", "no-cache"];

/**
 * The raw lane: bytes in = bytes out. What changes on the way up is the credential, the host and the path; on the way down
 * nothing but our heartbeat and, where the upstream fails, its consequences.
 */
export function rawLane(exchange: Exchange): void {
  const { endpoint, key, body } = admittedRequest(exchange);
  const { options } = exchange.proxy;
  let relay: Relay | undefined;
  let source: Source | undefined;
  let isStreamOpen = false;
  let call: UpstreamCall | undefined;

  const settle = (outcome: RequestOutcome): void => {
    watch.stop();
    exchange.outcome ??= outcome;
    exchange.interrupt = undefined;
  };
  const abortCall = (): void => call?.abort();
  const writer = createAnswerWriter(
    exchange,
    () => ({ pause: hold, resume: release }),
    () => exchange.stop?.("client_stalled"),
  );
  const hold = (): void => {
    watch.hold();
    (source ?? call)?.pause();
  };
  const release = (): void => {
    watch.heard();
    watch.spoke();
    (source ?? call)?.resume();
  };
  const refuse = (error: ZenthrexError): void => {
    if (exchange.outcome !== undefined) return;
    exchange.errorCode = error.code;
    if (isStreamOpen) endStreamWithError({ exchange, writer }, errorBody(error, exchange.format, exchange.id));
    else if (writer.hasBegun) writer.cut();
    else {
      const rendered = renderError(error, exchange.format, exchange.id);
      writer.setHead(rendered.status, [...rendered.headers, "content-length", String(rendered.body.length)]);
      writer.queue.length = 0;
      writer.queue.push(rendered.body);
      writer.end();
    }
    settle(outcomeOf(error));
  };
  const fail = (error: ZenthrexError): void => {
    if (exchange.outcome !== undefined) return;
    if (relay) relay.fail(error);
    else refuse(error);
  };

  const watch = watchSilence(options.clock, {
    onLongWait() {
      exchange.isStream ??= scanBody(body).stream;
      if (!exchange.isStream) return;
      isStreamOpen = true;
      writer.setHead(200, [...streamHeaders, "request-id", exchange.id]);
      choice.startPings();
      ping();
    },
    onPing: () => ping(),
    onTimeout() {
      abortCall();
      fail(new ZenthrexError("ZX_UPSTREAM_TIMEOUT", "the hosted API sent nothing for 630 s"));
    },
  });
  let pings = false;
  const ping = (): void => {
    if (!pings || writer.isWaiting) return;
    watch.spoke();
    writer.queue.push(pingFrame(exchange.format));
    writer.schedule();
  };
  const choice: RelayChoice = {
    exchange,
    writer,
    get isStreamOpen() {
      return isStreamOpen;
    },
    call: { pause: () => call?.pause(), resume: () => call?.resume() },
    useSource(used) {
      source = used;
    },
    startPings() {
      if (pings) return;
      pings = true;
      exchange.isStream = true;
      watch.startPings();
    },
    stopPings() {
      pings = false;
    },
    spoke: watch.spoke,
    refuse,
    abortCall,
    settle,
  };

  const guarded = (step: () => void): void => {
    try {
      step();
    } catch (thrown) {
      abortCall();
      const error = asZenthrexError(thrown);
      logBug(exchange, error);
      try {
        fail(error);
      } catch {
        exchange.stop?.("proxy_error");
      }
    }
  };
  const handler: UpstreamHandler = {
    onHeaders(status, headers) {
      guarded(() => {
        watch.heard();
        watch.answered();
        exchange.isStream ??= false;
        exchange.upstreamRequestId = headerValue(headers, "request-id") ?? headerValue(headers, "x-request-id");
        relay = chooseRelay(choice, { status, headers });
      });
    },
    onData(chunk) {
      guarded(() => {
        watch.heard();
        relay?.data(chunk);
      });
    },
    onEnd: (delimited) => guarded(() => relay?.end(delimited)),
    onFailure: ({ code, message, cause }) => guarded(() => fail(new ZenthrexError(code, message, { cause }))),
  };

  exchange.stop = (outcome) => {
    relay?.leave?.();
    abortCall();
    settle(outcome);
    exchange.response.destroy();
  };
  exchange.interrupt = () => {
    abortCall();
    fail(new ZenthrexError("ZX_SHUTTING_DOWN", "the daemon is shutting down"));
  };
  call = options.upstream.send(
    {
      method: "POST",
      path: endpoint.path + exchange.match.query,
      headers: upstreamHeaders(exchange.request.rawHeaders, endpoint, key),
      body,
    },
    handler,
  );
}

function outcomeOf(error: ZenthrexError): RequestOutcome {
  if (error.code === "ZX_SHUTTING_DOWN") return "interrupted";
  return error.code.startsWith("ZX_UPSTREAM_") ? "upstream_error" : "proxy_error";
}
