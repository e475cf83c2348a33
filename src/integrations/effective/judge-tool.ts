import { readAddress, requestUrl } from "./judge/address.ts";
import { judgeBase, judgeForeignBase } from "./judge/base.ts";
import { credentialKind } from "./judge/credential-kind.ts";
import { judgeCredentials, maskedCredential } from "./judge/credentials.ts";
import { isMeant } from "./judge/is-meant.ts";
import type { Judging } from "./judge/judging.ts";
import { judgeModels } from "./judge/models.ts";
import { judgeOverrides } from "./judge/overrides.ts";
import { judgeProxy } from "./judge/proxy.ts";
import { judgeSwitches } from "./judge/switches.ts";
import type { ProblemCode } from "./problem-code.ts";
import { showBase } from "./show-place.ts";
import type {
  ConfiguredEndpoint,
  EffectiveContext,
  EffectiveEndpoint,
  EffectiveTool,
  Problem,
  ToolFacts,
  ToolRequest,
} from "./types.ts";

/** Judges what was read of a tool: what it does, and what is wrong with that, the cause first. */
export async function judgeTool(facts: ToolFacts, context: EffectiveContext): Promise<EffectiveTool> {
  const judged = await Promise.all(facts.endpoints.map((endpoint) => judgeEndpoint(facts, endpoint, context)));
  const isOurs = judged.some(({ endpoint }) => endpoint.isOurs && endpoint.isActive);
  const problems = [
    ...facts.problems.filter(({ code }) => isOurs || facts.endpoints.length === 0 || ALWAYS.has(code)),
    ...judged.flatMap(({ problems: own }) => own),
  ];
  return {
    tool: facts.tool,
    title: facts.title,
    isPresent: facts.isPresent,
    endpoints: judged.map(({ endpoint }) => endpoint),
    switches: facts.switches.map(({ place }) => place),
    problems: ranked(withoutConsequences(problems)),
  };
}

/** These matter whether or not the tool is meant for zenthrex at present: they may be why it isn't. */
const ALWAYS: ReadonlySet<ProblemCode> = new Set([
  "settings-invalid",
  "settings-unreadable",
  "settings-shape",
  "setting-misnamed",
  "provider-unknown",
  "provider-off",
  "project-redirects",
  "credential-committed",
  "base-on-localhost",
  "wire-api-chat",
]);

interface Judged {
  readonly endpoint: EffectiveEndpoint;
  readonly problems: readonly Problem[];
}

async function judgeEndpoint(
  facts: ToolFacts,
  endpoint: ConfiguredEndpoint,
  context: EffectiveContext,
): Promise<Judged> {
  const judging = await judgingOf(facts, endpoint, context);
  const isOurs = isMeant(judging);
  const problems = isOurs
    ? await judgeOwn(judging)
    : [...(await judgeForeignBase(judging)), ...judgeOverrides(judging)];
  return {
    endpoint: shown(judging, isOurs),
    problems: endpoint.isActive
      ? problems
      : problems.map((problem) => ({
          ...problem,
          severity: endpoint.isSpare === true ? "note" : softened(problem),
        })),
  };
}

async function judgingOf(facts: ToolFacts, endpoint: ConfiguredEndpoint, context: EffectiveContext): Promise<Judging> {
  const text = endpoint.base?.text ?? "";
  const address = readAddress(text === "" ? endpoint.defaultBase : text, context);
  const isDaemon =
    address.destination === "loopback" && (await context.identifyPort(Number(address.url?.port || 80))) === "ours";
  return { facts, endpoint, address, destination: isDaemon ? "daemon" : address.destination, context };
}

async function judgeOwn(judging: Judging): Promise<Problem[]> {
  const switches = judgeSwitches(judging);
  const base = await judgeBase(judging);
  // Where the address leads to nobody, what would be sent there is beside the point.
  const leadsNowhere = base.some(({ severity, code }) => severity === "error" && !code.startsWith("base-extra"));
  // Its repair is another address, for which another credential is right.
  if (base.some(({ code }) => code === "route-not-hosted")) return [...switches, ...judgeOverrides(judging), ...base];
  const rest = [...judgeProxy(judging), ...judgeCredentials(judging), ...(leadsNowhere ? [] : judgeModels(judging))];
  return [...switches, ...judgeOverrides(judging), ...base, ...rest];
}

function softened({ severity }: Problem): Problem["severity"] {
  return severity === "error" ? "warning" : "note";
}

// The order in which they explain: a file that isn't read before what is missing for it, a switch before the address that it makes void.
const RANKS: readonly (readonly ProblemCode[])[] = [
  ["settings-invalid", "settings-unreadable", "settings-shape", "setting-misnamed", "wire-api-chat"],
  ["forced-login", "provider-switch", "provider-unknown", "provider-off"],
  ["project-redirects", "managed-overrides", "project-overrides", "settings-beat-shell"],
];

function ranked(problems: readonly Problem[]): Problem[] {
  const severities = ["error", "warning", "note"];
  const rank = ({ code, severity }: Problem): number => {
    const row = RANKS.findIndex((codes) => codes.includes(code));
    return severities.indexOf(severity) * 10 + (row < 0 ? RANKS.length : row);
  };
  return [...problems].sort((one, other) => rank(one) - rank(other));
}

/** A layer that beats another explains the wrong address that it brings; the same place is blamed once. */
function withoutConsequences(problems: readonly Problem[]): Problem[] {
  const overriding = problems.filter(({ code }) => /-overrides$|^project-redirects$|^settings-beat-shell$/.test(code));
  // A key in the place of a variable's name is why there is no credential.
  const isMisplaced = problems.some(({ code }) => code === "credential-in-env-key");
  // What stands under another name is why it is missing under the right one.
  const isMisnamed = problems.some(({ code }) => code === "setting-misnamed");
  const isExplained = ({ code, place }: Problem): boolean =>
    (isMisplaced && code === "credential-missing") ||
    (isMisnamed && ["base-unset", "credential-missing"].includes(code)) ||
    (/^base-(other-vendor|unset|elsewhere|dead-port)$/.test(code) &&
      overriding.some((cause) => cause.place?.name === place?.name && cause.place?.file === place?.file));
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.code, problem.place, problem.wrong]);
    return !isExplained(problem) && !seen.has(key) && seen.add(key) !== undefined;
  });
}

function shown({ endpoint, destination }: Judging, isOurs: boolean): EffectiveEndpoint {
  const { base } = endpoint;
  return {
    label: endpoint.label,
    isActive: endpoint.isActive,
    isOurs,
    destination: base === undefined && destination !== "hosted" ? "vendor" : destination,
    base: base && {
      shown: showBase(base.text),
      place: base.place,
      overridden: base.overridden.map(({ place }) => place),
    },
    credentials: endpoint.credentials
      .filter(({ text }) => text !== "")
      .map(({ text, header, place, overridden }) => ({
        kind: credentialKind(text),
        masked: maskedCredential(text),
        header,
        place,
        overridden: overridden.map((loser) => loser.place),
      })),
    models: endpoint.models.map(({ text, requested, role, place }) => ({ name: text, requested, role, place })),
    requests: requestsOf(endpoint),
  };
}

function requestsOf(endpoint: ConfiguredEndpoint): ToolRequest[] {
  const { join, base, models } = endpoint;
  const text = base === undefined || base.text === "" ? endpoint.defaultBase : base.text;
  const url = requestUrl(showBase(text), join);
  const credentials = endpoint.credentials.filter(({ text }) => text !== "");
  const headers = [
    ...new Set(credentials.flatMap(({ header }) => (header === "both" ? ["x-api-key", "authorization"] : [header]))),
  ];
  const names = [...new Set(models.map(({ requested }) => requested))];
  const request = { method: "POST" as const, url, format: join.format, headers };
  return names.length === 0 ? [request] : names.map((model) => ({ ...request, model }));
}
