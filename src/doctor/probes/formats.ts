import { classifyAnswer, describeAnswer } from "../classify-answer.ts";
import { freeChat, freeMessages } from "../free-requests.ts";
import type { Probe, ProbeAnswer } from "../types.ts";
import { unsetUpstream } from "../unset-upstream.ts";

const formats: Probe = {
  code: "formats",
  title: "Both formats",
  dependsOn: ["key", "api", "auth"],
  async run(context) {
    const { request, target } = context;
    const requests = [freeMessages(`${target.origin}/v1/messages`), freeChat(`${target.origin}/v1/chat/completions`)];
    const asked = await Promise.all(requests.map(async (each) => ({ request: each, answer: await request(each) })));
    const evidence = asked.map(
      ({ request: { url }, answer }) => `POST ${new URL(url).pathname}: ${describeAnswer(answer)}`,
    );
    const curl = requests;
    const broken = asked.find(({ answer }) => ["server-error", "failed"].includes(classifyAnswer(answer)));
    if (broken !== undefined) {
      const path = new URL(broken.request.url).pathname;
      return {
        status: "fail",
        cause: "upstream-error",
        finding: `the hosted API fails on ${path} (${describeAnswer(broken.answer)}): nothing here is wrong, try again in a minute`,
        evidence,
        curl,
        fix: { command: "zenthrex doctor --only formats" },
      };
    }
    const isMissing = (answer: ProbeAnswer): boolean =>
      ["missing", "page", "redirect"].includes(classifyAnswer(answer));
    const lacking = asked.filter(({ answer }) => isMissing(answer));
    const [missing] = lacking;
    const wanted = new Set((await context.pointings()).map(({ format }) => format));
    const isUnused =
      lacking.length === 1 && !wanted.has(missing?.request === requests[0] ? "anthropic" : "openai-chat");
    // The daemon speaks both formats to tools and Messages alone upstream: a mirror that nobody calls is not missed.
    if (missing !== undefined && isUnused) {
      return { status: "pass", finding: `no ${new URL(missing.request.url).pathname}, which nothing here calls`, curl };
    }
    if (missing === undefined) return { status: "pass", finding: "/v1/messages and /v1/chat/completions answer", curl };
    return {
      status: "fail",
      cause: "not-the-api",
      finding: `${target.origin} has no ${new URL(missing.request.url).pathname} (${describeAnswer(missing.answer)}): it is not the hosted API's address`,
      evidence,
      curl,
      fix: unsetUpstream(context),
    };
  },
};

export default formats;
