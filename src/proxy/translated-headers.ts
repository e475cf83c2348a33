import { headerValue, type RawHeaders } from "../base/headers.ts";
import { type Endpoint, endpoints } from "../catalog/endpoints.ts";
import type { WireFormat } from "../formats/types.ts";
import type { Exchange } from "./exchange.ts";
import { downstreamHeaders, upstreamHeaders } from "./forwarded-headers.ts";

/** The route that every translated request takes. Throws: where the catalog lacks it, which is a bug. */
export function hubEndpoint(): Endpoint {
  const endpoint = endpoints.find(({ route }) => route === "messages");
  if (endpoint === undefined) throw new Error("the catalog has no messages route");
  return endpoint;
}

/** What a client says of its own body, and of its own vendor's account. */
const notForHub: ReadonlySet<string> = new Set([
  "content-type",
  "content-encoding",
  "openai-organization",
  "openai-project",
  "openai-beta",
]);

/** The header block of a translated request. */
export function hubRequestHeaders(headers: RawHeaders, endpoint: Endpoint, key: string): string[] {
  return [...upstreamHeaders(headers, endpoint, key, notForHub), "content-type", "application/json"];
}

const replaced: ReadonlySet<string> = new Set(["content-type", "content-length", "content-encoding", "cache-control"]);
const replacedWithId: ReadonlySet<string> = new Set([...replaced, "x-request-id"]);

/** The upstream's headers in the caller's words, with a request id of ours where the upstream names none. Shape: no type, no length. */
export function hubAnswerHeaders(exchange: Exchange, format: WireFormat, headers: RawHeaders): string[] {
  const hasId = headerValue(headers, "request-id") !== undefined;
  const kept = downstreamHeaders(headers, hasId ? replacedWithId : replaced);
  const told = [...format.headersFromHub(kept, exchange.proxy.options.clock.now())];
  if (headerValue(told, "x-request-id") === undefined) told.push("x-request-id", exchange.id);
  return told;
}
