import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isatty } from "node:tty";
import { systemClock } from "../base/clock.ts";
import { errorCode } from "../base/error-code.ts";
import { createRedactor } from "../base/redact-stream.ts";
import { attachChild } from "./attach-child.ts";
import type { Context, ExecResult, Output } from "./context.ts";

/** A program that answers nothing for so long is ended: clipboards and process lists answer at once. */
const EXEC_TIMEOUT_MS = 10_000;

/** A program that has ended but whose child keeps its output open (wl-copy, xclip) is waited for no longer than this. */
const EXEC_OUTPUT_GRACE_MS = 300;

/** npm and the terminal both pass Ctrl-C on: signals this close together are one. */
const ONE_SIGNAL_MS = 500;

/** The context of the real process. The only module that touches `process`. */
export function systemContext(programPath: string, version: string): Context {
  const stdout = outputOf(process.stdout);
  return {
    env: process.env,
    home: homeDirectory(),
    cwd: currentDirectory(),
    platform: process.platform,
    nodeVersion: process.versions.node,
    version,
    pid: process.pid,
    programPath,
    nodePath: process.execPath,
    stdout,
    stderr: outputOf(process.stderr),
    stdin: stdinOf(),
    clock: systemClock,
    color: wantsColor(process.env, stdout.isTty),
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    exec,
    attach: (file, args, env) => attachChild(process, { file, args, env, sharesTerminal: isatty(0) }),
    untilSignal,
    onHangup: (callback) => {
      process.on("SIGHUP", callback);
    },
    onCrash: (callback) => {
      // The program's own answer to a bug is to end at once.
      process.removeAllListeners("uncaughtException");
      process.on("uncaughtException", (thrown) => callback(thrown, "thrown"));
      process.on("unhandledRejection", (thrown) => callback(thrown, "rejected"));
    },
    descriptorLimit,
    kill,
  };
}

/** Node raises the soft limit to the hard one when it starts: what is read here is what counts. */
function descriptorLimit(): number | undefined {
  try {
    const text = readFileSync("/proc/self/limits", "utf8");
    return limitOf(/^Max open files\s+(\d+)/m.exec(text)?.[1]);
  } catch {
    return process.platform === "darwin" ? reportedLimit() : undefined;
  }
}

/** macOS has no /proc; the diagnostic report holds the same number. */
function reportedLimit(): number | undefined {
  const report: unknown = process.report?.getReport();
  const soft = /"open_files":\{"soft":"?(\d+)/.exec(JSON.stringify(report) ?? "")?.[1];
  return limitOf(soft);
}

function limitOf(digits: string | undefined): number | undefined {
  const limit = Number(digits);
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined;
}

/** NO_COLOR forbids, FORCE_COLOR forces, else a terminal decides. Source: no-color.org, force-color.org. */
export function wantsColor(env: Readonly<Record<string, string | undefined>>, isTty: boolean): boolean {
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return !/^(0|false)$/i.test(forced);
  return isTty && env["TERM"] !== "dumb";
}

/** The environment of a child: ours without the key. Windows ignores the case of names. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[0].toUpperCase() !== "ZENTHREX_KEY",
  );
  return Object.fromEntries(kept);
}

/** The last step before stdout and stderr: whatever comes here, no secret gets out, not in two pieces either. */
function outputOf(stream: NodeJS.WriteStream): Output {
  const redactor = createRedactor();
  const send = (text: string): void => {
    if (text !== "") stream.write(text);
  };
  const release = (): void => send(redactor.end());
  return {
    write: (text) => {
      const wasHolding = redactor.isHolding;
      send(redactor.push(text));
      // A prompt ends without its line, and nobody would type the answer to what isn't shown.
      if (redactor.isHolding && !wasHolding) setImmediate(release);
    },
    writeSecret: (text) => {
      release();
      send(text);
    },
    get isTty() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
  };
}

/** process.stdin opens the stream, so it is not touched before a command reads. */
function stdinOf(): Context["stdin"] {
  const prompts = () => import("./prompts.ts");
  return {
    isTty: isatty(0),
    readAll: async () => (await prompts()).readAll(process.stdin),
    readSecret: async (prompt) => (await prompts()).readSecret(process.stdin, process.stderr, prompt),
    readLine: async (prompt) => (await prompts()).readLine(process.stdin, process.stderr, prompt),
  };
}

/** HOME set to nothing must not make the working directory a home. */
function homeDirectory(): string {
  try {
    return homedir();
  } catch {
    return "";
  }
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    // The directory was deleted under us.
    return "";
  }
}

async function exec(file: string, args: readonly string[], options: { input?: string } = {}): Promise<ExecResult> {
  const { execa } = await import("execa");
  const child = execa(file, [...args], {
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
    env: childEnvironment(process.env),
    extendEnv: false,
    // Windows would look for the program in the working directory first, which may be anybody's repository.
    cwd: homeDirectory() || "/",
    reject: false,
    timeout: EXEC_TIMEOUT_MS,
    maxBuffer: 1024 * 1024,
    windowsHide: true,
  });
  child.once("exit", () => {
    const timer = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, EXEC_OUTPUT_GRACE_MS);
    timer.unref();
  });
  const result = await child;
  // A program that wasn't found has no exit code of its own: 127 is what shells say.
  const exitCode = result.exitCode ?? (result.code === "ENOENT" ? 127 : 1);
  return { exitCode, stdout: String(result.stdout ?? ""), stderr: String(result.stderr ?? "") };
}

/** Resolves at the first signal. A later one gets its default effect again and ends the process at once. */
function untilSignal(): Promise<string> {
  const names = ["SIGINT", "SIGTERM"] as const;
  // conf's package when-exit answers a signal by sending it again, which would cut the answers that we want to finish.
  for (const name of names) process.removeAllListeners(name);
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = (name: NodeJS.Signals): void => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        resolve(name);
      } else if (performance.now() - firstAt > ONE_SIGNAL_MS) {
        for (const each of names) process.removeAllListeners(each);
        process.kill(process.pid, name);
      }
    };
    for (const name of names) process.on(name, onSignal);
  });
}

function kill(pid: number, signal: "SIGTERM" | 0): "sent" | "gone" | "denied" {
  try {
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    return errorCode(error) === "EPERM" ? "denied" : "gone";
  }
}
