import { ZenthrexError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { BudgetRefusal } from "./options.ts";
import type { Verdict } from "./pass.ts";

/** Refuses what the user's own budget no longer allows, before it costs something. Throws: ZX_BUDGET_SPENT. */
export function budget(exchange: Exchange): Verdict | Promise<Verdict> {
  const { checkBudget } = exchange.proxy.options;
  // A caller's own key is another wallet; counting tokens is free.
  if (checkBudget === undefined || exchange.record === "none" || exchange.credential?.kind === "own") return "next";
  const refusal = checkBudget();
  if (refusal instanceof Promise) return refusal.then((late) => decide(exchange, late));
  return decide(exchange, refusal);
}

function decide(exchange: Exchange, refusal: BudgetRefusal | undefined): Verdict {
  if (refusal === undefined) return "next";
  // The convention for spending limits of gateways: Claude Code shows it at once, and when to come back.
  exchange.answerHeaders.push("retry-after", String(refusal.retryAfterS));
  throw new ZenthrexError("ZX_BUDGET_SPENT", refusal.message);
}
