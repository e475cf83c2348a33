import type { RawHeaders } from "../base/headers.ts";
import { BodyRelay } from "./body-relay.ts";
import {
  type AnswerKind,
  classifyAnswer,
  classifyBytes,
  contentEncoding,
  isDelimited,
  mayBeMislabelled,
} from "./classify-answer.ts";
import { createCollectRelay } from "./collect-relay.ts";
import {
  codeOfStatus,
  isAboutDaemonKey,
  jsonOf,
  keyErrorText,
  lateErrorBody,
  notApiError,
} from "./collected-answer.ts";
import { createDecodingRelay, decodeBody } from "./decode-answer.ts";
import { asZenthrexError, isErrorBody } from "./errors.ts";
import { redirectError, refuseForeign } from "./foreign-answer.ts";
import { answeredHeaders } from "./forwarded-headers.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { endStreamWithError, StreamRelay } from "./stream-relay.ts";

/** The head of an upstream answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: RawHeaders;
}

const nothing: ReadonlySet<string> = new Set();
const lengthOnly: ReadonlySet<string> = new Set(["content-length"]);
const lengthAndEncoding: ReadonlySet<string> = new Set(["content-length", "content-encoding"]);

/** Chooses how an answer is passed on, and prepares the head of ours. */
export function chooseRelay(choice: RelayContext, answer: AnswerHead): Relay | undefined {
  const kind = classifyAnswer(answer.status, answer.headers);
  if (kind === "redirect") {
    choice.abortCall();
    choice.refuse(redirectError(choice, answer));
    return undefined;
  }
  if (choice.isStreamOpen) return lateRelay(choice, answer, kind);
  if (mayBeMislabelled(kind, answer.status, answer.headers) && contentEncoding(answer.headers) === undefined) {
    return createUnlabelledRelay(choice, answer, (context, head, found) =>
      relayOfKind(context, head, found === "stream" ? "stream" : "body"),
    );
  }
  return relayOfKind(choice, answer, kind);
}

function relayOfKind(choice: RelayContext, answer: AnswerHead, kind: AnswerKind): Relay | undefined {
  const encoding = contentEncoding(answer.headers);
  if (kind === "page") {
    choice.abortCall();
    refuseForeign(choice, answer);
    return undefined;
  }
  if (kind === "stream") return openStream(choice, answer, encoding);
  if (encoding !== undefined) {
    return createCollectRelay(choice, (body) => void sendDecoded(choice, answer, encoding, body));
  }
  if (kind === "unlabelled") return createUnlabelledRelay(choice, answer, relayOfKind);
  if (isAboutDaemonKey(answer.status, choice.exchange)) {
    return createCollectRelay(choice, (body) => sendWhole(choice, answer, body));
  }
  choice.writer.setHead(answer.status, answeredHeaders(answer.status, answer.headers, nothing));
  return new BodyRelay(choice, answer, isDelimited(answer.headers));
}

function openStream(choice: RelayContext, answer: AnswerHead, encoding: string | undefined): Relay {
  // No length: pings and an error frame may be added.
  choice.writer.setHead(
    answer.status,
    answeredHeaders(answer.status, answer.headers, encoding === undefined ? lengthOnly : lengthAndEncoding),
  );
  if (encoding !== undefined) return decodedStream(choice, encoding);
  choice.writer.schedule();
  choice.startPings();
  return new StreamRelay(choice);
}

function decodedStream(choice: RelayContext, encoding: string): Relay {
  const inner = new StreamRelay(choice);
  // Pings wait for the first decoded bytes: until then an error can have its status.
  const relay = createDecodingRelay(
    choice,
    encoding,
    {
      leave: () => inner.leave(),
      end: () => inner.end(),
      data: (chunk) =>
        choice.guarded(() => {
          choice.startPings();
          inner.data(chunk);
        }),
      fail(error) {
        if (choice.writer.hasBegun || choice.writer.queue.length > 0) inner.fail(error);
        else choice.refuse(error);
      },
    },
    choice.source,
  );
  choice.useSource(relay);
  return relay;
}

/** The status came after the stream was opened for the waiting client. */
function lateRelay(choice: RelayContext, answer: AnswerHead, kind: AnswerKind): Relay {
  const encoding = contentEncoding(answer.headers);
  if (kind === "stream" && answer.status === 200) {
    return encoding === undefined ? new StreamRelay(choice) : decodedStream(choice, encoding);
  }
  return createCollectRelay(choice, (body) => {
    const onDecoded = (decoded: Buffer): void => {
      const { exchange } = choice;
      const late = answer.status >= 400 ? lateErrorBody(exchange, { ...answer, body: decoded }) : undefined;
      if (late === undefined) choice.refuse(notApiError(exchange, answer.status, answer.headers));
      else {
        noteStatus(choice, answer.status);
        endStreamWithError(choice, late);
        choice.settle("upstream_error");
      }
    };
    void plain(encoding, body).then(
      (decoded) => choice.guarded(() => onDecoded(decoded)),
      (error: unknown) => choice.refuse(asZenthrexError(error)),
    );
  });
}

function plain(encoding: string | undefined, body: Buffer): Promise<Buffer> {
  return encoding === undefined ? Promise.resolve(body) : decodeBody(encoding, body);
}

async function sendDecoded(choice: RelayContext, answer: AnswerHead, encoding: string, body: Buffer): Promise<void> {
  try {
    const decoded = await decodeBody(encoding, body);
    if (jsonOf(decoded) === undefined) refuseForeign(choice, answer);
    else
      sendWhole(
        choice,
        { ...answer, headers: answeredHeaders(answer.status, answer.headers, lengthAndEncoding) },
        decoded,
      );
  } catch (error) {
    choice.refuse(asZenthrexError(error));
  }
}

/** Sends a body that was read whole: verbatim, but with our fix where it speaks of the daemon's key. */
function sendWhole(choice: RelayContext, answer: AnswerHead, body: Buffer): void {
  const json = jsonOf(body);
  const { exchange, writer } = choice;
  const mended =
    isErrorBody(json) && isAboutDaemonKey(answer.status, exchange)
      ? Buffer.from(keyErrorText(json, answer.status, exchange))
      : body;
  noteStatus(choice, answer.status);
  writer.setHead(answer.status, [
    ...answeredHeaders(answer.status, answer.headers, lengthOnly),
    "content-length",
    String(mended.length),
  ]);
  const relay = new BodyRelay(choice, answer, true);
  relay.data(mended);
  relay.end(true);
}

/** Chooses the relay of an answer whose kind is known. */
type ChooseByKind = (choice: RelayContext, answer: AnswerHead, kind: AnswerKind) => Relay | undefined;

/** The relay of an answer that says neither JSON nor SSE: its first bytes decide, however few of them come at once. */
export function createUnlabelledRelay(choice: RelayContext, answer: AnswerHead, chooseByKind: ChooseByKind): Relay {
  let inner: Relay | undefined;
  let isDecided = false;
  let first: Buffer = Buffer.alloc(0);
  const decide = (kind: AnswerKind): void => {
    isDecided = true;
    inner = chooseByKind(choice, answer, kind);
    inner?.data(first);
    first = Buffer.alloc(0);
  };
  return {
    data(chunk) {
      if (isDecided) {
        inner?.data(chunk);
        return;
      }
      first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
      const kind = classifyBytes(first);
      if (kind !== undefined) decide(kind);
    },
    end(delimited) {
      if (!isDecided && first.length > 0) decide("page");
      if (isDecided) inner?.end(delimited);
      else refuseForeign(choice, answer);
    },
    fail(error) {
      if (isDecided) inner?.fail(error);
      else choice.refuse(error);
    },
    leave: () => inner?.leave?.(),
  };
}

function noteStatus(choice: RelayContext, status: number): void {
  if (isAboutDaemonKey(status, choice.exchange)) choice.exchange.errorCode = codeOfStatus(status);
}
