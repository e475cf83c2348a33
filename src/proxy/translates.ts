import type { RouteMatch } from "../catalog/match-route.ts";
import type { ProxyOptions } from "./options.ts";

/** True for requests whose format isn't the upstream's, or shall not be: they take the translated lane. */
export function translates(match: RouteMatch, { chat }: ProxyOptions): boolean {
  return match.route === "responses" || (match.route === "chat-completions" && chat === "translate");
}
