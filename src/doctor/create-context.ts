import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { hostedOrigin, localHost } from "../catalog/endpoints.ts";
import { kinshipOf } from "../catalog/host-kinship.ts";
import { isLoopbackHost } from "../upstream/origin.ts";
import { credentialLine } from "./credential-line.ts";
import { effectiveContext } from "./effective-context.ts";
import { lookAtDaemon } from "./look-at-daemon.ts";
import { cachedLookup } from "./net/cached-lookup.ts";
import { type OpenedWay, openWay } from "./net/open-way.ts";
import { type ResolvedRequest, sendRequest } from "./net/send-request.ts";
import type { Way } from "./net/way.ts";
import type { WayOptions } from "./net/way-steps.ts";
import { type IdentifyPort, portIdentities } from "./port-identities.ts";
import { remembered } from "./remembered.ts";
import { createToolReadings, type ToolReadings } from "./tool-readings.ts";
import type { ByProxy, DaemonLook, Pointing, ProbeAnswer, ProbeContext, ProbeRequest, WantedSecret } from "./types.ts";

/** What whoever runs the probes knows; the rest of the context is made from it. */
export type ProbeFacts = Omit<ProbeContext, "way" | "request" | "resultOf" | "daemon" | "pointings" | "tools"> & {
  readonly network: Omit<WayOptions, "clock" | "timeoutMs"> & { readonly timeoutMs?: number };
  /** What was begun already. */
  readonly identifyPort?: IdentifyPort;
  readonly tools?: ToolReadings;
  /** What was seen of the daemon already. */
  readonly look?: DaemonLook;
  /** Where the tools are pointed at, where that was read already. */
  readonly known?: readonly Pointing[];
};

/** Worth nothing anywhere, and says so. */
export const placeholderKey = "zk_placeholder_of_zenthrex_doctor";

const STEP_TIMEOUT_MS = 10_000;

/** The context of a run, and which credential a request of it carried. */
export interface ProbeRun {
  readonly context: Omit<ProbeContext, "resultOf">;
  /** The header as it was sent, secret and all; undefined where none was. */
  credentialOf(request: ProbeRequest): Promise<SentCredential | undefined>;
}

/** A credential header and whose secret is in it. */
export interface SentCredential {
  readonly name: string;
  readonly value: string;
  readonly sent: ResolvedRequest["sent"];
}

/** Makes the context of one run: everything that is asked twice is done once. */
export function createProbeRun(facts: ProbeFacts): ProbeRun {
  const { network, look: _look, known: _known, identifyPort = portIdentities(facts.localToken), ...rest } = facts;
  const tools = facts.tools ?? createToolReadings(effectiveContext(facts, identifyPort));
  const lookup = cachedLookup(network.lookup ?? (systemLookup as LookupFunction));
  const options: WayOptions = { timeoutMs: STEP_TIMEOUT_MS, ...network, lookup, clock: facts.clock };
  const ways = new Map<string, Promise<Way>>();
  const answers = new Map<string, Promise<ProbeAnswer>>();
  let look: Promise<DaemonLook> | undefined;
  let pointings: Promise<readonly Pointing[]> | undefined;
  const open = (origin: string): Promise<OpenedWay> => openWay(origin, options);
  const by = (how: "direct" | ByProxy | undefined): WayOptions => {
    if (how === undefined) return options;
    return { ...options, proxyOf: () => (how === "direct" ? { kind: "none" } : { kind: "proxy", ...how }) };
  };
  const send = async (request: ProbeRequest): Promise<ProbeAnswer> => {
    const resolved = await resolveSecret(request, facts, identifyPort);
    const origin = URL.canParse(request.url) ? new URL(request.url).origin : request.url;
    return sendRequest(resolved, await open(origin), facts.clock);
  };
  const context = {
    ...rest,
    tools,
    daemon: () => {
      look ??= facts.look === undefined ? lookAtDaemon(facts, identifyPort) : Promise.resolve(facts.look);
      return look;
    },
    pointings: () => {
      pointings ??= facts.known === undefined ? readPointings(tools) : Promise.resolve(facts.known);
      return pointings;
    },
    way: (origin: string, how?: "direct" | ByProxy) =>
      remembered(ways, `${JSON.stringify(how) ?? ""} ${origin}`, async () => {
        const { way, socket } = await openWay(origin, by(how));
        socket?.destroy();
        return way;
      }),
    request: (request: ProbeRequest) => remembered(answers, JSON.stringify(request), () => send(request)),
  } satisfies Omit<ProbeContext, "resultOf">;
  return {
    context,
    async credentialOf(request) {
      const { credential, sent } = await resolveSecret(request, facts, identifyPort);
      return credential === undefined ? undefined : { name: credential[0], value: credential[1], sent };
    },
  };
}

/** Where it isn't asked for, none of its forty modules is loaded. */
async function readPointings(tools: ToolReadings): Promise<readonly Pointing[]> {
  const { findPointings } = await import("./pointings.ts");
  return findPointings(tools);
}

/** The one place that decides which secret goes where (law 5). */
async function resolveSecret(
  request: ProbeRequest,
  facts: ProbeFacts,
  identifyPort: IdentifyPort,
): Promise<ResolvedRequest> {
  if (request.credential === "none") return { request, credential: undefined, sent: "none" };
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  const given = url === undefined ? undefined : await fitting(request.secret ?? "key", url, facts, identifyPort);
  const text = given?.text ?? placeholderKey;
  return { request, credential: credentialLine(request.credential, text), sent: given?.sent ?? "placeholder" };
}

type Fitting = { readonly text: string; readonly sent: ResolvedRequest["sent"] };

async function fitting(
  wanted: WantedSecret,
  url: URL,
  facts: ProbeFacts,
  identifyPort: IdentifyPort,
): Promise<Fitting | undefined> {
  if (wanted === "placeholder") return undefined;
  if (wanted === "key") {
    const { key } = facts;
    // A mistyped host or another vendor's may answer, and would keep what it is sent.
    const isMistaken =
      ["near", "vendor"].includes(kinshipOf(url.hostname).kind) && key.kind === "present" && key.from !== "stdin";
    const isOwn = key.kind === "present" && isHeaderText(key.text) && url.origin === keyOrigin(facts) && !isMistaken;
    return isOwn ? { text: key.text, sent: "key" } : undefined;
  }
  const isDaemon =
    url.protocol === "http:" && url.hostname === localHost && (await identifyPort(Number(url.port))) === "ours";
  if (wanted === "local-token") {
    return isDaemon && facts.localToken !== undefined ? { text: facts.localToken, sent: "local-token" } : undefined;
  }
  // A hosted key out of a tool's settings belongs to the hosted API, anything of ours to a daemon of ours, all else nowhere.
  const isHosted = url.origin === keyOrigin(facts) || url.origin === hostedOrigin;
  const own = wanted.own;
  if (!isHeaderText(own)) return undefined;
  // The sandbox's keys are published: they are worth nothing.
  if (own.startsWith("zk_sandbox_") && isLoopbackHost(url.hostname)) return { text: own, sent: "own" };
  if ((own.startsWith("zk_") && (isHosted || isDaemon)) || (own.startsWith("zxl_") && isDaemon)) {
    return { text: own, sent: "own" };
  }
  return undefined;
}

/** Where the key may go: the configured upstream, or the running daemon's; a key from stdin the one origin that it was given for. */
function keyOrigin({ key, target, settings }: ProbeFacts): string {
  if (key.kind === "present" && key.from === "stdin") return target.origin;
  return target.kind === "setup" ? target.origin : settings.upstream.value;
}

function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
