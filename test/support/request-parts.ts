import type { HubRequest } from "../../src/formats/anthropic/hub.ts";
import type { Warning } from "../../src/formats/types.ts";

/** Law 8 excepts turns that are repaired with a warning; a request to continue, or a system text that is asked, is one of them. */
export function isRepaired(warnings: readonly Warning[]): boolean {
  return warnings.some(({ code }) => /^repaired:(?!media_type)|^changed:(prefill|system)$/.test(code));
}

/** A request without its cache breakpoints, which move as a conversation grows. */
export function withoutBreakpoints(request: HubRequest): HubRequest {
  const strip = (_key: string, value: unknown): unknown => (_key === "cache_control" ? undefined : value);
  return JSON.parse(JSON.stringify(request), strip) as HubRequest;
}

/** Everything of a request but its conversation: model, tools, system and settings. */
export const settingsOf = (request: HubRequest): string => JSON.stringify({ ...request, messages: undefined });
