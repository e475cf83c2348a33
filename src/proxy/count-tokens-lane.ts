import { parseJson } from "../base/json.ts";
import { estimateRequestTokens } from "../catalog/estimate-tokens.ts";
import { modelOrNewest } from "../catalog/models.ts";
import { admittedRequest } from "./admitted.ts";
import { answer, answerError, answerJson } from "./answer.ts";
import { isAboutDaemonKey, jsonOf, keyErrorText, notApiError } from "./collected-answer.ts";
import { asZenthrexError, isErrorBody } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { answeredHeaders, upstreamHeaders } from "./forwarded-headers.ts";
import { bytesWithoutKeys, headersWithoutKeys } from "./key-mask.ts";
import { logBug } from "./log-bug.ts";
import { toolOf } from "./record.ts";
import { secretKeysOf } from "./secret-keys.ts";
import { callWhole, type WholeAnswer } from "./upstream-get.ts";

const timeoutMs = 60_000;
const replaced: ReadonlySet<string> = new Set(["content-length", "content-encoding"]);

/**
 * Counts a request's tokens: by the upstream where it can, else by an estimate of our own that is never low, marked as one.
 * Never by a paid call.
 */
export function countTokensLane(exchange: Exchange): void {
  count(exchange).catch((thrown: unknown) => {
    const error = asZenthrexError(thrown);
    logBug(exchange, error);
    answerError(exchange, error);
  });
}

async function count(exchange: Exchange): Promise<void> {
  const { countTokens } = exchange.proxy;
  const mayForward = await countTokens.mayForward();
  // Whoever left meanwhile wants no count.
  if (exchange.response.destroyed) return;
  if (!mayForward) {
    estimate(exchange);
    return;
  }
  let whole: WholeAnswer;
  try {
    whole = await forward(exchange);
  } catch (error) {
    countTokens.report("unsure");
    throw error;
  }
  if ((whole.status === 404 || whole.status === 405) && !isAboutModel(whole, exchange)) {
    countTokens.report("unsupported");
    estimate(exchange);
    return;
  }
  countTokens.report(whole.status === 200 ? "supported" : "unsure");
  passOn(exchange, whole);
}

async function forward(exchange: Exchange): Promise<WholeAnswer> {
  const { match, request, proxy } = exchange;
  const { endpoint, key, body } = admittedRequest(exchange);
  const headers = upstreamHeaders(request.rawHeaders, endpoint, key);
  const path = endpoint.path + match.query;
  const call = callWhole(proxy.options, { method: "POST", path, headers, body }, timeoutMs);
  exchange.running = { stop: () => call.abort() };
  return await call.answer;
}

/** A 404 may mean the model and not the route. */
function isAboutModel({ body }: WholeAnswer, { modelServed }: Exchange): boolean {
  return modelServed !== undefined && body.includes(modelServed);
}

function passOn(exchange: Exchange, { status, headers, body }: WholeAnswer): void {
  const json = jsonOf(body);
  if (json === undefined || (status >= 300 && status < 400)) throw notApiError(exchange, status, headers);
  const kept = answeredHeaders(status, headersWithoutKeys(headers, secretKeysOf(exchange)), replaced);
  const mended =
    isErrorBody(json) && isAboutDaemonKey(status, exchange)
      ? keyErrorText(json, status, exchange)
      : bytesWithoutKeys(body, secretKeysOf(exchange));
  answer(exchange, status, kept, mended, status === 200 ? "completed" : "upstream_error");
}

function estimate(exchange: Exchange): void {
  const { proxy, modelServed } = exchange;
  const { body } = admittedRequest(exchange);
  const { tokenizer } = modelOrNewest(modelServed ?? "");
  const factor = proxy.calibration.factor(tokenizer, toolOf(exchange));
  const tokens = Math.ceil(estimateRequestTokens(parseJson(body), tokenizer) * factor);
  exchange.lane = "local";
  answerJson(exchange, 200, { input_tokens: tokens }, ["x-zenthrex-estimate", "true"]);
}
