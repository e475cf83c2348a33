// Children of the benchmark: started pinned to a core where that is possible, measured by /proc, ended by pid.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { availableParallelism } from "node:os";

const canPin = availableParallelism() >= 2 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** Whether children are pinned to cores. */
export const pinned = canPin;
/** The core of the load driver and the mock upstream; the contender has the other one. */
export const LOAD_CORE = 0;
export const CONTENDER_CORE = 1;

const running = new Set();

/** The command line with `taskset` in front where there is one. taskset execs: the child's pid is the program's. */
export function onCore(core, file, args) {
  return canPin ? ["taskset", ["-c", String(core), file, ...args]] : [file, args];
}

/** Starts a child on a core. */
export function start(core, file, args, options = {}) {
  const child = spawn(...onCore(core, file, args), { stdio: ["ignore", "ignore", "inherit"], ...options });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/** Ends a child and resolves when it is gone: SIGTERM first, SIGKILL after 3 s. */
export function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill("SIGKILL"), 3000);
    child.once("exit", () => {
      clearTimeout(force);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/** Ends whatever is left, at once. */
export function killAll() {
  for (const child of running) child.kill("SIGKILL");
}

/** Runs a child to its end and returns what it wrote to stdout; `onLine` sees each line as it comes. */
export function run(core, file, args, { timeoutMs, onLine, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = start(core, file, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let stdout = "";
    let stderr = "";
    let lineStart = 0;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      for (let end = stdout.indexOf("\n", lineStart); end >= 0; end = stdout.indexOf("\n", lineStart)) {
        onLine?.(stdout.slice(lineStart, end));
        lineStart = end + 1;
      }
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), timeoutMs ?? 60_000);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      if (code === 0) resolve(stdout);
      else reject(new Error(`${file} ${args[0] ?? ""} ended with ${code ?? signal}: ${stderr.trim().slice(0, 500)}`));
    });
  });
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Resolves when something accepts connections on the port. */
export async function listening(port, timeoutMs, everyMs = 5) {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const accepted = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (accepted) return;
    if (performance.now() > until) throw new Error(`nothing listens on port ${port} after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function processTree(pid) {
  const pids = [pid];
  for (let at = 0; at < pids.length; at++) {
    for (const child of (read(`/proc/${pids[at]}/task/${pids[at]}/children`) ?? "").split(" ").filter(Boolean)) {
      pids.push(Number(child));
    }
  }
  return pids;
}

/** Whether this machine tells the scheduler time of a process. */
export const cpuIsMeasurable = read(`/proc/${process.pid}/task/${process.pid}/schedstat`) !== undefined;

/** Scheduler time that a process and its children have had so far, in ms: field 1 of /proc/PID/task/TID/schedstat is ns on a core. */
export function cpuMs(pid) {
  let nanoseconds = 0;
  for (const member of processTree(pid)) {
    let tasks = [];
    try {
      tasks = readdirSync(`/proc/${member}/task`);
    } catch {
      continue;
    }
    for (const task of tasks)
      nanoseconds += Number((read(`/proc/${member}/task/${task}/schedstat`) ?? "0").split(" ")[0]);
  }
  return nanoseconds / 1e6;
}

/** Resident memory of a process and its children in KB; undefined where /proc doesn't tell. */
export function rssKb(pid) {
  let sum = 0;
  for (const member of processTree(pid))
    sum += Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${member}/status`) ?? "")?.[1] ?? 0);
  return sum === 0 ? undefined : sum;
}

/** Ticks of all cores so far: what was stolen by the host, and all. Tells how quiet the machine was. */
export function machineTicks() {
  const fields = (read("/proc/stat") ?? "").split("\n")[0].split(/\s+/).slice(1, 9).map(Number);
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
  return { stolen: fields[7] ?? 0, idle, all: fields.reduce((sum, value) => sum + value, 0) };
}
