import { localHost } from "../../catalog/endpoints.ts";
import { isLoopback } from "../../integrations/effective/judge/address.ts";
import { setupCommand } from "../../integrations/effective/judge/judging.ts";
import { showBase } from "../../integrations/effective/show-place.ts";
import type { EditFileStep } from "../../integrations/types.ts";
import { classifyAnswer, describeAnswer, isKeyTaken } from "../classify-answer.ts";
import { freeChat, freeMessages } from "../free-requests.ts";
import { toolFix } from "../tool-problems.ts";
import type { Fix, Pointing, Probe, ProbeContext, ProbeRequest, Problem } from "../types.ts";

const toolRequests: Probe = {
  code: "tool-requests",
  title: "Tools' credentials",
  dependsOn: ["api"],
  async run(context) {
    const { tool } = context;
    const asked = (await context.pointings()).filter(
      (pointing) =>
        ["hosted", "daemon"].includes(pointing.destination) && (tool === undefined || pointing.tool === tool),
    );
    const problems = (await Promise.all(asked.map((pointing) => problemOf(pointing, context)))).flat();
    const [first, ...more] = problems;
    if (first !== undefined) return { ...first, more };
    const titles = [...new Set(asked.map(({ title }) => title))];
    if (titles.length === 0) return { status: "skip", finding: "no tool is pointed at zenthrex or the hosted API" };
    return {
      status: "pass",
      finding: `${titles.join(", ")}: accepted`,
      curl: asked.flatMap((each) => requestOf(each) ?? []),
    };
  },
};

export default toolRequests;

/** A request as the tool sends it, but for its body, which validation refuses. */
function requestOf({ url, format, credential }: Pointing): ProbeRequest | undefined {
  if (credential === undefined || !URL.canParse(url)) return undefined;
  const options = { credential: credential.header, secret: { own: credential.text } } as const;
  if (format === "anthropic") return freeMessages(url, options);
  return format === "openai-chat" ? freeChat(url, options) : undefined;
}

async function problemOf(pointing: Pointing, context: ProbeContext): Promise<Problem[]> {
  const request = requestOf(pointing);
  if (request === undefined || pointing.credential === undefined) return [];
  const answer = await context.request(request);
  if (answer.kind === "failed" && answer.code === "ECONNREFUSED") return otherName(pointing, request, context);
  // A placeholder's refusal says nothing of what the tool sends.
  if (answer.kind !== "answer" || answer.sent !== "own" || classifyAnswer(answer) !== "unauthorized") return [];
  const { header, place } = pointing.credential;
  const other = header === "x-api-key" ? "authorization" : "x-api-key";
  const swapped = await context.request({ ...request, credential: other });
  const evidence = [`${header}: ${describeAnswer(answer)}`, `${other}: ${describeAnswer(swapped)}`];
  const curl = [request, { ...request, credential: other } as const];
  if (isKeyTaken(classifyAnswer(swapped))) return [misplaced(pointing, place, header, evidence, curl)];
  const fix = fixOf(pointing, pointing.credential, context);
  return [
    {
      status: "fail",
      cause: "credential-rejected",
      finding: `${pointing.title} sends the credential of ${place}, and it is refused in either header (${describeAnswer(answer)})`,
      evidence,
      curl,
      fix,
    },
  ];
}

/** One name of this machine is refused where another is answered: a server that listens on IPv4 alone, called [::1]. */
async function otherName(
  { tool, title, url, baseUrl, destination }: Pointing,
  request: ProbeRequest,
  context: ProbeContext,
): Promise<Problem[]> {
  const { hostname } = new URL(url);
  const here = (address: string): string => address.replace(hostname, localHost);
  if (!isLoopback(hostname) || hostname === localHost) return [];
  const corrected = { ...request, url: here(new URL(url).href) };
  if ((await context.request(corrected)).kind !== "answer") return [];
  const command = setupCommand(tool, destination === "hosted");
  const right = showBase(here(new URL(baseUrl).href).replace(/\/$/, ""));
  return [
    {
      status: "fail",
      cause: "base-url-host",
      finding: `${title} goes to ${showBase(baseUrl)}, where nothing listens: at ${localHost} and the same port there is an answer; the right value is ${right}`,
      curl: [request, corrected],
      fix:
        command === undefined
          ? { command: `Write ${right} in the place of ${showBase(baseUrl)}` }
          : { command: `zenthrex ${command.join(" ")}`, action: { kind: "setup", tool, args: command.slice(2) } },
    },
  ];
}

/**
 * Setting up again, for where it goes now; through the daemon where there is no other key to write; where setup would leave the
 * credential as it is, the credential alone.
 */
function fixOf({ tool }: Pointing, { text, fix }: NonNullable<Pointing["credential"]>, context: ProbeContext): Fix {
  const { key } = context;
  const isStored = key.kind === "present" && key.text === text;
  const hasOther = key.kind === "present" && ["environment", "config file"].includes(key.from) && !isStored;
  if (fix.command !== undefined && !hasOther) {
    return { command: `zenthrex setup ${tool}`, action: { kind: "setup", tool } };
  }
  return isStored ? { command: "zenthrex login" } : toolFix(fix, tool, context);
}

function misplaced(
  { title, tool, format, credential }: Pointing,
  place: string,
  header: string,
  evidence: readonly string[],
  curl: readonly ProbeRequest[],
): Problem {
  const isBearer = header === "authorization";
  const [wrong, right] = isBearer
    ? ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"]
    : ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"];
  const advice = format === "anthropic" ? `: move it from ${wrong} to ${right}` : "";
  return {
    status: "fail",
    cause: "credential-place",
    finding:
      `${title} sends a good key (${place}) in the wrong header: ${isBearer ? "Authorization: Bearer" : "x-api-key"} is refused with 401, ` +
      `${isBearer ? "x-api-key" : "Authorization: Bearer"} is accepted${advice}`,
    evidence,
    curl,
    fix: (format === "anthropic" && moved(credential, tool, [wrong, right])) || {
      command: format === "anthropic" ? `export ${right}="$${wrong}"; unset ${wrong}` : `zenthrex setup ${tool}`,
    },
  };
}

/** In a settings file the value moves from one variable to the other; undefined for a shell's, or an administrator's file. */
function moved(credential: Pointing["credential"], tool: string, [wrong, right]: readonly string[]): Fix | undefined {
  const { layer, file, syntax, keys } = credential?.at ?? {};
  if (credential === undefined || file === undefined || syntax === undefined || keys === undefined) return undefined;
  if (right === undefined || keys.at(-1) !== wrong || layer === "shell" || layer === "managed") return undefined;
  const step: EditFileStep = {
    kind: "edit-file",
    file: { path: file, syntax, text: undefined, recognised: [] },
    set: [{ path: [...keys.slice(0, -1), right], value: credential.text, secret: true }],
    remove: [keys],
    isRepair: true,
    access: "owner-only",
  };
  return {
    command: `Move the key from ${wrong} to ${right} in ${file}, or run \`zenthrex doctor ${tool} --fix\``,
    action: { kind: "steps", tool, steps: [step] },
  };
}
