import { encodeSseEvent } from "../../base/sse-event.ts";
import { matchRoute } from "../../catalog/match-route.ts";
import openaiChat from "../../formats/openai-chat/index.ts";
import { type Refusal, refusalBody } from "../refusal.ts";
import { pingFrame } from "./render-message.ts";

/** An error as a whole answer. */
interface ErrorAnswer {
  readonly status: number;
  readonly body: string;
}

/** How an API of the two words what is not a message: errors, pings, headers. */
export interface AnswerForm {
  error(refusal: Refusal, requestId: string): ErrorAnswer;
  /** An error in the middle of a stream, as one frame. */
  errorFrame(refusal: Refusal, requestId: string): string;
  readonly pingFrame: string;
  /** The headers of an answer, of which `request-id` and `anthropic-ratelimit-*` have other names elsewhere. */
  headers(headers: Readonly<Record<string, string>>, nowMs: number): Readonly<Record<string, string>>;
}

const messagesForm: AnswerForm = {
  error: (refusal, requestId) => ({ status: refusal.status, body: refusalBody(refusal, requestId) }),
  errorFrame: (refusal, requestId) => encodeSseEvent(refusalBody(refusal, requestId), "error"),
  pingFrame,
  headers: (headers) => headers,
};

/** All four keys of an OpenAI error; its own param wins over the one that the message names. */
function openaiError({ status, type, message, param }: Refusal): ErrorAnswer {
  const told = openaiChat.errorFromHub({ status, type, message });
  const error = { ...(told.body["error"] as object), ...(param === undefined ? {} : { param }) };
  return { status: told.status, body: JSON.stringify({ error }) };
}

function chatHeaders(headers: Readonly<Record<string, string>>, nowMs: number): Record<string, string> {
  const flat = openaiChat.headersFromHub(Object.entries(headers).flat(), nowMs);
  const told: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) told[flat[index] ?? ""] = flat[index + 1] ?? "";
  return told;
}

const chatForm: AnswerForm = {
  error: openaiError,
  errorFrame: (refusal) => encodeSseEvent(openaiError(refusal).body),
  pingFrame: openaiChat.ping,
  headers: chatHeaders,
};

/** The form in which whoever asks for a path reads its answer; routes that both kinds of client use speak Anthropic's. */
export function formOf(path: string): AnswerForm {
  return matchRoute(path).format === "openai-chat" ? chatForm : messagesForm;
}
