// Child programs: a clean environment, a home of their own, a time limit, and nothing left behind.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { isOffline } from "./network.mjs";

const running = new Set();
const homes = new Set();

/** A temporary home with a folder to work in. */
export function makeHome() {
  const home = mkdtempSync(join(tmpdir(), "zenthrex-home-"));
  mkdirSync(join(home, "project"));
  mkdirSync(join(home, "tmp"));
  homes.add(home);
  return home;
}

/** What `env -i` leaves, and what a shell has at the least: no variable of this machine leaks into a client. */
export function cleanEnv(home, more = {}) {
  const folders = [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"];
  return { HOME: home, PATH: folders.join(delimiter), TMPDIR: join(home, "tmp"), LANG: "C.UTF-8", ...more };
}

/** Settings that keep Claude Code and its like from calling home, needed only where the internet can be reached. */
export const quietEnv = isOffline ? {} : { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" };

function endGroup(child, signal) {
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch {
    // it has ended already
  }
}

/** Starts a program in a process group of its own. */
export function startProgram(file, args, { home, env, cwd, stdin = "ignore" }) {
  const child = spawn(file, args, {
    env: cleanEnv(home, env),
    cwd: cwd ?? join(home, "project"),
    stdio: [stdin, "pipe", "pipe"],
    detached: process.platform !== "win32",
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/**
 * Runs a program to its end, or ends it at the time limit.
 * Shape: `under`: a program and arguments that start it, such as `unshare`.
 */
export function runProgram(file, args, options) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const [first, ...more] = [...(options.under ?? []), file, ...args];
    const child = startProgram(first, more, { ...options, stdin: options.input === undefined ? "ignore" : "pipe" });
    if (options.input !== undefined) child.stdin.end(options.input);
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const limit = setTimeout(() => {
      timedOut = true;
      endGroup(child, "SIGKILL");
    }, options.limitMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      const seconds = (performance.now() - begun) / 1000;
      resolve({ exitCode: code ?? -1, signal, stdout, stderr, seconds, timedOut });
    });
  });
}

/** Ends a started program: asks, then insists after 3 s. */
export function stopProgram(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => endGroup(child, "SIGKILL"), 3000);
    child.once("exit", () => {
      clearTimeout(force);
      resolve();
    });
    endGroup(child, "SIGTERM");
  });
}

/** Pids of processes that live in a home: clients leave daemons behind. Only where /proc tells. */
function processesOf(home) {
  let pids;
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return pids.map(Number).filter((pid) => {
    if (pid === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`HOME=${home}`);
    } catch {
      return false;
    }
  });
}

/** Ends what a client left behind in a home, says so, and removes the home. */
export function clearHome(home) {
  const left = processesOf(home);
  for (const pid of left) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended by itself
    }
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  homes.delete(home);
  if (left.length > 0) process.stdout.write(`        (ended ${left.length} process(es) that were left behind)\n`);
}

/** Ends everything that was started and removes every home. */
export function clearAll() {
  for (const child of running) endGroup(child, "SIGKILL");
  for (const home of [...homes]) clearHome(home);
}
