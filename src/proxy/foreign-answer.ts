import { ZenthrexError } from "../base/errors.ts";
import { headerValue } from "../base/headers.ts";
import type { AnswerHead } from "./choose-relay.ts";
import { notApiError, replacedErrorBody } from "./collected-answer.ts";
import { requestIdHeaders } from "./errors.ts";
import type { RelayContext } from "./relay.ts";
import { endStreamWithError } from "./stream-relay.ts";

/** Refuses an answer that is not the API's, for its type or for `what`: with its status where that means something to a client, else 502. */
export function refuseForeign(context: RelayContext, answer: AnswerHead, what?: string): void {
  const { exchange, writer } = context;
  const replaced = replacedErrorBody(exchange, answer, what);
  if (replaced === undefined) {
    context.refuse(notApiError(exchange, answer.status, answer.headers, what));
    return;
  }
  exchange.errorCode = "ZX_UPSTREAM_NOT_API";
  if (context.isStreamOpen) {
    endStreamWithError(context, replaced);
    context.settle("upstream_error");
    return;
  }
  const body = Buffer.from(JSON.stringify(replaced));
  const length = String(body.length);
  const headers = ["content-type", "application/json", "content-length", length, ...requestIdHeaders(exchange)];
  const retryAfter = headerValue(answer.headers, "retry-after");
  if (retryAfter !== undefined) headers.push("retry-after", retryAfter);
  if ([401, 402, 403].includes(answer.status)) headers.push("x-should-retry", "false");
  writer.setHead(answer.status, headers);
  writer.queue.push(body);
  writer.end();
  context.settle("upstream_error");
}

/** The error of an answer that points elsewhere: it names the host, and nothing is sent there. */
export function redirectError(context: RelayContext, { status, headers }: AnswerHead): ZenthrexError {
  const from = context.exchange.proxy.options.upstream.origin;
  const location = headerValue(headers, "location") ?? "";
  const to = URL.canParse(location, from) ? new URL(location, from).host : "an unreadable address";
  return new ZenthrexError(
    "ZX_UPSTREAM_REDIRECT",
    `${new URL(from).host} redirected (${status}) to ${to || "no host"}`,
  );
}
