// What the soak asks for, and what each answer has to be. Everything follows from the seed.
import { answerText, wholeStream } from "./upstream.mjs";

const MODEL = "claude-haiku-4-5";
const faults = ["error500", "error429", "error529", "resetAtOnce", "reset", "earlyEnd", "errorEvent"];

/** A generator of numbers in [0, 1): mulberry32, the same for the same seed. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The next request: nine in ten answered well, the rest aborted or failing. A third goes through the translated lane. */
export function nextRequest(random, number, { abortShare, faultShare }) {
  const dice = random();
  const aborts = dice < abortShare;
  const fails = !aborts && dice < abortShare + faultShare;
  const kind = aborts
    ? random() < 0.5
      ? "slow"
      : "silent"
    : fails
      ? faults[Math.floor(random() * faults.length)]
      : "ok";
  return { number, kind, aborts, translated: random() < 1 / 3, stream: random() < 0.9 };
}

/** Path and body of a request. */
export function orderOf({ number, kind, translated, stream }) {
  const messages = [{ role: "user", content: `soak:${kind}:${number}` }];
  const body = { model: MODEL, max_tokens: 1000, messages, stream };
  return { path: translated ? "/v1/chat/completions" : "/v1/messages", body: JSON.stringify(body) };
}

function chatText(body) {
  return body
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: {"))
    .map((frame) => JSON.parse(frame.slice("data: ".length)).choices?.[0]?.delta?.content ?? "")
    .join("");
}

function wholeAnswerProblem({ number, translated, stream }, body) {
  const text = answerText(number);
  if (!stream) {
    const answer = JSON.parse(body);
    const said = translated ? answer.choices[0].message.content : answer.content[0].text;
    return said === text ? undefined : "another text";
  }
  if (!translated) return body === wholeStream(number, MODEL) ? undefined : "other bytes than the upstream's";
  if (!body.endsWith("data: [DONE]\n\n")) return "no [DONE]";
  return chatText(body) === text ? undefined : "another text";
}

const statusOf = { error500: [500], error429: [429], error529: [529, 503], resetAtOnce: [502] };

function failureProblem({ kind, translated, stream }, status, body) {
  const expected = statusOf[kind];
  if (expected !== undefined) {
    if (!expected.includes(status)) return `status ${status} instead of ${expected}`;
    return typeof JSON.parse(body).error === "object" ? undefined : "no error in the body";
  }
  if (body.includes("event: message_stop") || body.includes("data: [DONE]"))
    return "an end that the upstream never sent";
  // Without a stream to the client the whole answer fails; in the raw lane the upstream's stream is passed on all the same.
  if (translated && !stream) return status >= 500 ? undefined : `status ${status} for half an answer`;
  if (status !== 200) return `status ${status}`;
  return /event: error\n|data: \{"error"/.test(body) ? undefined : "no error frame";
}

/** What is wrong with an answer, in words; undefined where it is what it has to be. */
export function problemOf(request, { status, body, cut }) {
  if (cut !== undefined) return `the connection broke: ${cut}`;
  try {
    if (request.kind !== "ok") return failureProblem(request, status, body);
    return status === 200 ? wholeAnswerProblem(request, body) : `status ${status}`;
  } catch (error) {
    return `an answer that can't be read: ${error.message}`;
  }
}
