import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { main } from "../../../src/cli/main.ts";
import { startSandbox } from "../../../src/sandbox/start-sandbox.ts";
import { startServer } from "../../support/doctor.ts";
import { type FakeContextOptions, fakeContext } from "../../support/fake-context.ts";
import { runMain } from "../../support/run-main.ts";

/** The key of the user; worth nothing, as every key of a sandbox. */
export const key = "zk_sandbox_blind_0123456789";

/** What a case does to a machine. It returns what its user's shell exports, and what is odd about the run. */
export type Prepare = (machine: Machine) => Promise<Shell | undefined> | Promise<void> | Shell | void;

/** The environment, and what else a run of the doctor is given. */
export interface Shell {
  readonly env?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  readonly context?: Partial<FakeContextOptions>;
}

/** What `zenthrex doctor --json` says. */
export interface Diagnosis {
  readonly verdict: { code: string; cause: string; fix: string | null; exit_code: number };
  readonly others: readonly { code: string; status: string; finding: string }[];
  readonly probes: readonly { code: string; status: string; finding: string; curl: string[] }[];
  readonly exitCode: number;
}

/** One user's machine: a home with a project in it, a sandbox as the hosted API, and a daemon of the user's that runs. */
export interface Machine {
  readonly home: string;
  readonly project: string;
  /** The hosted API's origin. */
  readonly hosted: string;
  readonly daemon: string;
  readonly port: number;
  readonly token: string;
  zenthrex(
    argv: readonly string[],
    options?: Partial<FakeContextOptions>,
  ): Promise<{ exitCode: number; out: string; err: string }>;
  /** Runs `zenthrex setup` and expects it to work. */
  setup(...argv: readonly string[]): Promise<void>;
  write(name: string, content: string | object): string;
  /** Changes a text of a file that is there. */
  edit(name: string, change: (text: string) => string): void;
  diagnose(shell?: Shell): Promise<Diagnosis>;
}

/** What all machines of a test file share: the sandbox, the daemon, and a home to begin with. */
export interface Street {
  readonly hosted: string;
  machine(name?: string): Machine;
  stop(): Promise<void>;
}

/** Opens a sandbox, logs a user in, and starts the daemon. */
export async function openStreet(): Promise<Street> {
  // The first start compiles half of the program, and the daemon is waited for 10 s.
  await Promise.all([
    import("../../../src/cli/commands/serve.ts"),
    import("../../../src/cli/serve/serve-until-signal.ts"),
    import("../../../src/cli/commands/doctor.ts"),
    import("../../../src/proxy/start-proxy.ts"),
  ]);
  const root = mkdtempSync(join(realpathSync(tmpdir()), "zenthrex-blind-"));
  const sandbox = await startSandbox();
  const first = join(root, "first");
  mkdirSync(first);
  await runMain(["config", "set", "upstream", sandbox.url], { home: first });
  await runMain(["login", "--key-stdin", "--no-verify"], { home: first, stdinText: `${key}\n` });
  const context = fakeContext({ home: first });
  const ended = main(["serve", "--port", "0", "--json"], context);
  const [line] = await context.until(/^\{"type":"ready".*$/m);
  const { port } = JSON.parse(line) as { port: number };
  await runMain(["config", "set", "port", String(port)], { home: first });
  const token = (await runMain(["key", "token"], { home: first })).out.trim();
  let count = 0;
  return {
    hosted: sandbox.url,
    machine(name = "u") {
      count += 1;
      const home = join(root, `${count}`, name);
      mkdirSync(dirname(home));
      cpSync(first, home, { recursive: true });
      // Each user has a wallet and a rate limit of one's own.
      const file = join(home, ".config/zenthrex/config.json");
      writeFileSync(file, readFileSync(file, "utf8").replace(key, `zk_sandbox_user${count}_0123456789`));
      return machineAt(home, { hosted: sandbox.url, port, token });
    },
    async stop() {
      context.signal();
      await ended;
      await sandbox.stop();
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function machineAt(home: string, { hosted, port, token }: Pick<Machine, "hosted" | "port" | "token">): Machine {
  const project = join(home, "project");
  mkdirSync(project, { recursive: true });
  const zenthrex: Machine["zenthrex"] = (argv, options = {}) =>
    runMain(argv, { home, cwd: project, stdinText: `${key}\n`, programs: { git: runGit }, ...options });
  return {
    home,
    project,
    hosted,
    port,
    token,
    daemon: `http://127.0.0.1:${port}`,
    zenthrex,
    async setup(...argv) {
      const { exitCode, err } = await zenthrex(["setup", ...argv]);
      if (exitCode !== 0) throw new Error(`setup ${argv.join(" ")}: ${err}`);
    },
    write(name, content) {
      const file = join(home, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`);
      return file;
    },
    edit(name, change) {
      const file = join(home, name);
      const before = readFileSync(file, "utf8");
      const after = change(before);
      if (after === before) throw new Error(`nothing was changed in ${name}`);
      writeFileSync(file, after);
    },
    async diagnose({ env = {}, argv = [], context = {} } = {}) {
      const { exitCode, out, err } = await zenthrex(["doctor", ...argv, "--json"], { env, ...context });
      for (const secret of [key, token]) if ((out + err).includes(secret)) throw new Error(`a secret is shown: ${out}`);
      if (out === "") throw new Error(err);
      return { ...(JSON.parse(out) as Omit<Diagnosis, "exitCode">), exitCode };
    },
  };
}

/** Runs git for real. */
export function runGit(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("git", args, { encoding: "utf8" });
  return { exitCode: status ?? 127, stdout, stderr };
}

/** A program of somebody else's on a port of its own. */
export async function squatter(port = 0): Promise<number> {
  const server = createServer((_request, response) => response.end("hello from another program"));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  // It keeps no process alive, and ends with it.
  server.unref();
  return (server.address() as AddressInfo).port;
}

/** What a front does with a request: true where it answered. `body` is the request's. */
export type Front = (request: IncomingMessage, body: string, response: ServerResponse) => boolean;

/** Something that stands between the user and the hosted API and passes on what it doesn't answer. `gathers`: streams come in one piece. */
export function forwardTo(origin: string, front: Front, gathers = false): RequestListener {
  const { port } = new URL(origin);
  return (request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => {
      body += part.toString();
    });
    request.on("end", () => {
      if (front(request, body, response)) return;
      const { method, headers, url } = request;
      const call = httpRequest({ port, host: "127.0.0.1", method, path: url, headers }, (answer) => {
        const kept = Object.entries(answer.headers).filter(([name]) => name !== "content-length");
        response.writeHead(answer.statusCode ?? 500, Object.fromEntries(kept));
        if (!gathers) {
          answer.pipe(response);
          return;
        }
        const chunks: Buffer[] = [];
        answer.on("data", (part: Buffer) => chunks.push(part));
        answer.on("end", () => response.end(Buffer.concat(chunks)));
      });
      call.end(body);
    });
  };
}

/** Puts something between a machine and the hosted API: the machine is told its address. */
export async function between(machine: Machine, front: Front, gathers = false): Promise<string> {
  const { url } = await startServer(forwardTo(machine.hosted, front, gathers));
  await machine.zenthrex(["config", "set", "upstream", url]);
  return url;
}

/** Answers with JSON. */
export function say(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): true {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
  return true;
}

/** Answers with a web page. */
export function page(response: ServerResponse, status: number, title: string): true {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(`<!DOCTYPE html><html><head><title>${title}</title></head><body>${title}</body></html>`);
  return true;
}

/** An error as the hosted API writes one. */
export function apiError(type: string, message: string): object {
  return { type: "error", error: { type, message } };
}
