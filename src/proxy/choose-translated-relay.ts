import { readFailure } from "../formats/anthropic/read-failure.ts";
import { type AnswerHead, createUnlabelledRelay } from "./choose-relay.ts";
import { type AnswerKind, classifyAnswer, contentEncoding, mayBeMislabelled } from "./classify-answer.ts";
import { createCollectRelay } from "./collect-relay.ts";
import { jsonOf, notApiError } from "./collected-answer.ts";
import { createDecodingRelay, decodeBody } from "./decode-answer.ts";
import { asZenthrexError, isErrorBody } from "./errors.ts";
import { redirectError, refuseForeign } from "./foreign-answer.ts";
import type { Relay, RelayContext } from "./relay.ts";
import type { TranslatedRequest } from "./translate-request.ts";
import { TranslatedBodyRelay } from "./translated-body-relay.ts";
import { sendFailure } from "./translated-failure.ts";
import { hubAnswerHeaders } from "./translated-headers.ts";
import { TranslatedStreamRelay } from "./translated-stream-relay.ts";

/** Chooses how an answer of the hub gets to a caller of another format. */
export function chooseTranslatedRelay(
  request: TranslatedRequest,
  context: RelayContext,
  answer: AnswerHead,
): Relay | undefined {
  const kind = classifyAnswer(answer.status, answer.headers);
  if (kind === "redirect") {
    context.abortCall();
    context.refuse(redirectError(context, answer));
    return undefined;
  }
  const isMislabelled = mayBeMislabelled(kind, answer.status, answer.headers);
  const chooseByKind = (_: RelayContext, head: AnswerHead, found: AnswerKind) =>
    relayOfKind(request, context, head, isMislabelled && found === "page" ? "body" : found);
  if ((kind === "unlabelled" || isMislabelled) && contentEncoding(answer.headers) === undefined) {
    return createUnlabelledRelay(context, answer, chooseByKind);
  }
  return relayOfKind(request, context, answer, kind);
}

function relayOfKind(
  request: TranslatedRequest,
  context: RelayContext,
  answer: AnswerHead,
  kind: AnswerKind,
): Relay | undefined {
  const { status, headers } = answer;
  if (kind === "page") {
    context.abortCall();
    refuseForeign(context, answer);
    return undefined;
  }
  if (kind === "stream" && status >= 200 && status < 300) return answerRelay(request, context, answer);
  return createCollectRelay(context, (body) => {
    const encoding = contentEncoding(headers);
    if (encoding === undefined) sendError(request, context, answer, body);
    else {
      decodeBody(encoding, body).then(
        (decoded) => context.guarded(() => sendError(request, context, answer, decoded)),
        (error: unknown) => context.refuse(asZenthrexError(error)),
      );
    }
  });
}

/** The answer that was asked for: as the caller wants it, a stream or whole. */
function answerRelay(request: TranslatedRequest, context: RelayContext, { headers }: AnswerHead): Relay {
  const encoding = contentEncoding(headers);
  let inner: Relay;
  if (request.stream) {
    const told = hubAnswerHeaders(context.exchange, request.format, headers);
    context.writer.setHead(200, [
      "content-type",
      "text/event-stream; charset=utf-8",
      ...["cache-control", "no-cache"],
      ...told,
    ]);
    context.startPings();
    inner = new TranslatedStreamRelay(context, request, headers);
  } else inner = new TranslatedBodyRelay(context, request, headers);
  if (encoding === undefined) return inner;
  const relay = createDecodingRelay(context, encoding, guardedRelay(context, inner), context.source);
  context.useSource(relay);
  return relay;
}

/** A decoder calls back on its own: what a relay throws there must end this request only. */
function guardedRelay(context: RelayContext, inner: Relay): Relay {
  return {
    data: (chunk) => context.guarded(() => inner.data(chunk)),
    end: (delimited) => context.guarded(() => inner.end(delimited)),
    fail: (error) => context.guarded(() => inner.fail(error)),
    leave: () => inner.leave?.(),
  };
}

/** Anything but a stream is an error, whatever its status says: the upstream was asked for a stream. */
function sendError(request: TranslatedRequest, context: RelayContext, answer: AnswerHead, body: Buffer): void {
  const { status, headers } = answer;
  const json = jsonOf(body);
  const isError = status >= 400 && status < 600;
  if (json !== undefined && (isError || isErrorBody(json))) {
    sendFailure(context, request.format, headers, readFailure(status, body.toString("utf8")));
  } else if (isError) refuseForeign(context, answer);
  else context.refuse(notApiError(context.exchange, status, headers));
}
