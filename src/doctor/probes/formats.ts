import { blockedBy } from "../blocked.ts";
import { classifyAnswer, describeAnswer, errorText } from "../classify-answer.ts";
import { freeChat, freeMessages } from "../free-requests.ts";
import type { Probe, ProbeAnswer, ProbeRequest, ProbeResult } from "../types.ts";
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
      const said = describeAnswer(broken.answer);
      const isCut = broken.answer.kind === "failed" && broken.answer.step === "http";
      return {
        status: "fail",
        cause: "upstream-error",
        finding: isCut
          ? `the connection is cut at every POST to ${path} (${said}), while GET is answered: by the hosted API, or by something on the way that looks into what is sent`
          : `the hosted API fails on ${path} (${said}): nothing here is wrong, try again in a minute`,
        evidence,
        curl,
        fix: { command: "zenthrex doctor --only formats" },
      };
    }
    const stopped = asked
      .map(({ request: each, answer }) => stoppedAt(each, answer))
      .find((each) => each !== undefined);
    if (stopped !== undefined) return { ...stopped, evidence, curl };
    const isMissing = (answer: ProbeAnswer): boolean =>
      ["missing", "page", "redirect"].includes(classifyAnswer(answer));
    const lacking = asked.filter(({ answer }) => isMissing(answer));
    const [missing] = lacking;
    const wanted = new Set((await context.pointings()).map(({ format }) => format));
    // The daemon speaks both formats to tools and Messages alone upstream: a mirror that nobody calls is not missed.
    const isUnused =
      lacking.length === 1 &&
      missing?.request === requests[1] &&
      !wanted.has("openai-chat") &&
      context.settings.chat.value === "translate";
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

/** What stands between says so in its answer to a request that the API itself would look at. */
function stoppedAt(request: ProbeRequest, answer: ProbeAnswer): ProbeResult | undefined {
  const { host, pathname } = new URL(request.url);
  const said = describeAnswer(answer);
  const isSent = request.headers?.includes("anthropic-version") === true;
  if (answer.kind === "answer" && answer.status === 400 && isSent && /anthropic-version/i.test(errorText(answer))) {
    return {
      status: "fail",
      cause: "header-dropped",
      finding: `${host} says that the anthropic-version header is missing or wrong (${said}), though it was sent: something on the way drops or changes headers`,
      fix: { command: "zenthrex doctor --curl --only formats" },
    };
  }
  if (answer.kind === "answer" && answer.status === 413) {
    return {
      status: "fail",
      cause: "access-blocked",
      finding: `something on the way refuses a POST of ${request.body?.length ?? 0} bytes to ${pathname} as too large (${said})`,
      fix: { command: "zenthrex doctor --bundle" },
    };
  }
  return blockedBy(answer, host);
}
