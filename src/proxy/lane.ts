import { ZenthrexError } from "../base/errors.ts";
import type { RouteName } from "../catalog/endpoints.ts";
import { countTokensLane } from "./count-tokens-lane.ts";
import type { Exchange } from "./exchange.ts";
import type { Verdict } from "./pass.ts";
import { rawLane } from "./raw-lane.ts";
import { translatedLane } from "./translated-lane.ts";

/** Answers an exchange that was admitted. From here on it ends by itself, whatever happens. */
export type Lane = (exchange: Exchange) => void;

/**
 * The lane of each route that goes upstream: the one seam between the passes and the lanes.
 */
const lanes: Partial<Record<RouteName, (exchange: Exchange) => Lane>> = {
  messages: () => rawLane,
  "chat-completions": ({ lane }) => (lane === "translated" ? translatedLane : rawLane),
  responses: () => translatedLane,
  "count-tokens": () => countTokensLane,
};

/** Hands the exchange to the lane of its route. */
export function lane(exchange: Exchange): Verdict {
  const { route } = exchange.match;
  const choose = route === "unknown" ? undefined : lanes[route];
  if (choose === undefined) throw new ZenthrexError("ZX_ROUTE_UNSUPPORTED", "nothing serves this route");
  choose(exchange)(exchange);
  return "taken";
}
