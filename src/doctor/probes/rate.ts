import { headerValue } from "../../base/headers.ts";
import { hostedLimits } from "../../catalog/limits.ts";
import { classifyAnswer } from "../classify-answer.ts";
import { freeChat, freeMessages, walletOf } from "../free-requests.ts";
import type { Probe, ProbeAnswer } from "../types.ts";

/** Below this share of the limit a busy tool is refused soon. */
const LOW_SHARE = 0.1;

const rate: Probe = {
  code: "rate",
  title: "Rate limit",
  dependsOn: ["key", "api", "auth"],
  async run({ request, target, key }) {
    if (key.kind === "none") return { status: "skip", finding: "there is no key to ask about" };
    const requests = [
      freeMessages(`${target.origin}/v1/messages`),
      freeChat(`${target.origin}/v1/chat/completions`),
      walletOf(target.origin),
    ];
    const answers = await Promise.all(requests.map(request));
    const index = answers.findIndex((answer) => classifyAnswer(answer) === "rate-limited");
    const refused = requests[index];
    if (refused !== undefined) {
      const wait = seconds(answers[index]);
      return {
        status: "fail",
        cause: "rate-limited",
        finding:
          `the key's rate limit is reached (429${wait === undefined ? "" : `, try again in ${wait} s`}): ` +
          `${hostedLimits.requestsPerMinute} requests a minute, ${hostedLimits.requestsPerMinuteOpus} on Opus`,
        fix: { command: `sleep ${wait ?? 60} && zenthrex doctor --only rate` },
        curl: [refused],
      };
    }
    if (answers.every(({ kind }) => kind === "failed")) return { status: "skip", finding: "nobody could be asked" };
    return headroom(answers);
  },
};

export default rate;

function seconds(answer: ProbeAnswer | undefined): number | undefined {
  if (answer?.kind !== "answer") return undefined;
  const value = Number(headerValue(answer.headers, "retry-after"));
  return Number.isFinite(value) && value > 0 ? Math.ceil(value) : undefined;
}

function headroom(answers: readonly ProbeAnswer[]): Awaited<ReturnType<Probe["run"]>> {
  for (const answer of answers) {
    if (answer.kind !== "answer") continue;
    const limit = Number(headerValue(answer.headers, "anthropic-ratelimit-requests-limit") ?? Number.NaN);
    const left = Number(headerValue(answer.headers, "anthropic-ratelimit-requests-remaining") ?? Number.NaN);
    if (!(limit > 0) || Number.isNaN(left)) continue;
    const finding = `${left} of ${limit} requests a minute are left`;
    if (left / limit >= LOW_SHARE) return { status: "pass", finding };
    return {
      status: "warn",
      cause: "rate-low",
      finding: `only ${finding}: fewer parallel agents, or Haiku for background work, keep it from 429`,
      fix: { command: "sleep 60 && zenthrex doctor --only rate" },
    };
  }
  return { status: "pass", finding: "not reached" };
}
