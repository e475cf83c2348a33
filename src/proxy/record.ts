import { redact } from "../base/redact.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { costUsd } from "../catalog/price.ts";
import { toolName } from "../catalog/tool-names.ts";
import { scanBody } from "./body-scan.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestRecord } from "./options.ts";
import { sayOnce } from "./proxy-state.ts";

const maxTools = 1_000;

/** The tool that asks, remembered by User-Agent: thirty patterns a request would cost more than the gate. */
export function toolOf({ request, proxy }: Exchange): string {
  const userAgent = request.headers["user-agent"] ?? "";
  const known = proxy.toolNames.get(userAgent);
  if (known !== undefined) return known;
  if (proxy.toolNames.size >= maxTools) proxy.toolNames.clear();
  const name = toolName(userAgent);
  proxy.toolNames.set(userAgent, name);
  return name;
}

/** Tells the sink that an inference request begins. Called before the first byte goes upstream; again is nothing. */
export function startRecord(exchange: Exchange): void {
  if (exchange.record !== "pending") return;
  exchange.record = "started";
  const { id, startedAtMs, match, modelAsked } = exchange;
  const tool = toolOf(exchange);
  const named = modelAsked === undefined ? {} : { modelAsked };
  guarded(exchange, () => exchange.proxy.options.sink.started({ id, startedAtMs, route: match.route, tool, ...named }));
}

/** Tells the sink that a request is about to go upstream. */
export function keepStarted(exchange: Exchange): void {
  if (exchange.record === "started") guarded(exchange, () => exchange.proxy.options.sink.sending?.());
}

/** Tells the sink how an inference request ended: exactly once, and never without its beginning. */
export function endRecord(exchange: Exchange): void {
  startRecord(exchange);
  if (exchange.record !== "started") return;
  exchange.record = "ended";
  guarded(exchange, () => exchange.proxy.options.sink.ended(recordOf(exchange)));
}

/** A record that can't be kept is no reason not to answer. */
function guarded({ proxy, id }: Exchange, tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!sayOnce(proxy, "sink")) return;
    const why = error instanceof Error ? error.message : String(error);
    proxy.options.log({
      level: "error",
      message: `requests are not recorded: ${redact(why)}`,
      fields: { request: id },
    });
  }
}

/** Nobody had to know so far: the request failed before an answer came. */
function askedForStream({ body, isEncoded }: Exchange): boolean {
  return body !== undefined && !isEncoded && scanBody(body, proxyLimits.maxJsonDepth).stream;
}

/** A whole answer whose cost the upstream didn't tell: known to be unknown, and never guessed. */
const usageUnknown = {
  code: "usage-unknown",
  path: "usage",
  reason: "the upstream reported no usage (Chat Completions streams do so only with stream_options.include_usage)",
} as const;

function lacksUsage({ usage, outcome, status }: Exchange): boolean {
  return usage === undefined && outcome === "completed" && status < 400;
}

/** A clock that was set back meanwhile makes nothing end before it began. */
function sinceStart({ startedAtMs }: Exchange, atMs: number): number {
  return Math.max(0, atMs - startedAtMs);
}

function recordOf(exchange: Exchange): RequestRecord {
  const { startedAtMs, firstByteAtMs, modelAsked, modelServed, usage, upstreamRequestId, errorCode } = exchange;
  const cost = usage && modelServed !== undefined ? costUsd(modelServed, usage) : undefined;
  return {
    id: exchange.id,
    startedAtMs,
    route: exchange.match.route,
    lane: exchange.lane,
    tool: toolOf(exchange),
    stream: exchange.isStream ?? askedForStream(exchange),
    status: exchange.status,
    outcome: exchange.outcome ?? "proxy_error",
    durationMs: sinceStart(exchange, exchange.proxy.options.clock.now()),
    warnings: lacksUsage(exchange) ? [...exchange.warnings, usageUnknown] : exchange.warnings,
    ...(modelAsked === undefined ? {} : { modelAsked }),
    ...(modelServed === undefined ? {} : { modelServed }),
    ...(firstByteAtMs === undefined ? {} : { firstByteMs: sinceStart(exchange, firstByteAtMs) }),
    ...(usage === undefined ? {} : { usage }),
    ...(cost === undefined ? {} : { costUsd: cost }),
    ...(exchange.credential?.kind === "own" ? { ownKey: true } : {}),
    ...(upstreamRequestId === undefined ? {} : { upstreamRequestId }),
    ...(errorCode === undefined ? {} : { errorCode }),
  };
}
