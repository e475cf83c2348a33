import { connectionNamed, hopByHop, type RawHeaders } from "../base/headers.ts";
import { documentedAnthropicVersion, type Endpoint } from "../catalog/endpoints.ts";

/** Request headers that never go upstream: both sides are open lists, so this is what is known to be wrong there. */
const refusedUpstream: ReadonlySet<string> = new Set([
  ...hopByHop,
  "host",
  "content-length",
  "expect",
  "cookie",
  "cookie2",
  "origin",
  "forwarded",
  "accept-encoding",
  // Credentials of any vendor: the upstream gets one, ours.
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "x-auth-token",
]);

/** Response headers that never go to a tool. */
const refusedDownstream: ReadonlySet<string> = new Set([...hopByHop, "set-cookie", "set-cookie2"]);

const plainConnection = /^(keep-alive|close)$/i;

/** Names that Connection headers declare hop-by-hop, or undefined where they declare none: nearly always. */
function namedHopByHop(headers: RawHeaders): ReadonlySet<string> | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    if (!plainConnection.test(headers[index + 1] as string)) return connectionNamed(headers);
  }
  return undefined;
}

/** The header block that goes upstream with a credential. Case, order and duplicates of the rest stay; `without` names, lower case, what goes too. */
export function upstreamHeaders(
  headers: RawHeaders,
  endpoint: Endpoint,
  key: string,
  without?: ReadonlySet<string>,
): string[] {
  const named = namedHopByHop(headers);
  const isAnthropic = endpoint.format === "anthropic";
  const kept: string[] = [];
  let hasVersion = false;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const lower = name.toLowerCase();
    if (refusedUpstream.has(lower) || lower.startsWith("sec-") || lower.startsWith("x-forwarded-")) continue;
    if (named?.has(lower) || without?.has(lower)) continue;
    if (isAnthropic && lower === "anthropic-version") {
      hasVersion = true;
      kept.push(name, acceptedVersion(value));
    } else kept.push(name, value);
  }
  if (isAnthropic && !hasVersion) kept.push("anthropic-version", documentedAnthropicVersion);
  kept.push("accept-encoding", "identity");
  kept.push(...credentialHeader(endpoint, key));
  return kept;
}

/** The header that carries the key of a route. */
export function credentialHeader(endpoint: Endpoint, key: string): readonly [string, string] {
  return endpoint.credential === "x-api-key" ? ["x-api-key", key] : ["authorization", `Bearer ${key}`];
}

/** A version newer than the hosted API documents is sent as the documented one. Versions are dates: text order is time order. */
function acceptedVersion(version: string): string {
  return version > documentedAnthropicVersion ? documentedAnthropicVersion : version;
}

/** The header block that goes to the tool. `without` names, lower case, what our own headers replace. */
export function downstreamHeaders(headers: RawHeaders, without: ReadonlySet<string>): string[] {
  const named = namedHopByHop(headers);
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string;
    const lower = name.toLowerCase();
    if (refusedDownstream.has(lower) || without.has(lower) || named?.has(lower)) continue;
    if (lower.startsWith("access-control-") || lower.startsWith("anthropic-ratelimit-unified-")) continue;
    kept.push(name, headers[index + 1] as string);
  }
  return kept;
}

/**
 * The same for an answer with a status: a retry can't help against a key that is refused (401) or a wallet that is empty (402), and
 * clients are told.
 */
export function answeredHeaders(status: number, headers: RawHeaders, without: ReadonlySet<string>): string[] {
  if (status !== 401 && status !== 402) return downstreamHeaders(headers, without);
  return [...downstreamHeaders(headers, new Set([...without, "x-should-retry"])), "x-should-retry", "false"];
}
