import { findAnsweringModel } from "../../../catalog/models.ts";
import { describeAnswer } from "../../classify-answer.ts";
import { answerHeader, failed, met, oddOf, statusOf, untried, withoutCredential } from "../judging.ts";
import type { Asked, Gateway, Point, PointResult } from "../types.ts";

const MODEL = "claude-haiku-4-5";

/** A sandbox paces its answer as told; a model counts, which takes it a moment too. */
const PROMPT = "Count from one to twelve. [[sandbox:deltas 6]] [[sandbox:pace 40]]";

const body = { model: MODEL, max_tokens: 48, stream: true, messages: [{ role: "user", content: PROMPT }] };

/** Frames of an answer that takes this long don't come within one moment by themselves. */
const BURST_MS = 5;
const SLOW_MS = 120;

const formats = [
  { path: "/v1/messages?beta=true", credential: "x-api-key", last: /event: ?message_stop/ },
  { path: "/v1/chat/completions", credential: "authorization", last: /data: ?\[DONE\]/ },
] as const;

const streams: Point = {
  code: "streams",
  title: "Streams not buffered",
  async run(gateway) {
    const unable = withoutCredential(gateway);
    if (unable !== undefined) return unable;
    if (gateway.mayRunModels === "no") return untried("needs --live: one tiny paid call in each format");
    const [messages, chat] = await Promise.all([askStream(gateway, 0), askStream(gateway, 1)]);
    const result = judge(messages, chat);
    const costUsd = gateway.mayRunModels === "paid" ? costOf([messages, chat]) : undefined;
    return costUsd === undefined ? result : { ...result, costUsd };
  },
};

export default streams;

function askStream({ ask }: Gateway, format: 0 | 1): Promise<Asked> {
  const { path, credential } = formats[format];
  return ask(path, { body, credential, timeoutMs: 30_000 });
}

/** Only the first format is asked for by the contract; the other is judged where it is there. */
function judge(messages: Asked, chat: Asked): PointResult {
  const odd = oddOf(messages);
  if (odd !== undefined) return odd;
  const hasChat = statusOf(chat) === 200;
  const asked = hasChat ? [messages, chat] : [messages];
  for (const [index, each] of asked.entries()) {
    const problem = problemOf(each, formats[index]?.last ?? /$^/);
    if (problem !== undefined) return failed(`${index === 0 ? "" : "Chat Completions: "}${problem}`, each);
  }
  const first = messages.answer.kind === "answer" ? messages.answer.arrivalsMs[0] : undefined;
  const both = hasChat ? "in both formats " : "";
  return met(
    `frames come one by one ${both}(the first after ${Math.round(first ?? 0)} ms); pings not seen: nothing was silent for 15 s`,
  );
}

function problemOf(asked: Asked, last: RegExp): string | undefined {
  const { answer } = asked;
  if (answer.kind === "failed" || answer.status !== 200) return `a stream is refused: ${describeAnswer(answer)}`;
  const type = answerHeader(asked, "content-type") ?? "none";
  if (!type.startsWith("text/event-stream")) return `a stream comes as ${type} instead of text/event-stream`;
  if (!last.test(answer.body)) return "a stream ends before its last event";
  const [begin, end] = [answer.arrivalsMs[0] ?? answer.tookMs, answer.arrivalsMs.at(-1) ?? answer.tookMs];
  if (end - begin > BURST_MS || end < SLOW_MS) return undefined;
  return `the whole stream came at once after ${Math.round(begin)} ms: it is gathered on the way, and 300 s of silence end a request`;
}

/** Units: USD at list prices; undefined where an answer named no usage. */
function costOf(asked: readonly Asked[]): number | undefined {
  const prices = findAnsweringModel(MODEL)?.prices;
  if (prices === undefined) return undefined;
  let known: number | undefined;
  for (const { answer } of asked) {
    if (answer.kind !== "answer" || answer.status !== 200) continue;
    const input = Math.max(0, ...numbers(answer.body, /"(?:input|prompt)_tokens":\s*(\d+)/g));
    const output = Math.max(0, ...numbers(answer.body, /"(?:output|completion)_tokens":\s*(\d+)/g));
    // A chat stream doesn't say what it used unless asked: the same call cost what the first did.
    const isSilent = input === 0 && output === 0;
    known = (known ?? 0) + (isSilent ? (known ?? 0) : (input * prices.input + output * prices.output) / 1_000_000);
  }
  return known;
}

function numbers(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(([, digits]) => Number(digits)).filter((each) => Number.isFinite(each));
}
