import { documentedAnthropicVersion } from "../../catalog/endpoints.ts";
import { describeAnswer } from "../classify-answer.ts";
import { cameAtOnce, costOfTinyStreams, firstPieceMs, tinyStream } from "../tiny-stream.ts";
import type { EarlyProbe, ProbeAnswer, ProbeContext, ProbeRequest, ProbeResult } from "../types.ts";

const BODY = JSON.stringify(tinyStream);
const MESSAGES_PATH = "/v1/messages";
const messages = {
  method: "POST",
  credential: "x-api-key",
  headers: ["content-type", "application/json", "anthropic-version", documentedAnthropicVersion],
  body: BODY,
} satisfies Omit<ProbeRequest, "url">;
const chat = {
  method: "POST",
  credential: "authorization",
  headers: ["content-type", "application/json"],
  body: BODY,
} satisfies Omit<ProbeRequest, "url">;

const stream: EarlyProbe = {
  code: "stream",
  title: "Streaming",
  dependsOn: ["key", "api", "auth", "wallet"],
  isEarly: true,
  async run({ live, askSandbox, machine }) {
    if (live) return askHostedApi(await machine());
    if (askSandbox === undefined) return { status: "skip", finding: "see --live" };
    return judge(await askSandbox({ ...messages, path: MESSAGES_PATH }), "against a sandbox in this process");
  },
};

export default stream;

/** One tiny paid call in each format; never where the key or the wallet is known to be bad. */
async function askHostedApi(context: ProbeContext): Promise<ProbeResult> {
  for (const code of ["auth", "wallet"]) {
    const { status } = await context.resultOf(code);
    if (status === "fail") return { status: "skip", finding: `nothing is spent while "${code}" fails` };
  }
  const { origin } = context.target;
  const requests: ProbeRequest[] = [
    { ...messages, url: `${origin}${MESSAGES_PATH}` },
    { ...chat, url: `${origin}/v1/chat/completions` },
  ];
  const answers = await Promise.all(requests.map((request) => context.request(request)));
  const costUsd = costOfTinyStreams(answers);
  const judged = answers.map((answer) => judge(answer, new URL(origin).host));
  const worst = judged.find(({ status }) => status === "fail") ?? judged[0];
  const paid = costUsd === undefined ? "" : `; the two calls cost about $${costUsd.toFixed(6)}`;
  return worst === undefined
    ? { status: "skip", finding: "not tried" }
    : { ...worst, finding: `${worst.finding}${paid}`, curl: requests };
}

function judge(answer: ProbeAnswer, where: string): ProbeResult {
  if (answer.kind === "failed" || answer.status !== 200) {
    const finding = `a streamed answer was refused (${describeAnswer(answer)}), ${where}`;
    return { status: "fail", cause: "stream-broken", finding, fix: { command: "zenthrex doctor --only formats" } };
  }
  const isWhole = /event: ?message_stop|data: ?\[DONE\]/.test(answer.body);
  if (!isWhole) {
    const finding = `a stream ended before its last event, ${where}: something on the way cuts it`;
    return {
      status: "fail",
      cause: "stream-broken",
      finding,
      fix: { command: "zenthrex doctor --live --only stream" },
    };
  }
  const firstMs = firstPieceMs(answer);
  if (cameAtOnce(answer)) {
    return {
      status: "fail",
      cause: "stream-buffered",
      finding: `the whole stream came at once after ${firstMs} ms, ${where}: a proxy, VPN or antivirus on the way gathers it`,
      evidence: [
        `${answer.arrivalsMs.length} pieces, the last after ${Math.round(answer.arrivalsMs.at(-1) ?? answer.tookMs)} ms`,
      ],
      fix: { command: `export NO_PROXY=${where.includes(" ") ? "127.0.0.1,localhost,::1" : where}` },
    };
  }
  return { status: "pass", finding: `frames come one by one, the first after ${firstMs} ms, ${where}` };
}
