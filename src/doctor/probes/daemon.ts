import { localHost } from "../../catalog/endpoints.ts";
import { describeOwner } from "../../daemon/find-port-owner.ts";
import { classifyAnswer, describeAnswer } from "../classify-answer.ts";
import { walletOf, walletOfDaemon } from "../free-requests.ts";
import { type Surrounding, surroundingNames, surroundingsOf } from "../surroundings.ts";
import type { DaemonLook, Pointing, Probe, ProbeContext, ProbeResult, Problem } from "../types.ts";

const daemon: Probe = {
  code: "daemon",
  title: "Daemon",
  dependsOn: [],
  async run(context) {
    const [look, pointings] = await Promise.all([context.daemon(), context.pointings()]);
    const users = pointings.filter(({ baseUrl }) => isDaemonsAddress(baseUrl, look.port));
    switch (look.identity) {
      case "ours":
        return running(look, context);
      case "stranger":
        return stranger(look, users, context);
      default:
        return stopped(look, users, context);
    }
  },
};

export default daemon;

function isDaemonsAddress(baseUrl: string, port: number): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const url = new URL(baseUrl);
  return /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname) && Number(url.port) === port;
}

async function running(look: DaemonLook, context: ProbeContext): Promise<ProbeResult> {
  const { facts, port, state } = look;
  const problems: Problem[] = [];
  const restart = { command: "zenthrex restart", action: { kind: "zenthrex", argv: ["restart"] } } as const;
  if (facts !== undefined && facts.version !== context.version) {
    const finding = `the daemon on port ${port} is version ${facts.version}, the command is ${context.version}: it still behaves as before`;
    problems.push({ status: "warn", cause: "daemon-version", finding, fix: restart });
  }
  const { upstream } = context.settings;
  const isChosen = upstream.from !== "default" && state?.keyFrom !== "sandbox";
  if (facts !== undefined && isChosen && facts.upstream !== upstream.value) {
    const finding = `the daemon forwards to ${facts.upstream}, but ${upstream.source} says ${upstream.value}`;
    problems.push({ status: "warn", cause: "daemon-upstream", finding, fix: restart });
  }
  for (const problem of [await keyProblem(look, context), await cutOff(look, context)]) {
    if (problem !== undefined) problems.push(problem);
  }
  const [first, ...more] = problems.sort(
    (one, other) => Number(other.status === "fail") - Number(one.status === "fail"),
  );
  if (first !== undefined) return { ...first, more };
  return { status: "pass", finding: `yours, on http://${localHost}:${port}, version ${facts?.version ?? "unknown"}` };
}

/** A daemon keeps the key of the environment that it was started with, whatever is stored since. */
async function keyProblem({ port, state }: DaemonLook, context: ProbeContext): Promise<Problem | undefined> {
  if (state?.keyFrom !== "environment" || context.key.kind === "none") return undefined;
  const request = walletOfDaemon(port);
  const [own, through] = await Promise.all([
    context.request(walletOf(context.target.origin)),
    context.request(request),
  ]);
  if (classifyAnswer(own) !== "reached" || classifyAnswer(through) !== "unauthorized") return undefined;
  return {
    status: "fail",
    cause: "key-rejected",
    finding: `the daemon still uses the key of ZENTHREX_KEY from when it started, and the hosted API refuses that one (${describeAnswer(through)}); the present key works`,
    fix: { command: "zenthrex restart", action: { kind: "zenthrex", argv: ["restart"] } },
    curl: [request],
  };
}

/** A daemon has the proxy and the certificates of the shell that it was started in: what this shell reaches, it may not. */
async function cutOff({ port, state, facts }: DaemonLook, context: ProbeContext): Promise<Problem | undefined> {
  const { key, target } = context;
  const isSame = facts !== undefined && facts.upstream === target.origin && state?.keyFrom !== "sandbox";
  if (!isSame || key.kind === "none") return undefined;
  const request = walletOf(`http://${localHost}:${port}`, { secret: "local-token" });
  const [own, through] = await Promise.all([context.request(walletOf(target.origin)), context.request(request)]);
  const isReached = ["reached", "unauthorized", "wallet-empty", "rate-limited"].includes(classifyAnswer(own));
  if (!isReached || classifyAnswer(through) !== "server-error") return undefined;
  return {
    status: "fail",
    cause: "daemon-cut-off",
    finding: `the daemon on port ${port} can't reach ${target.origin} (${describeAnswer(through)}), while this shell can: it was started with other proxy or certificate variables`,
    fix: { command: "zenthrex restart", action: { kind: "zenthrex", argv: ["restart"] } },
    curl: [request],
  };
}

/** It is the program that said so of itself when it started; the system says that it still holds the port. */
function isHung({ owner, state, isZenthrex }: DaemonLook): boolean {
  return isZenthrex !== true && state !== undefined && owner?.pid === state.pid;
}

function stranger(look: DaemonLook, users: readonly Pointing[], context: ProbeContext): ProbeResult {
  const { port, owner, isZenthrex } = look;
  const who = describeOwner(owner);
  if (isHung(look)) {
    return {
      status: "fail",
      cause: "daemon-hung",
      finding: `your daemon on port ${port}, ${who}, is there and doesn't answer: it is stopped or hangs`,
      fix: { command: `kill -9 ${owner?.pid} && zenthrex serve --background` },
    };
  }
  const isWanted = users.length > 0 || context.localToken !== undefined;
  const tools =
    users.length === 0 ? "" : `; ${titles(users)} would send ${users.length === 1 ? "its" : "their"} prompts there`;
  return {
    status: isWanted ? "fail" : "warn",
    cause: "port-stranger",
    finding:
      isZenthrex === true
        ? `port ${port} is held by another zenthrex, ${who}: of another user or home, or with a token from before yours was made${tools}`
        : `port ${port} is held by ${who}, which is not your zenthrex${tools}`,
    fix: { command: owner?.pid === undefined ? "zenthrex config set port <port>" : `kill ${owner.pid}` },
  };
}

function stopped({ port, state }: DaemonLook, users: readonly Pointing[], context: ProbeContext): ProbeResult {
  if (users.length === 0) return { status: "skip", finding: "not running, and no tool needs it (zenthrex serve)" };
  const start = {
    command: "zenthrex serve --background",
    action: { kind: "zenthrex", argv: ["serve", "--background"] },
  } as const;
  const inside = surroundingsOf(context).find((name): name is Surrounding => name !== "container");
  const wasHere = state !== undefined || context.localToken !== undefined;
  if (inside !== undefined && !wasHere) {
    return {
      status: "fail",
      cause: "daemon-foreign-host",
      finding:
        `${titles(users)} ask 127.0.0.1:${port}, but this is ${surroundingNames[inside]}: 127.0.0.1 is the inside here, and the daemon ` +
        "does not run inside",
      evidence: remedies(inside, port),
      fix: start,
    };
  }
  return {
    status: "fail",
    cause: "daemon-stopped",
    finding: `nothing listens on 127.0.0.1:${port}, where ${titles(users)} ${users.length === 1 ? "is" : "are"} pointed at: the daemon is not running`,
    evidence: ["to use the tools without it: zenthrex setup --undo --all"],
    fix: start,
  };
}

function remedies(inside: Surrounding, port: number): string[] {
  if (inside === "ssh") return [`or forward the laptop's: ssh -R ${port}:127.0.0.1:${port} <host>`];
  if (inside === "wsl") return ["or set networkingMode=mirrored in .wslconfig"];
  return [`or point the tool at http://host.docker.internal:${port}, allowed by proxy.allowedHosts`];
}

function titles(users: readonly Pointing[]): string {
  return [...new Set(users.map(({ title }) => title))].join(", ");
}
