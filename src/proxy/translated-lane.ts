import type { UpstreamRequest } from "../upstream/types.ts";
import { admittedRequest } from "./admitted.ts";
import type { AnswerHead } from "./choose-relay.ts";
import { chooseTranslatedRelay } from "./choose-translated-relay.ts";
import type { Exchange } from "./exchange.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { type LanePlan, runLane, type StreamVoice } from "./run-lane.ts";
import { type TranslatedRequest, translateRequest } from "./translate-request.ts";
import { hubEndpoint, hubRequestHeaders } from "./translated-headers.ts";

/** The plan of the translated lane for one request. */
class TranslatedPlan implements LanePlan {
  readonly request: UpstreamRequest;
  readonly voice: StreamVoice;
  readonly #translated: TranslatedRequest;

  constructor(exchange: Exchange, translated: TranslatedRequest) {
    const { key } = admittedRequest(exchange);
    const endpoint = hubEndpoint();
    this.#translated = translated;
    this.voice = translated.voice;
    this.request = {
      method: "POST",
      path: endpoint.path,
      headers: hubRequestHeaders(exchange.request.rawHeaders, endpoint, key),
      body: translated.body,
    };
  }

  wantsStream(): boolean {
    return this.#translated.stream;
  }

  chooseRelay(context: RelayContext, answer: AnswerHead): Relay | undefined {
    return chooseTranslatedRelay(this.#translated, context, answer);
  }
}

/**
 * The translated lane: the caller's request becomes one of the hub's, the hub's events become the caller's answer. The upstream
 * streams in any case: a long answer that is wanted as JSON runs into no idle timeout.
 * Throws: what can't be translated, before anything is sent.
 */
export function translatedLane(exchange: Exchange): void {
  const { body } = admittedRequest(exchange);
  const { wireFormat } = exchange;
  if (wireFormat === undefined) throw new Error("the translation is not loaded");
  const translated = translateRequest(exchange, wireFormat, body);
  exchange.isStream = translated.stream;
  // The client's own bytes are not needed any more: a long conversation would be kept twice.
  exchange.body = translated.body;
  runLane(exchange, new TranslatedPlan(exchange, translated));
}
