import { headerValue } from "../../base/headers.ts";
import { isJsonObject } from "../../base/json.ts";
import { printable, redact } from "../../base/redact.ts";
import { hostedOrigin } from "../../catalog/endpoints.ts";
import { blockedBy } from "../blocked.ts";
import { classifyAnswer, describeAnswer, isPage, jsonOf } from "../classify-answer.ts";
import { freeMessages, modelList } from "../free-requests.ts";
import { speaksTls, wantsTls } from "../net/spoken-scheme.ts";
import type { Probe, ProbeAnswer, ProbeContext, ProbeResult } from "../types.ts";
import { unsetUpstream } from "../unset-upstream.ts";

const api: Probe = {
  code: "api",
  title: "Hosted API",
  dependsOn: ["proxy", "dns", "connect", "tls"],
  async run(context) {
    const request = modelList(`${context.target.origin}/v1/models`);
    const answer = await context.request(request);
    if (classifyAnswer(answer) === "missing" && (await hasMessages(context))) {
      return {
        status: "pass",
        finding: `${new URL(context.target.origin).host} answers, but lists no models`,
        curl: [request],
      };
    }
    const secure = await secureInstead(answer, context);
    return { ...(secure ?? judgeAnswer(answer, context)), curl: [request] };
  },
};

export default api;

async function hasMessages({ request, target }: ProbeContext): Promise<boolean> {
  const answer = await request(freeMessages(`${target.origin}/v1/messages`));
  return ["reached", "unauthorized", "wallet-empty", "rate-limited"].includes(classifyAnswer(answer));
}

/** A port that was asked in plain http and speaks TLS. */
async function secureInstead(answer: ProbeAnswer, context: ProbeContext): Promise<ProbeResult | undefined> {
  const { origin } = context.target;
  if (!origin.startsWith("http:")) return undefined;
  const isClosed = answer.kind === "failed" && answer.step === "http";
  if (!wantsTls(answer) && !(isClosed && (await speaksTls(origin, context)))) return undefined;
  const right = origin.replace(/^http:/, "https:");
  const from = context.settings.upstream.from;
  return {
    status: "fail",
    cause: "base-url-scheme",
    finding: `${new URL(origin).host} speaks TLS, and is asked in plain http: ${right} is right`,
    fix: {
      command: from === "environment" ? `export ZENTHREX_UPSTREAM=${right}` : `zenthrex config set upstream ${right}`,
    },
  };
}

function judgeAnswer(answer: ProbeAnswer, context: ProbeContext): ProbeResult {
  const { host } = new URL(context.target.origin);
  if (answer.kind === "failed") {
    const isSilent = answer.step === "timeout";
    const what = isSilent ? "takes the connection and doesn't answer" : "closed the connection instead of answering";
    const finding = `${host} ${what}: ${describeAnswer(answer)}`;
    const cause = isSilent ? "connect-timeout" : "not-the-api";
    return { status: "fail", cause, finding, fix: unsetUpstream(context) };
  }
  const said = describeAnswer(answer);
  const blocked = blockedBy(answer, host);
  if (blocked !== undefined) return blocked;
  switch (classifyAnswer(answer)) {
    case "redirect":
      return redirected(answer, context);
    case "page":
      return page(answer, host, context);
    case "server-error":
      return {
        status: "fail",
        cause: "upstream-error",
        finding: `${host} has an error of its own (${said}): nothing here is wrong, try again in a minute`,
        fix: { command: "zenthrex doctor --only api" },
      };
    case "missing":
      return notTheApi(`${host} has no /v1/models (${said}): it is not the hosted API`, context);
    case "reached":
      return answer.status === 200 && Array.isArray(jsonOf(answer)["data"])
        ? listed(answer, host, context)
        : notTheApi(`${host} answers /v1/models with something else than a list (${said})`, context);
    case "unexpected":
      return notTheApi(`${host} answers /v1/models with ${said}`, context);
    default:
      // 401, 402, 403, 429: it is there, and has something to say of the key, which other checks ask about.
      return isJsonObject(jsonOf(answer)["error"])
        ? { status: "pass", finding: `${host} answers (${answer.status}) in ${answer.tookMs} ms` }
        : notTheApi(`${host} answers /v1/models with ${said}`, context);
  }
}

/** Names of the models that the hosted API has, or could have: its own and Claude's, and the documented OpenAI-style aliases. */
const FAMILIAR = /claude|anthropic|opus|sonnet|haiku/i;

/** A list that names other models and none of Claude's is another server's, however well it answers. */
function listed(answer: Answered, host: string, context: ProbeContext): ProbeResult {
  const data = jsonOf(answer)["data"];
  const ids = (Array.isArray(data) ? data : []).flatMap((line: unknown) =>
    isJsonObject(line) && typeof line["id"] === "string" ? [printable(redact(line["id"]))] : [],
  );
  if (ids.length === 0 || ids.some((id) => FAMILIAR.test(id))) {
    return { status: "pass", finding: `${host} answers in ${answer.tookMs} ms` };
  }
  const shown = `${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", ..." : ""}`;
  return notTheApi(`${host} is another server than the hosted API: it lists ${shown} and no Claude model`, context);
}

function notTheApi(finding: string, context: ProbeContext): ProbeResult {
  return { status: "fail", cause: "not-the-api", finding, fix: unsetUpstream(context) };
}

type Answered = Extract<ProbeAnswer, { kind: "answer" }>;

function redirected(answer: Answered, context: ProbeContext): ProbeResult {
  const { origin } = context.target;
  const target = locationOf(answer, origin);
  const isElsewhere = target !== undefined && target.hostname !== new URL(origin).hostname;
  const shown =
    target === undefined ? "an address that is none" : redact(printable(`${target.origin}${target.pathname}`));
  if (isElsewhere && (isPage(answer) || /login|portal|sign-?in|captive|auth|hotspot/i.test(target.href))) {
    return {
      status: "fail",
      cause: "captive-portal",
      finding: `${new URL(origin).host} is redirected (${answer.status}) to ${shown}: a login page stands between`,
      fix: { command: `xdg-open ${target.origin}` },
    };
  }
  return {
    status: "fail",
    cause: "redirect",
    finding: `${origin} redirects (${answer.status}) to ${shown}: a redirect is not followed, it would turn POST into GET or take the key elsewhere`,
    fix: {
      command:
        context.target.kind === "setup" && target !== undefined
          ? `zenthrex config set upstream ${target.origin}`
          : `zenthrex doctor --url ${target?.origin ?? hostedOrigin}`,
    },
  };
}

function page(answer: Answered, host: string, context: ProbeContext): ProbeResult {
  const said = describeAnswer(answer);
  if (answer.status === 404) return notTheApi(`${host} is a web site and not the hosted API (${said})`, context);
  const isPortal = answer.status < 300 || answer.status === 511;
  if (isPortal) {
    return {
      status: "fail",
      cause: "captive-portal",
      finding: `a web page answers in the place of ${host} (${said}): a login page of the network, or the wrong host`,
      evidence: [`content-type: ${printable(headerValue(answer.headers, "content-type") ?? "none")}`],
      fix: { command: `xdg-open http://${host}` },
    };
  }
  return notTheApi(`something between answers in the place of ${host} (${said})`, context);
}

function locationOf(answer: Answered, origin: string): URL | undefined {
  const location = headerValue(answer.headers, "location");
  return location !== undefined && URL.canParse(location, origin) ? new URL(location, origin) : undefined;
}
