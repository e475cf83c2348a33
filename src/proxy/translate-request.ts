import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject, parseJson } from "../base/json.ts";
import { estimateTokens } from "../catalog/estimate-tokens.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { modelOrNewest } from "../catalog/models.ts";
import type { HubRequest } from "../formats/anthropic/hub.ts";
import { serializeHubRequest } from "../formats/anthropic/serialize-request.ts";
import { strictError } from "../formats/strict-error.ts";
import type { Translation, Warning, WireFormat } from "../formats/types.ts";
import type { Exchange } from "./exchange.ts";
import { logWarnings, noteWarnings } from "./note-warnings.ts";
import { TranslatedVoice } from "./translated-voice.ts";

/** What is kept of a request whose caller wants to go on from its answer by the answer's id. */
export interface RequestToKeep {
  readonly previousId: string | undefined;
  /** Its own input items, as JSON text. */
  readonly input: string;
}

/** A request in the hub's words, and what the way back needs. The conversation itself is only kept as bytes. */
export class TranslatedRequest {
  readonly format: WireFormat;
  readonly body: Buffer;
  /** The caller wants a stream. The upstream always streams. */
  readonly stream: boolean;
  readonly state: unknown;
  /** The request without what only the upstream reads: the last turn is what the answer's thinking is remembered by. */
  readonly question: HubRequest;
  readonly toKeep: RequestToKeep | undefined;
  readonly voice: TranslatedVoice;

  constructor(format: WireFormat, { request, stream, state, storedItems }: Translation<unknown>, source: unknown) {
    const { model, max_tokens } = request;
    this.format = format;
    this.body = Buffer.from(serializeHubRequest(request));
    this.stream = stream;
    this.state = state;
    this.voice = new TranslatedVoice(format, state);
    this.question = { model, max_tokens, messages: request.messages.slice(-1) };
    if (storedItems === undefined) this.toKeep = undefined;
    else {
      const previousId = isJsonObject(source) ? source["previous_response_id"] : undefined;
      this.toKeep = {
        previousId: typeof previousId === "string" ? previousId : undefined,
        input: JSON.stringify(storedItems),
      };
    }
  }
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
  const responses = proxy.responses.of(credential);
  const translation = format.toHub(source, {
    model: modelOrNewest(modelServed),
    nowMs: options.clock.now(),
    autoCache: options.autoCache,
    estimateTokens,
    recallThinking: proxy.thinking.of(credential).recall,
    recallItems: (id) => responses.conversation(id),
    recallItem: (id) => responses.item(id),
  });
  const { warnings } = translation;
  const lost = exchange.match.query === "" ? warnings : [...warnings, lostQuery];
  noteWarnings(exchange, lost);
  logWarnings(exchange, lost);
  const refused = options.strict ? strictError(exchange.warnings) : undefined;
  if (refused !== undefined) throw refused;
  return new TranslatedRequest(format, translation, source);
}
