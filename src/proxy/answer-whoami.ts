import { maskSecret } from "../base/redact.ts";
import { endpoints } from "../catalog/endpoints.ts";
import { keyOf } from "./admit.ts";
import { answer, answerJson } from "./answer.ts";
import { isAboutDaemonKey, jsonOf, notApiError, withKeyFix } from "./collected-answer.ts";
import { isErrorBody } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { downstreamHeaders, upstreamHeaders } from "./forwarded-headers.ts";
import { callWhole } from "./upstream-get.ts";

const timeoutMs = 30_000;
const replaced: ReadonlySet<string> = new Set(["content-length", "content-encoding", "content-type"]);

const whoami = endpoints.find((endpoint) => endpoint.route === "whoami");

/** The wallet of the key, as the upstream tells it, with the key masked: the hosted API repeats it in the body. */
export async function answerWhoami(exchange: Exchange): Promise<void> {
  if (whoami === undefined) return;
  const key = keyOf(exchange);
  const headers = upstreamHeaders(exchange.request.rawHeaders, whoami, key);
  const call = callWhole(
    exchange.proxy.options,
    { method: "GET", path: whoami.path + exchange.match.query, headers, retryOnce: true },
    timeoutMs,
  );
  exchange.running = { stop: () => call.abort() };
  const { status, headers: answered, body } = await call.answer;
  const json = jsonOf(body);
  if (json === undefined) throw notApiError(exchange, status, answered);
  const kept = downstreamHeaders(answered, replaced);
  if (status === 401 || status === 402) kept.push("x-should-retry", "false");
  if (isErrorBody(json) && isAboutDaemonKey(status, exchange)) {
    answerJson(exchange, status, withKeyFix(json, status), kept);
    return;
  }
  const { token } = json;
  const shown = typeof token === "string" ? { ...json, token: maskSecret(token) } : json;
  // Whatever field it may stand in: the key itself leaves the daemon in no answer.
  const text = JSON.stringify(shown).replaceAll(key, maskSecret(key));
  answer(exchange, status, ["content-type", "application/json", ...kept], text);
}
