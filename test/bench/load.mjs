// Mock upstream and load driver: the C programs, compiled into the run's temporary folder, or their Node stand-ins.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LOAD_CORE, run, start } from "./processes.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

function compile(compiler, name, directory) {
  const program = join(directory, name);
  const result = spawnSync(compiler, ["-O2", "-o", program, join(here, `${name}.c`)], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${compiler} can't compile ${name}.c: ${result.stderr || result.error}`);
  return [program, []];
}

/** Command lines of the two, and what they are, for the table's first line. `BENCH_NODE_LOAD=1` asks for the stand-ins. */
export function loadPrograms(directory) {
  const compiler = ["cc", "gcc", "clang"].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (process.platform === "linux" && compiler !== undefined && process.env["BENCH_NODE_LOAD"] !== "1") {
    return {
      kind: "C, one epoll thread each",
      counts: true,
      upstream: compile(compiler, "mock-upstream", directory),
      driver: compile(compiler, "load-driver", directory),
    };
  }
  return {
    kind: "Node, 2 processes each (no C compiler or no epoll here): they may be the bottleneck, mind the column `direct`",
    counts: false,
    upstream: [process.execPath, [join(here, "node-upstream.mjs")]],
    driver: [process.execPath, [join(here, "node-driver.mjs")]],
  };
}

/** Starts the mock upstream on a free port. */
export async function startUpstream(programs) {
  const [file, args] = programs.upstream;
  const child = start(LOAD_CORE, file, [...args, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the mock upstream ended with ${code}`)));
    child.stdout.setEncoding("utf8").once("data", (line) => resolve(JSON.parse(line).port));
  });
  const requests = async () => {
    if (!programs.counts) return undefined;
    const answer = await fetch(`http://127.0.0.1:${port}/bench/stats`);
    return (await answer.json()).requests;
  };
  return { child, port, requests };
}

/** Runs the load driver once; returns its result and, for streams, calls `onOpen` while they are held. */
export async function drive(programs, load, onOpen) {
  const [file, args] = programs.driver;
  const line = [
    ...args,
    load.mode,
    load.port,
    load.path,
    load.headersFile,
    load.bodyFile,
    load.connections,
    load.seconds,
  ];
  line.push(load.expectedFrames, load.endMarker);
  if (load.opensPerSecond !== undefined) line.push(load.opensPerSecond);
  const stdout = await run(LOAD_CORE, file, line.map(String), {
    timeoutMs: (load.seconds + 40) * 1000,
    onLine: (text) => {
      const message = JSON.parse(text);
      if (message.phase === "open") onOpen?.(message);
    },
  });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}
