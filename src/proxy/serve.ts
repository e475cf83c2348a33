import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { WireFormatName } from "../catalog/endpoints.ts";
import { matchRoute, type RouteMatch } from "../catalog/match-route.ts";
import { answerError } from "./answer.ts";
import { asZenthrexError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { logBug } from "./log-bug.ts";
import { passes } from "./passes.ts";
import type { ProxyState } from "./proxy-state.ts";
import { endRecord } from "./record.ts";

/** The format of a caller whose path doesn't tell: Anthropic's clients send one of two headers. */
function formatOf(match: RouteMatch, request: IncomingMessage): WireFormatName {
  if (match.format !== undefined) return match.format;
  const { headers } = request;
  if (headers["anthropic-version"] !== undefined || headers["x-api-key"] !== undefined) return "anthropic";
  return match.route === "unknown" && headers.authorization === undefined ? "anthropic" : "openai-chat";
}

function openExchange(
  proxy: ProxyState,
  request: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
): Exchange {
  const match = matchRoute(request.url ?? "/");
  return {
    proxy,
    request,
    response,
    id: `req_zx_${randomUUID().replaceAll("-", "")}`,
    startedAtMs: proxy.options.clock.now(),
    match,
    format: formatOf(match, request),
    awaitsContinue,
    answerHeaders: [],
    warnings: [],
    credential: undefined,
    key: undefined,
    isEncoded: false,
    body: undefined,
    reservedBytes: 0,
    modelAsked: undefined,
    modelServed: undefined,
    isStream: undefined,
    lane: "raw",
    status: 0,
    firstByteAtMs: undefined,
    usage: undefined,
    upstreamRequestId: undefined,
    errorCode: undefined,
    record: "none",
    outcome: undefined,
    stop: undefined,
    interrupt: undefined,
  };
}

/** Takes a request through the passes, and sees to it that it ends once, however it does. */
export function serve(
  proxy: ProxyState,
  request: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
): void {
  const exchange = openExchange(proxy, request, response, awaitsContinue);
  proxy.active.add(exchange);
  response.on("error", () => undefined);
  response.on("close", () => close(exchange));
  runPasses(exchange, 0);
}

/** Runs the passes from one on; waits only where a pass waits. */
function runPasses(exchange: Exchange, first: number): void {
  try {
    for (let index = first; index < passes.length; index++) {
      const verdict = passes[index]?.(exchange);
      if (verdict === "taken") return;
      if (verdict instanceof Promise) {
        verdict.then(
          (settled) => {
            // Whoever left while a pass waited is past caring.
            if (settled === "next" && !exchange.response.destroyed) runPasses(exchange, index + 1);
          },
          (error: unknown) => refuse(exchange, error),
        );
        return;
      }
    }
  } catch (error) {
    refuse(exchange, error);
  }
}

function refuse(exchange: Exchange, thrown: unknown): void {
  const error = asZenthrexError(thrown);
  logBug(exchange, error);
  answerError(exchange, error);
}

/** The end of every request: the answer is out, or the client is gone. */
function close(exchange: Exchange): void {
  const { proxy, response } = exchange;
  if (exchange.outcome === undefined) {
    exchange.outcome = "client_aborted";
    exchange.stop?.("client_aborted");
  } else if (exchange.outcome === "completed" && !response.writableFinished) exchange.outcome = "client_aborted";
  proxy.active.delete(exchange);
  proxy.bufferedBytes -= exchange.reservedBytes;
  exchange.reservedBytes = 0;
  endRecord(exchange);
}
