import { type CacheBreakpoint, listBreakpoints } from "../../cache-breakpoints.ts";
import type { MessagesRequest } from "../../messages-request.ts";

const maxBreakpoints = 4;

function checkOrder(breakpoints: readonly CacheBreakpoint[]): string | undefined {
  const firstShort = breakpoints.findIndex((one) => one.lifetime === "5m");
  const late = firstShort === -1 ? undefined : breakpoints.slice(firstShort).find((one) => one.lifetime === "1h");
  if (late === undefined) return undefined;
  return (
    `${late.automatic ? "" : `${late.path}.`}cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' ` +
    "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."
  );
}

/** At most four breakpoints, the longer lived first, and no second lifetime for one block. */
export function checkCacheControl(request: MessagesRequest): string | undefined {
  const breakpoints = listBreakpoints(request);
  if (breakpoints.length > maxBreakpoints) {
    return `A maximum of ${maxBreakpoints} blocks with cache_control may be provided. Found ${breakpoints.length}.`;
  }
  const automatic = breakpoints.find((one) => one.automatic);
  if (automatic !== undefined && breakpoints.some((one) => !one.automatic && one.path === automatic.path)) {
    return `cache_control: the last cacheable block (${automatic.path}) already has a cache_control with another ttl`;
  }
  return checkOrder(breakpoints);
}
