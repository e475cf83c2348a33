import { headerPairs, type RawHeaders } from "../../base/headers.ts";

/** Names that mean the same on both sides. Source: Anthropic "Rate limits, response headers"; OpenAI "Rate limits in headers". */
const renamed: Readonly<Record<string, string>> = {
  "request-id": "x-request-id",
  "anthropic-ratelimit-requests-limit": "x-ratelimit-limit-requests",
  "anthropic-ratelimit-requests-remaining": "x-ratelimit-remaining-requests",
  "anthropic-ratelimit-requests-reset": "x-ratelimit-reset-requests",
  "anthropic-ratelimit-tokens-limit": "x-ratelimit-limit-tokens",
  "anthropic-ratelimit-tokens-remaining": "x-ratelimit-remaining-tokens",
  "anthropic-ratelimit-tokens-reset": "x-ratelimit-reset-tokens",
};

/** A point in time as OpenAI says it: how long until then, in seconds. */
function untilReset(timestamp: string, nowMs: number): string | undefined {
  const atMs = Date.parse(timestamp);
  return Number.isNaN(atMs) ? undefined : `${Math.max(0, Math.ceil((atMs - nowMs) / 1000))}s`;
}

/**
 * The upstream's answer headers in an OpenAI client's words: the request id, the rate limits. Others stay, `retry-after` among them;
 * the maker's own `anthropic-ratelimit-*` that have no counterpart go.
 */
export function headersFromHub(headers: RawHeaders, nowMs: number): RawHeaders {
  const out: string[] = [];
  for (const [name, value] of headerPairs(headers)) {
    const lower = name.toLowerCase();
    const target = renamed[lower];
    if (target === undefined) {
      if (!lower.startsWith("anthropic-")) out.push(name, value);
      continue;
    }
    const told = lower.endsWith("-reset") ? untilReset(value, nowMs) : value;
    if (told !== undefined) out.push(target, told);
  }
  return out;
}
