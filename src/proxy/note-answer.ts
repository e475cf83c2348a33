import type { HubMessage, HubRequest, HubUsage } from "../formats/anthropic/hub.ts";
import type { Exchange } from "./exchange.ts";
import { anthropicUsage } from "./usage.ts";

/** Notes what an answer cost, as far as the upstream told: also of one that broke off. */
export function noteUsage(exchange: Exchange, usage: HubUsage): void {
  if (Object.keys(usage).length > 0) exchange.usage = anthropicUsage(usage);
}

/** Notes a whole answer: which model gave it, and what it thought, for when the client sends it back without. */
export function noteAnswer(exchange: Exchange, question: HubRequest, message: HubMessage): void {
  if (message.model !== "") exchange.modelServed = message.model;
  exchange.proxy.thinking.of(exchange.credential).remember(question, message);
}
