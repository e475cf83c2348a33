import { ZenthrexError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import { estimateTokens } from "../catalog/estimate-tokens.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { modelOrNewest } from "../catalog/models.ts";
import type { HubRequest } from "../formats/anthropic/hub.ts";
import { serializeHubRequest } from "../formats/anthropic/serialize-request.ts";
import { strictError } from "../formats/strict-error.ts";
import type { Warning, WireFormat } from "../formats/types.ts";
import type { Exchange } from "./exchange.ts";
import { logWarnings, noteWarnings } from "./note-warnings.ts";

/** A request in the hub's words, and what the way back needs. The conversation itself is only kept as bytes. */
export interface TranslatedRequest {
  readonly format: WireFormat;
  readonly body: Buffer;
  /** The caller wants a stream. The upstream always streams. */
  readonly stream: boolean;
  readonly state: unknown;
  /** The request without what only the upstream reads: the last turn is what the answer's thinking is remembered by. */
  readonly question: HubRequest;
}

const lostQuery: Warning = {
  code: "dropped:query",
  path: "query",
  reason: "the hosted API's Messages route takes no query",
};

/**
 * Translates a request's body; what can't be carried is noted on the exchange.
 * Throws: ZX_BODY_INVALID and ZX_UNTRANSLATABLE, with `param` where they are about a field.
 */
export function translateRequest(exchange: Exchange, format: WireFormat, body: Buffer): TranslatedRequest {
  const { proxy, modelServed, credential } = exchange;
  const { options } = proxy;
  const source = parseJson(body, proxyLimits.maxJsonDepth);
  if (modelServed === undefined) {
    throw new ZenthrexError("ZX_BODY_INVALID", "model must be the name of a model", {
      param: "model",
      fix: "Choose a model of `zenthrex models`.",
    });
  }
  const { request, stream, warnings, state } = format.toHub(source, {
    model: modelOrNewest(modelServed),
    nowMs: options.clock.now(),
    autoCache: options.autoCache,
    estimateTokens,
    recallThinking: proxy.thinking.of(credential).recall,
  });
  const lost = exchange.match.query === "" ? warnings : [...warnings, lostQuery];
  noteWarnings(exchange, lost);
  logWarnings(exchange, lost);
  const refused = options.strict ? strictError(exchange.warnings) : undefined;
  if (refused !== undefined) throw refused;
  const { model, max_tokens } = request;
  return {
    format,
    body: Buffer.from(serializeHubRequest(request)),
    stream,
    state,
    question: { model, max_tokens, messages: request.messages.slice(-1) },
  };
}
