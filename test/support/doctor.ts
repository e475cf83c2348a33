import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { configPaths } from "../../src/config/paths.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import { createProbeRun, type ProbeFacts } from "../../src/doctor/create-context.ts";
import { probes } from "../../src/doctor/registry.ts";
import { createProbeRunner, loadProbes, type ProbeReport } from "../../src/doctor/run-probes.ts";
import { judge, type Verdict } from "../../src/doctor/verdict.ts";
import type { ServerCertificate } from "./certificates.ts";
import { temporaryHome } from "./temporary-home.ts";

/** A server of one test: what it was asked, and where it is. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly requests: IncomingMessage[];
}

/** Starts an HTTP server on a free port, with TLS where a certificate is given; gone after the test. */
export async function startServer(listener: RequestListener, tls?: ServerCertificate): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const listen: RequestListener = (request, response) => {
    requests.push(request);
    listener(request, response);
  };
  const server = tls === undefined ? createHttpServer(listen) : createHttpsServer({ ...tls }, listen);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`, port, requests };
}

/** A listener that answers every request with the same. */
export function always(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
}

/** What a test may set of a run; the rest is a bare Linux machine with a key, whose daemon is not running. */
export interface TestFacts extends Partial<Omit<ProbeFacts, "network" | "settings">> {
  readonly upstream?: string;
  readonly network?: Partial<ProbeFacts["network"]>;
}

/** The facts of a run. */
export function doctorFacts({ upstream, network, ...given }: TestFacts): ProbeFacts {
  const home = given.home ?? temporaryHome();
  const env = given.env ?? {};
  const paths = configPaths({ env: {}, home, platform: "linux" });
  const origin = upstream ?? "https://api.zentherixapi.xyz";
  const settings = resolveSettings({ flags: { port: "0" }, env, values: {}, file: paths.file });
  const resolved = {
    ...settings,
    upstream: { value: origin, from: "environment", source: "ZENTHREX_UPSTREAM" },
  } as const;
  return {
    env,
    home,
    cwd: home,
    platform: "linux",
    accountHome: home,
    isRoot: false,
    nodeVersion: "20.18.1",
    version: "0.0.0-test",
    clock: systemClock,
    paths,
    stateDirectory: `${home}/.local/state/zenthrex`,
    settings: resolved,
    settingProblems: [],
    key: { kind: "present", text: "zk_sandbox_doctor", from: "environment" },
    localToken: undefined,
    target: { kind: "setup", origin },
    tool: undefined,
    live: false,
    exec: async () => ({ exitCode: 127, stdout: "" }),
    network: { proxyOf: () => ({ kind: "none" }), ca: undefined, ...network },
    ...given,
  };
}

/** What a run came to. */
export interface DoctorRun {
  readonly verdict: Verdict;
  readonly reports: readonly ProbeReport[];
  readonly report: (code: string) => ProbeReport;
}

/** Runs probes, all that suit the target unless some are named, with those that they depend on. */
export async function runDoctor(facts: ProbeFacts, only?: readonly string[]): Promise<DoctorRun> {
  const kind = facts.target.kind;
  const chosen = await loadProbes(probes, ({ code, scope = "setup" }) =>
    only === undefined ? scope === "both" || scope === kind : only.includes(code),
  );
  const runner = createProbeRunner({ live: facts.live, askSandbox: undefined });
  const reports = await runner.finish(chosen, createProbeRun(facts).context);
  const report = (code: string): ProbeReport => {
    const found = reports.find((each) => each.code === code);
    if (found === undefined) throw new Error(`${code} was not run`);
    return found;
  };
  return { verdict: judge(reports), reports, report };
}
