import { describeAnswer } from "../../classify-answer.ts";
import { cameAtOnce, costOfTinyStreams, firstPieceMs, tinyStream } from "../../tiny-stream.ts";
import { answerHeader, failed, met, oddOf, statusOf, untried, withoutCredential } from "../judging.ts";
import type { Asked, Gateway, Point, PointResult } from "../types.ts";

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
    const costUsd = gateway.mayRunModels === "paid" ? costOfTinyStreams([messages.answer, chat.answer]) : undefined;
    return costUsd === undefined ? result : { ...result, costUsd };
  },
};

export default streams;

function askStream({ ask }: Gateway, format: 0 | 1): Promise<Asked> {
  const { path, credential } = formats[format];
  return ask(path, { body: tinyStream, credential, timeoutMs: 30_000 });
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
  const firstMs = messages.answer.kind === "answer" ? firstPieceMs(messages.answer) : 0;
  const both = hasChat ? "in both formats " : "";
  return met(
    `frames come one by one ${both}(the first after ${firstMs} ms); pings not seen: nothing was silent for 15 s`,
  );
}

function problemOf(asked: Asked, last: RegExp): string | undefined {
  const { answer } = asked;
  if (answer.kind === "failed" || answer.status !== 200) return `a stream is refused: ${describeAnswer(answer)}`;
  const type = answerHeader(asked, "content-type") ?? "none";
  if (!type.startsWith("text/event-stream")) return `a stream comes as ${type} instead of text/event-stream`;
  if (!last.test(answer.body)) return "a stream ends before its last event";
  if (!cameAtOnce(answer)) return undefined;
  return `the whole stream came at once after ${firstPieceMs(answer)} ms: it is gathered on the way, and 300 s of silence end a request`;
}
