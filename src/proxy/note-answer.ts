import type { AccumulatedMessage, HubUsage } from "../formats/anthropic/hub.ts";
import type { Exchange } from "./exchange.ts";
import type { TranslatedRequest } from "./translate-request.ts";
import { anthropicUsage } from "./usage.ts";

/** Notes what an answer cost, as far as the upstream told: also of one that broke off. */
export function noteUsage(exchange: Exchange, usage: HubUsage): void {
  if (Object.keys(usage).length > 0) exchange.usage = anthropicUsage(usage);
}

/**
 * Notes a whole answer: which model gave it, what it thought, for when the client sends it back without, and all of it where the
 * caller wants it kept.
 */
export function noteAnswer(exchange: Exchange, request: TranslatedRequest, answer: AccumulatedMessage): void {
  const { message } = answer;
  const { proxy, credential } = exchange;
  if (message.model !== "") exchange.modelServed = message.model;
  proxy.thinking.toKeepIn(credential).remember(request.question, message);
  if (request.toKeep === undefined) return;
  const { body } = request.format.fromHub(answer, request.state);
  const { id } = body;
  if (typeof id === "string") proxy.responses.toKeepIn(credential).keep({ ...request.toKeep, id, body });
}
