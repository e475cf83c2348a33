import { headerValue } from "../../base/headers.ts";
import { baseVariants } from "../base-variants.ts";
import { blockedBy } from "../blocked.ts";
import { type AnswerClass, classifyAnswer, describeAnswer, isKeyTaken, jsonOf } from "../classify-answer.ts";
import { freeChat, freeMessages, modelList } from "../free-requests.ts";
import { speaksTls, wantsTls } from "../net/spoken-scheme.ts";
import type { DoctorTarget, Probe, ProbeAnswer, ProbeContext, ProbeRequest, ProbeResult } from "../types.ts";

const baseUrl: Probe = {
  code: "base-url",
  title: "Base URL",
  dependsOn: ["proxy", "dns", "connect", "tls"],
  scope: "url",
  async run(context) {
    const { target } = context;
    if (target.kind !== "url") return { status: "skip", finding: "see --url" };
    const variants = baseVariants(target.base);
    const [control, ...rows] = await Promise.all([
      send(context, freeMessages(`${target.origin}/zenthrex-doctor/no-such-path`, { secret: "placeholder" })),
      ...variants.map((base) => rowOf(context, base)),
    ]);
    return judge(target, rows, control, context);
  },
};

export default baseUrl;

type UrlTarget = Extract<DoctorTarget, { kind: "url" }>;

interface Asked {
  readonly request: ProbeRequest;
  readonly answer: ProbeAnswer;
  readonly kind: AnswerClass;
}

/** What the clients of either format would ask of one base, with either header. */
interface Row {
  readonly base: string;
  readonly anthropic: readonly Asked[];
  readonly openai: readonly Asked[];
  readonly models: Asked;
}

type Format = "anthropic" | "openai";

async function send(context: ProbeContext, request: ProbeRequest): Promise<Asked> {
  const answer = await context.request(request);
  return { request, answer, kind: classifyAnswer(answer) };
}

async function rowOf(context: ProbeContext, base: string): Promise<Row> {
  const bearer = { credential: "authorization" } as const;
  const xApiKey = { credential: "x-api-key" } as const;
  const [messages, messagesBearer, chat, chatKey, models] = await Promise.all([
    send(context, freeMessages(`${base}/v1/messages`)),
    send(context, freeMessages(`${base}/v1/messages`, bearer)),
    send(context, freeChat(`${base}/chat/completions`)),
    send(context, freeChat(`${base}/chat/completions`, xApiKey)),
    send(context, modelList(`${base}/models`)),
  ]);
  return { base, anthropic: [messages, messagesBearer], openai: [chat, chatKey], models };
}

/** True where a route is there: it looked at the request, or wanted a key where other paths don't exist. */
function isThere(row: Row, format: Format, control: Asked, rows: readonly Row[]): boolean {
  const asked = row[format];
  const isLookedAt = ({ kind, answer }: Asked): boolean => isKeyTaken(kind) && !isSameText(answer, control.answer);
  if (asked.some(isLookedAt)) return true;
  const wantsKey = asked.some(({ kind }) => kind === "unauthorized" || kind === "forbidden");
  if (!wantsKey) return false;
  if (control.kind === "missing" || control.kind === "page") return true;
  // Where every path wants a key first, the public list tells the right base from the others.
  const listBase = format === "anthropic" ? `${row.base}/v1` : row.base;
  return rows.some(({ base, models }) => base === listBase && Array.isArray(jsonOf(models.answer)["data"]));
}

/** A server that says one and the same to every path, and not in JSON, has looked at none. */
function isSameText(answer: ProbeAnswer, control: ProbeAnswer): boolean {
  if (answer.kind === "failed" || control.kind === "failed" || Object.keys(jsonOf(answer)).length > 0) return false;
  return answer.status === control.status && answer.body === control.body;
}

/** A port that was asked in plain http and speaks TLS. */
async function secureInstead({ base, models }: Row, context: ProbeContext): Promise<ProbeResult | undefined> {
  const { origin } = context.target;
  if (!origin.startsWith("http:")) return undefined;
  const isClosed = models.answer.kind === "failed" && models.answer.step === "http";
  if (!wantsTls(models.answer) && !(isClosed && (await speaksTls(origin, context)))) return undefined;
  const right = base.replace(/^http:/, "https:");
  return {
    status: "fail",
    cause: "base-url-scheme",
    finding: `${new URL(origin).host} speaks TLS, and is asked in plain http: ${right} is right`,
    fix: { command: `zenthrex doctor --url ${right}` },
  };
}

async function judge(
  target: UrlTarget,
  rows: readonly Row[],
  control: Asked,
  context: ProbeContext,
): Promise<ProbeResult> {
  const suits = (row: Row, format: Format): boolean => isThere(row, format, control, rows);
  const given = rows[0];
  if (given === undefined) return { status: "skip", finding: "there is nothing to ask" };
  const evidence = rows.map(lineOf);
  const right = {
    anthropic: rows.find((row) => suits(row, "anthropic")),
    openai: rows.find((row) => suits(row, "openai")),
  };
  const good = (["anthropic", "openai"] as const).filter((format) => suits(given, format));
  const wanted = target.format;
  const isRight = wanted === undefined ? good.length > 0 : good.includes(wanted);
  const shownFormat = wanted ?? good[0] ?? "anthropic";
  const curl = (given[shownFormat].slice(0, 1) as Asked[]).map(({ request }) => request);
  if (isRight) return keyOf(given, shownFormat, context, { good, right, curl, evidence });
  if (right.anthropic === undefined && right.openai === undefined)
    return (await secureInstead(given, context)) ?? { ...nothingThere(rows, control, context), evidence, curl };
  const first = given[shownFormat][0];
  const asks = first === undefined ? given.base : first.request.url;
  const said = first === undefined ? "" : ` (${describeAnswer(first.answer)})`;
  const advice = adviceOf(right, wanted);
  const rightBase = (wanted === undefined ? (right.anthropic ?? right.openai) : right[wanted])?.base;
  if (rightBase === undefined) {
    const finding = `${target.origin} has no route for ${nameOf(shownFormat)} clients: ${advice}`;
    return {
      status: "fail",
      cause: "base-url-path",
      finding,
      evidence,
      curl,
      fix: { command: `zenthrex doctor --url ${given.base}` },
    };
  }
  return {
    status: "fail",
    cause: "base-url-path",
    finding: `the base URL ${target.base} makes clients ask ${asks}${said}: ${advice}`,
    evidence,
    curl,
    fix: { command: commandOf(shownFormat, rightBase) },
  };
}

function keyOf(
  given: Row,
  format: Format,
  { key, target }: ProbeContext,
  found: {
    readonly good: readonly Format[];
    readonly right: Readonly<Record<Format, Row | undefined>>;
    readonly curl: readonly ProbeRequest[];
    readonly evidence: readonly string[];
  },
): ProbeResult {
  const [documented, swapped] = given[format];
  const isRefused = (asked: Asked | undefined): boolean => asked?.kind === "unauthorized";
  const wasKey = documented?.answer.kind === "answer" && documented.answer.sent === "key";
  const { curl, evidence } = found;
  if (wasKey && key.kind === "present" && isRefused(documented)) {
    if (swapped !== undefined && !isRefused(swapped)) {
      return {
        status: "fail",
        cause: "auth-header",
        finding: `the key is good, but ${target.origin} takes it in ${swapped.request.credential} and not in ${documented?.request.credential ?? ""}`,
        evidence,
        curl,
        fix: {
          command:
            format === "anthropic" && swapped.request.credential === "authorization"
              ? "export ANTHROPIC_AUTH_TOKEN=$ANTHROPIC_API_KEY; unset ANTHROPIC_API_KEY"
              : "export ANTHROPIC_API_KEY=$ANTHROPIC_AUTH_TOKEN; unset ANTHROPIC_AUTH_TOKEN",
        },
      };
    }
    return {
      status: "fail",
      cause: "key-rejected",
      finding: `${target.origin} refuses the key in either header (401); the address is right`,
      evidence,
      curl,
      fix: { command: `zenthrex doctor --url ${given.base} --key-stdin` },
    };
  }
  const other =
    found.good.length === 2 ? "" : `; ${adviceOf(found.right, format === "anthropic" ? "openai" : "anthropic")}`;
  const tried = wasKey ? "" : " (asked with a placeholder for a key)";
  return { status: "pass", finding: `right for ${found.good.map(nameOf).join(" and ")} clients${other}${tried}`, curl };
}

/** No base of this host leads anywhere: what its answers have in common says why. */
function nothingThere(rows: readonly Row[], control: Asked, { target }: ProbeContext): ProbeResult {
  const all = rows.flatMap(({ anthropic, openai, models }) => [...anthropic, ...openai, models]);
  const isEvery = (...kinds: readonly AnswerClass[]): boolean => all.every(({ kind }) => kinds.includes(kind));
  const redirect = all.find(({ kind }) => kind === "redirect");
  const said = all[0] === undefined ? "" : ` (${describeAnswer(all[0].answer)})`;
  const again = { command: `zenthrex doctor --url ${target.origin}` };
  if (redirect?.answer.kind === "answer") {
    const location = headerValue(redirect.answer.headers, "location") ?? "";
    const to = URL.canParse(location, target.origin) ? new URL(location, target.origin).origin : "nowhere";
    const finding = `${target.origin} redirects (${redirect.answer.status}) to ${to}: clients turn a POST into a GET there, or lose the key`;
    return { status: "fail", cause: "redirect", finding, fix: { command: `zenthrex doctor --url ${to}` } };
  }
  const blocked = all[0] === undefined ? undefined : blockedBy(all[0].answer, new URL(target.origin).host);
  if (blocked !== undefined) return blocked;
  if (isEvery("server-error")) {
    return {
      status: "fail",
      cause: "upstream-error",
      finding: `${target.origin} fails on every path${said}: an error of its own`,
      fix: again,
    };
  }
  if (isEvery("unauthorized") && control.kind === "unauthorized") {
    const finding = `${target.origin} wants a key before it looks at the path: nothing can be said without one`;
    return { status: "skip", finding };
  }
  if (all.some(({ kind, answer }) => kind === "page" && answer.kind === "answer" && answer.status < 300)) {
    const finding = `a web page answers at ${target.origin}${said}: a login page, or the host of a web site`;
    return { status: "fail", cause: "captive-portal", finding, fix: again };
  }
  const finding = `${target.origin} has neither /v1/messages nor /v1/chat/completions below any path${said}: it is the wrong host`;
  return { status: "fail", cause: "not-the-api", finding, fix: again };
}

function adviceOf(right: Readonly<Record<Format, Row | undefined>>, wanted: Format | undefined): string {
  const parts = (wanted === undefined ? (["anthropic", "openai"] as const) : [wanted]).flatMap((format) => {
    const base = right[format]?.base;
    return base === undefined ? [] : [`${nameOf(format)} clients want ${base}`];
  });
  return parts.length === 0
    ? `no base of it suits ${wanted === undefined ? "any" : nameOf(wanted)} clients`
    : parts.join(", ");
}

function commandOf(format: Format, base: string): string {
  return format === "anthropic" ? `export ANTHROPIC_BASE_URL=${base}` : `export OPENAI_BASE_URL=${base}`;
}

function nameOf(format: Format): string {
  return format === "anthropic" ? "Anthropic-format" : "OpenAI-format";
}

/** One line a base: what each route said to x-api-key and to Bearer. */
function lineOf({ base, anthropic, openai, models }: Row): string {
  const said = (asked: readonly Asked[]): string =>
    [...new Set(asked.map(({ answer }) => (answer.kind === "answer" ? String(answer.status) : answer.code)))].join("/");
  return `${base}: /v1/messages ${said(anthropic)}, /chat/completions ${said(openai)}, /models ${said([models])}`;
}
