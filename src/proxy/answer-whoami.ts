import { maskSecret } from "../base/redact.ts";
import { endpoints } from "../catalog/endpoints.ts";
import { keyOf } from "./admit.ts";
import { answer } from "./answer.ts";
import { isAboutDaemonKey, jsonOf, notApiError, withKeyFix } from "./collected-answer.ts";
import { isErrorBody } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { answeredHeaders, upstreamHeaders } from "./forwarded-headers.ts";
import { headersWithoutKeys } from "./key-mask.ts";
import { secretKeysOf } from "./secret-keys.ts";
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
  if (json === undefined || (status >= 300 && status < 400)) throw notApiError(exchange, status, answered);
  const { token } = json;
  const shown = typeof token === "string" ? { ...json, token: maskSecret(token) } : json;
  const mended = isErrorBody(shown) && isAboutDaemonKey(status, exchange) ? withKeyFix(shown, status) : shown;
  // Whatever field it may stand in: the key itself leaves the daemon in no answer.
  const text = [key, ...secretKeysOf(exchange)].reduce(
    (rest, secret) => rest.replaceAll(secret, maskSecret(secret)),
    JSON.stringify(mended),
  );
  const told = [
    "content-type",
    "application/json",
    ...answeredHeaders(status, headersWithoutKeys(answered, secretKeysOf(exchange)), replaced),
  ];
  answer(exchange, status, told, text, status === 200 ? "completed" : "upstream_error");
}
