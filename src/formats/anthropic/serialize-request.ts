import type { HubRequest } from "./hub.ts";

/**
 * A Messages request as its JSON text. The same request gives the same bytes; `tools`, `system` and `messages` come last and in
 * this order, which is the cache's own, so that a longer conversation's text begins with the shorter one's (law 8).
 */
export function serializeHubRequest(request: HubRequest): string {
  const { tools, system, messages, ...settings } = request;
  return JSON.stringify({ ...settings, tools, system, messages });
}
