import { messagesRendering } from "../answer/rendering.ts";
import type { Exchange } from "../http/exchange.ts";
import type { ReceivedBody } from "../http/read-body.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import { checkRequest } from "../validation/check-request.ts";
import { admitBody, betasOf } from "./admit.ts";
import { type ReadRequest, serveInference } from "./serve-inference.ts";

function readMessages(exchange: Exchange, received: ReceivedBody): ReadRequest | Refusal {
  const admitted = admitBody(exchange, received);
  if (isRefusal(admitted)) return admitted;
  const checked = checkRequest(admitted.body, betasOf(exchange), exchange.state.checks.messages);
  return isRefusal(checked) ? checked : { ...checked, rendering: messagesRendering };
}

/** POST /v1/messages. */
export async function postMessages(exchange: Exchange, received: ReceivedBody): Promise<void> {
  await serveInference(exchange, received, readMessages);
}
