// Many slow streams held at once, and control requests beside them: what a stream costs in memory, and whether anybody waits.
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startContender } from "../bench/contenders.mjs";
import { drive, loadPrograms, startUpstream } from "../bench/load.mjs";
import { rssKb, stop } from "../bench/processes.mjs";

const OPENS_PER_SECOND = 400;
const HOLD_SECONDS = 20;
const CONTROL_EVERY_MS = 50;
const goals = { raw: 25, translated: 50 };
const CONTROL_P99_MS = 250;

const rank = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** One small request of another client; resolves to how long it took. */
function controlRequest(port) {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const call = httpRequest({ host: "127.0.0.1", port, path: "/healthz", method: "GET" }, (response) => {
      response.resume();
      response.on("end", () => resolve(performance.now() - begun));
    });
    call.on("error", reject);
    call.end();
  });
}

/** Opens the streams through one lane, holds them, and reads memory and waits meanwhile. */
export async function soakStreams({ streams, lane, say }) {
  const directory = mkdtempSync(join(tmpdir(), "zenthrex-streams-"));
  const programs = loadPrograms(directory);
  const upstream = await startUpstream(programs);
  const daemon = await startContender(lane, { directory, programs, upstream, upstreamPort: upstream.port });
  try {
    const load = { mode: "load", port: daemon.port, connections: 1, seconds: 0.05 };
    for (const kind of ["json", "sse-short"]) await drive(programs, { ...load, ...daemon.request(kind) });
    const idleKb = rssKb(daemon.child.pid);
    const held = [];
    const waits = [];
    const failures = [];
    const timers = [];
    const shape = { mode: "streams", port: daemon.port, ...daemon.request("sse-slow"), connections: streams };
    const result = await drive(programs, { ...shape, seconds: HOLD_SECONDS, opensPerSecond: OPENS_PER_SECOND }, () => {
      say(`${streams} streams are open\n`);
      timers.push(setInterval(() => held.push(rssKb(daemon.child.pid)), 200));
      const ask = () =>
        controlRequest(daemon.port).then(
          (ms) => waits.push(ms),
          (error) => failures.push(error.message),
        );
      timers.push(setInterval(ask, CONTROL_EVERY_MS));
    });
    for (const timer of timers) clearInterval(timer);
    const kbPerStream = (rank(held, 0.5) - idleKb) / streams;
    const p99Ms = rank(waits, 0.99);
    const accounts = [
      {
        name: "every stream is open and whole",
        holds: result.open === streams && result.errors === 0,
        figures: `${result.open} of ${streams}, ${result.errors} errors ${result.firstError}`,
      },
      {
        name: `resident memory a stream <= ${goals[lane]} KB`,
        holds: kbPerStream <= goals[lane],
        figures: `${kbPerStream.toFixed(1)} KB (${(idleKb / 1024).toFixed(0)} -> ${(rank(held, 0.5) / 1024).toFixed(0)} MB)`,
      },
      {
        name: `control requests, p99 <= ${CONTROL_P99_MS} ms`,
        holds: failures.length === 0 && p99Ms <= CONTROL_P99_MS,
        figures: `p50 ${rank(waits, 0.5).toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${waits.length} answered, ${failures.length} failed`,
      },
    ];
    return { lane, streams, accounts };
  } finally {
    await stop(daemon.child);
    upstream.child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}
