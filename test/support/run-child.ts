import { type ChildProcess, spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { root } from "./source-files.ts";

/** How a child process ended, and what it wrote. */
export interface ChildResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child process under way. */
export interface RunningChild {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<ChildResult>;
  /** Resolves as soon as stdout or stderr matches; rejects when the child ends without. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** What a child gets besides its arguments. The environment is this and a PATH, nothing else. */
export interface ChildOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** Starts the real program, bin/zenthrex.js, in a home of its own; it is killed when the test ends. */
export function startZenthrex(args: readonly string[], options: ChildOptions): RunningChild {
  return startNode([`${root}bin/zenthrex.js`, ...args], options);
}

/** Runs the real program to its end. */
export function runZenthrex(args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return startZenthrex(args, options).ended;
}

/** Starts Node with arguments, in a home of its own; it is killed when the test ends. */
export function startNode(args: readonly string[], options: ChildOptions): RunningChild {
  const env = { PATH: process.env["PATH"] ?? "", HOME: options.home, ...options.env };
  const child = spawn(process.execPath, args, { cwd: options.cwd ?? options.home, env, stdio: "pipe" });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const collect = (take: (text: string) => void) => (chunk: Buffer) => {
    take(chunk.toString());
    for (const listener of [...listeners]) listener();
  };
  child.stdout.on(
    "data",
    collect((text) => {
      stdout += text;
    }),
  );
  child.stderr.on(
    "data",
    collect((text) => {
      stderr += text;
    }),
  );
  // A child that doesn't read its stdin closes it.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  const ended = new Promise<ChildResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      resolve({ exitCode, signal, stdout, stderr });
      for (const listener of [...listeners]) listener();
    });
  });
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(stdout) ?? pattern.exec(stderr);
        if (found === null && child.exitCode === null && child.signalCode === null) return;
        listeners.delete(look);
        if (found !== null) resolve(found);
        else reject(new Error(`ended without ${pattern}:\n${stdout}\n${stderr}`));
      };
      listeners.add(look);
      look();
    });
  return { process: child, out: () => stdout, err: () => stderr, ended, until };
}
