import { randomBytes } from "node:crypto";
import { systemClock } from "../../src/base/clock.ts";
import { ZenthrexError } from "../../src/base/errors.ts";
import type { Context, ExecResult, Output } from "../../src/cli/context.ts";
import { root } from "./source-files.ts";

/** A program that a command ran, and what it was given. */
export interface RanProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly input?: string;
}

/** A context that a test can see through: what was written, what was run, and a signal to send. */
export interface FakeContext extends Context {
  /** Everything written to stdout so far. */
  readonly out: () => string;
  /** Everything written to stderr so far. */
  readonly err: () => string;
  readonly ran: readonly RanProgram[];
  /** Makes `untilSignal` resolve. */
  readonly signal: (name?: string) => void;
  /** Resolves as soon as stdout or stderr holds a text that the pattern matches; rejects after 10 s with what there is. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** What a test may set; all the rest is a quiet machine without a terminal. */
export interface FakeContextOptions extends Partial<Omit<Context, "stdin" | "stdout" | "stderr" | "exec">> {
  /** Give `temporaryHome()`: files are real. */
  readonly home: string;
  /** stdin is a terminal if `secrets` or `lines` are given: they are what the user types, one for each question. */
  readonly secrets?: readonly string[];
  readonly lines?: readonly string[];
  /** What stdin holds where it is no terminal. */
  readonly stdinText?: string;
  /** True: stdout and stderr are terminals. */
  readonly tty?: boolean;
  readonly columns?: number;
  /** Answers for programs, by name; others aren't found (exit code 127). */
  readonly programs?: Readonly<Record<string, (args: readonly string[], input?: string) => Partial<ExecResult>>>;
}

/** Makes a context for `main(argv, context)` or a command. Only what the test names differs from a bare Linux machine. */
export function fakeContext(options: FakeContextOptions): FakeContext {
  const { secrets, lines, stdinText, tty, columns, programs, ...given } = options;
  const listeners = new Set<() => void>();
  const stdout = capture(tty ?? false, columns ?? 80, listeners);
  const stderr = capture(tty ?? false, columns ?? 80, listeners);
  const answers = { secrets: [...(secrets ?? [])], lines: [...(lines ?? [])] };
  const ran: RanProgram[] = [];
  let send: (name: string) => void = () => undefined;
  const signalled = new Promise<string>((resolve) => {
    send = resolve;
  });
  const next = async (queue: string[]): Promise<string> => {
    const answer = queue.shift();
    if (answer === undefined) throw new ZenthrexError("ZX_USAGE", "there is no terminal to ask on");
    return answer;
  };
  return {
    env: {},
    cwd: options.home,
    platform: "linux",
    nodeVersion: "20.18.1",
    version: "0.0.0-test",
    pid: process.pid,
    programPath: `${root}bin/zenthrex.js`,
    nodePath: process.execPath,
    stdin: {
      isTty: secrets !== undefined || lines !== undefined,
      readAll: async () => stdinText ?? "",
      readSecret: () => next(answers.secrets),
      readLine: () => next(answers.lines),
    },
    clock: systemClock,
    color: false,
    randomBytes: (size) => randomBytes(size),
    exec: async (file, args, execOptions) => {
      ran.push({ file, args, ...execOptions });
      const result = programs?.[file]?.(args, execOptions?.input);
      return { exitCode: result === undefined ? 127 : 0, stdout: "", stderr: "", ...result };
    },
    attach: async () => 127,
    untilSignal: () => signalled,
    onHangup: () => undefined,
    onCrash: () => undefined,
    descriptorLimit: () => undefined,
    kill: () => "gone",
    ...given,
    stdout,
    stderr,
    ran,
    out: () => stdout.text(),
    err: () => stderr.text(),
    signal: (name = "SIGINT") => send(name),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`${pattern} did not come within 10 s:\n${stdout.text()}\n${stderr.text()}`));
        }, 10_000);
        const look = (): void => {
          const found = pattern.exec(stdout.text()) ?? pattern.exec(stderr.text());
          if (found === null) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
  };
}

function capture(isTty: boolean, columns: number, listeners: ReadonlySet<() => void>): Output & { text(): string } {
  let text = "";
  return {
    isTty,
    columns,
    write: (part) => {
      text += part;
      for (const listener of [...listeners]) listener();
    },
    text: () => text,
  };
}
