import { estimateRequestTokens } from "../../catalog/estimate-tokens.ts";
import { type Exchange, sendBody, sendRefusal } from "../http/exchange.ts";
import { type ReceivedBody, refuseBody } from "../http/read-body.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import { checkRequest } from "../validation/check-request.ts";
import { admitBody, admitKey, betasOf } from "./admit.ts";

function count(exchange: Exchange, received: ReceivedBody): string | Refusal {
  const account = admitKey(exchange);
  if (isRefusal(account)) return account;
  const admitted = admitBody(exchange, received);
  if (isRefusal(admitted)) return admitted;
  const checked = checkRequest(admitted.body, betasOf(exchange), exchange.state.checks.countTokens);
  if (isRefusal(checked)) return checked;
  return JSON.stringify({ input_tokens: estimateRequestTokens(admitted.body, checked.model.tokenizer) });
}

/**
 * POST /v1/messages/count_tokens: the count that the same request would be billed. Costs nothing, has no limit.
 * Only with a flag: the hosted API doesn't document it. Source of the shape: Anthropic's token counting page.
 */
export function countTokens(exchange: Exchange, received: ReceivedBody): void {
  const counted = count(exchange, received);
  if (typeof counted === "string") sendBody(exchange, 200, counted);
  else if (received.kind === "too-large") refuseBody(exchange, counted);
  else sendRefusal(exchange, counted);
}
