import { isJsonObject } from "../../base/json.ts";
import { documentedAnthropicVersion } from "../../catalog/endpoints.ts";
import { findAnsweringModel } from "../../catalog/models.ts";
import { describeAnswer } from "../classify-answer.ts";
import type { EarlyProbe, ProbeAnswer, ProbeContext, ProbeRequest, ProbeResult } from "../types.ts";

const MODEL = "claude-haiku-4-5";

/** A sandbox paces its answer as told; a model counts, which takes it a moment too. */
const PROMPT = "Count from one to five. [[sandbox:deltas 5]] [[sandbox:pace 40]]";

/** Frames of an answer that takes this long don't come within one moment by themselves. */
const BURST_MS = 5;
const SLOW_MS = 120;

const BODY = JSON.stringify({
  model: MODEL,
  max_tokens: 24,
  stream: true,
  messages: [{ role: "user", content: PROMPT }],
});
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
  const cost = costOf(answers[0]);
  const judged = answers.map((answer) => judge(answer, new URL(origin).host));
  const worst = judged.find(({ status }) => status === "fail") ?? judged[0];
  const paid = cost === undefined ? "" : `; the two calls cost about $${(2 * cost).toFixed(6)}`;
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
  const first = answer.arrivalsMs[0] ?? answer.tookMs;
  const last = answer.arrivalsMs.at(-1) ?? answer.tookMs;
  if (last - first <= BURST_MS && last >= SLOW_MS) {
    return {
      status: "fail",
      cause: "stream-buffered",
      finding: `the whole stream came at once after ${Math.round(first)} ms, ${where}: a proxy, VPN or antivirus on the way gathers it`,
      evidence: [`${answer.arrivalsMs.length} pieces within ${Math.round(last - first)} ms`],
      fix: { command: `export NO_PROXY=${where.includes(" ") ? "127.0.0.1,localhost,::1" : where}` },
    };
  }
  return { status: "pass", finding: `frames come one by one, the first after ${Math.round(first)} ms, ${where}` };
}

/** Units: USD, at list prices. */
function costOf(answer: ProbeAnswer | undefined): number | undefined {
  if (answer?.kind !== "answer") return undefined;
  let usage: { input: number; output: number } | undefined;
  for (const line of answer.body.split("\n")) {
    const event = line.startsWith("data:") ? parsed(line.slice(5)) : undefined;
    const message = isJsonObject(event?.["message"]) ? event["message"] : event;
    const given = isJsonObject(message?.["usage"]) ? message["usage"] : undefined;
    if (given === undefined) continue;
    const number = (name: string): number | undefined => (typeof given[name] === "number" ? given[name] : undefined);
    usage = {
      input: number("input_tokens") ?? usage?.input ?? 0,
      output: number("output_tokens") ?? usage?.output ?? 0,
    };
  }
  const prices = findAnsweringModel(MODEL)?.prices;
  if (usage === undefined || prices === undefined) return undefined;
  return (usage.input * prices.input + usage.output * prices.output) / 1_000_000;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
