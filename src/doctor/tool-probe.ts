import { judgeTool } from "../integrations/effective/judge-tool.ts";
import type { EffectiveToolName } from "../integrations/effective/registry.ts";
import { showPlace } from "../integrations/effective/show-place.ts";
import type { EffectiveEndpoint, EffectiveTool, ToolRequest } from "../integrations/effective/types.ts";
import { freeChat, freeMessages } from "./free-requests.ts";
import { liveModels } from "./live-models.ts";
import { toolProblem } from "./tool-problems.ts";
import type { Probe, ProbeContext, ProbeRequest, ProbeResult, Problem } from "./types.ts";

/** The probe of a tool: what its settings make it do, and what is wrong with them. */
export function toolProbe(name: EffectiveToolName, title: string): Probe {
  return {
    code: name,
    title,
    tool: name,
    dependsOn: [],
    async run(context) {
      const { tools } = context;
      const [facts, live] = await Promise.all([tools.read(name), liveModels(context)]);
      const tool = await judgeTool(facts, { ...tools.context, ...(live === undefined ? {} : { liveModels: live }) });
      const told = tool.problems.filter(({ severity }) => severity !== "note");
      const problems = await Promise.all(
        told.map(async (problem) => {
          const shown = withNotes(toolProblem(problem, name, context), tool);
          return shown.cause === "base-url-path" ? withProof(shown, tool, problem.right, context) : shown;
        }),
      );
      if (problems.length > 0 && (await isClaudeCodes(name, context))) {
        return { status: "skip", finding: "the shell's variables are Claude Code's, and told there" };
      }
      return resultOf(tool, problems, context.tool === name);
    },
  };
}

/** The SDK reads what is exported for Claude Code; where that is in use, its own view of the same variables would be told twice. */
async function isClaudeCodes(name: EffectiveToolName, { tool, pointings }: ProbeContext): Promise<boolean> {
  return (
    name === "anthropic-sdk" && tool !== name && (await pointings()).some((pointing) => pointing.tool === "claude-code")
  );
}

/** `isAsked`: the tool was named, so that its absence is the answer and not an aside. */
function resultOf(tool: EffectiveTool, problems: readonly Problem[], isAsked: boolean): ProbeResult {
  const [first, ...more] = problems;
  if (first !== undefined) return { ...first, more };
  const used = tool.endpoints.filter(({ isOurs, isActive }) => isOurs && isActive);
  if (!tool.isPresent) {
    return isAsked ? notSetUp(tool) : { status: "skip", finding: "is not on this machine", isAbsent: true };
  }
  const ready = tool.endpoints.filter(({ isOurs }) => isOurs);
  if (used.length === 0 && ready.length > 0) {
    return { status: "pass", finding: `${ready.map((one) => `${one.label} ${describe(one)}`).join("; ")}; not in use` };
  }
  if (used.length === 0) {
    return isAsked ? notSetUp(tool) : { status: "skip", finding: "is not set up for zenthrex" };
  }
  return { status: "pass", finding: used.map(describe).join("; ") };
}

/** The answer to who asks for one tool, which nothing is wrong with because nothing leads from it to zenthrex. */
function notSetUp({ tool, title, isPresent }: EffectiveTool): ProbeResult {
  const setup = `zenthrex setup ${tool}`;
  return {
    status: "warn",
    cause: "tool-not-set-up",
    finding: isPresent
      ? `${title} is here, but nothing in its settings or in the shell leads to zenthrex`
      : `${title} was not found on this machine: no program, no extension and no settings of it; install it, then run ${setup}`,
    fix: { command: setup, action: { kind: "setup", tool } },
  };
}

/** "goes to http://127.0.0.1:19368 (your settings, /home/u/.claude/settings.json:3:27) as claude-opus-4-7" */
function describe({ base, models, credentials }: EffectiveEndpoint): string {
  const to = base === undefined ? "" : `goes to ${base.shown}, by ${showPlace(base.place)}`;
  const credential = credentials[0] === undefined ? "" : `, with ${credentialWords[credentials[0].kind]}`;
  const main = models.find(({ role }) => role === "main");
  return `${to}${credential}${main === undefined ? "" : `, as ${main.requested}`}`;
}

const credentialWords = {
  "local-token": "the local token",
  "hosted-key": "a key of the hosted API",
  "other-vendor": "another vendor's key",
  unknown: "a credential",
} as const;

/** What loses to the value at fault, what the tool will ask for, and what is only worth a line. */
function withNotes(problem: Problem, { endpoints, problems }: EffectiveTool): Problem {
  const used = endpoints.filter(({ isOurs, isActive }) => isOurs && isActive);
  const beaten = used.flatMap(({ base }) => base?.overridden ?? []);
  const lines = [
    ...(problem.evidence ?? []),
    ...beaten.map((place) => `overridden: ${showPlace(place)}`),
    ...used.flatMap(({ requests }) => [...new Set(requests.map(({ url }) => `it asks for POST ${url}`))]),
    ...problems.filter(({ severity }) => severity === "note").map(({ cause }) => `note: ${cause}`),
  ];
  return { ...problem, evidence: lines };
}

/** A wrong path is proven by what the two addresses answer. Both requests are refused by validation, if they arrive at all: no cost. */
async function withProof(
  problem: Problem,
  { endpoints }: EffectiveTool,
  right: string | undefined,
  context: ProbeContext,
): Promise<Problem> {
  const endpoint = endpoints.find(({ isOurs, base }) => isOurs && base !== undefined);
  const request = endpoint?.requests[0];
  if (endpoint?.base === undefined || request === undefined || right === undefined) return problem;
  const trimmed = endpoint.base.shown.replace(/\/+$/, "");
  if (!request.url.startsWith(trimmed)) return problem;
  const corrected = { ...request, url: `${right}${request.url.slice(trimmed.length)}` };
  const curl = [request, corrected].filter(({ url }) => URL.canParse(url)).map(freeRequest);
  const answers = await Promise.all(curl.map((each) => context.request(each)));
  const lines = answers.map((answer, index) => {
    const came = answer.kind === "answer" ? String(answer.status) : `no answer (${answer.code || answer.step})`;
    return `POST ${curl[index]?.url}: ${came}`;
  });
  return { ...problem, curl, evidence: [...(problem.evidence ?? []), ...lines] };
}

function freeRequest({ url, format, model }: ToolRequest): ProbeRequest {
  const more = model === undefined ? {} : { model };
  return format === "anthropic" ? freeMessages(url, {}, more) : freeChat(url, {}, more);
}
