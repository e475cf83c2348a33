import type { RouteName } from "../catalog/endpoints.ts";
import { answer } from "./answer.ts";
import { answerHealth } from "./answer-health.ts";
import { answerModel, answerModels } from "./answer-models.ts";
import { answerCancel, answerInputItems, answerResponse } from "./answer-responses.ts";
import { answerWhoami } from "./answer-whoami.ts";
import type { Exchange } from "./exchange.ts";
import type { Verdict } from "./pass.ts";

/** What is answered without a body: by the daemon itself, or with one small request upstream. */
const answers: Partial<Record<RouteName, (exchange: Exchange) => void | Promise<void>>> = {
  hello: answerHello,
  root: (exchange) => answer(exchange, 200, []),
  health: answerHealth,
  models: answerModels,
  model: answerModel,
  whoami: answerWhoami,
  response: answerResponse,
  "response-input-items": answerInputItems,
  "response-cancel": answerCancel,
};

/** Answers the routes that need no body; hands the others on. */
export function route(exchange: Exchange): Verdict | Promise<Verdict> {
  const name = exchange.match.route;
  const answerRoute = name === "unknown" ? undefined : answers[name];
  if (answerRoute === undefined) return "next";
  const answered = answerRoute(exchange);
  return answered instanceof Promise ? answered.then(() => "taken") : "taken";
}

/** A tool starts: its first request will follow, and shall find a connection ready. */
function answerHello(exchange: Exchange): void {
  exchange.proxy.options.upstream.warm();
  answer(exchange, 200, []);
}
