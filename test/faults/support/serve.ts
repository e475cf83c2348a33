import { spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { realKey } from "../../proxy/support/test-proxy.ts";
import { localTokenIn } from "../../support/background.ts";
import { root } from "../../support/source-files.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

/** A daemon as a process of its own. */
export interface ServedProcess {
  readonly home: string;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly localToken: string;
  /** Everything that it wrote, stdout and stderr. */
  readonly output: () => string;
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<number | null>;
}

/** How it is started. */
export interface ServeOptions {
  readonly upstream?: string;
  readonly args?: readonly string[];
  /** For Node itself: what it is to run first, how much memory it has. */
  readonly nodeArgs?: readonly string[];
  /** How many files it may have open. */
  readonly openFiles?: number;
  readonly home?: string;
  /** Another copy of bin/zenthrex.js. */
  readonly program?: string;
  /** A program, with its arguments, that runs it. */
  readonly before?: readonly string[];
}

/** Starts `zenthrex serve` as a process, in a home of its own, killed after the test. */
export async function startServe(options: ServeOptions = {}): Promise<ServedProcess> {
  const { upstream, args = [], nodeArgs = [], openFiles, home = temporaryHome(), before = [] } = options;
  const program = options.program ?? `${root}bin/zenthrex.js`;
  const where = upstream === undefined ? ["--sandbox"] : ["--upstream", upstream];
  const command = [...before, process.execPath, ...nodeArgs, program, "serve", "--port", "0", "--json"];
  const limit = openFiles === undefined ? "" : `ulimit -n ${openFiles}; `;
  const child = spawn("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", ...command, ...where, ...args], {
    cwd: home,
    env: { PATH: process.env["PATH"] ?? "", HOME: home, ZENTHREX_KEY: realKey },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: a program that runs it (strace) may leave it behind when it is killed.
    detached: true,
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // The whole group has ended.
    }
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const until = async (pattern: RegExp): Promise<void> => {
    const deadline = Date.now() + 15_000;
    while (!pattern.test(text)) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`no ${pattern} in:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await until(/"ready":true.*\n/);
  const line = text.split("\n").find((candidate) => candidate.includes('"ready":true')) ?? "";
  const { url, port } = JSON.parse(line) as { url: string; port: number };
  return {
    home,
    pid: child.pid ?? 0,
    port,
    url,
    localToken: localTokenIn(home),
    output: () => text,
    until,
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
