// `npm run bench`: what the raw lane costs, beside a direct connection, a minimal pass-through and nginx, in one interleaved run.
// Loopback only. Bounded: every child has a time limit and is ended by pid. About three minutes; `--quick` about one.
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findContenders, nginxVersion, startContender } from "./contenders.mjs";
import { judge } from "./goals.mjs";
import { loadPrograms, startUpstream } from "./load.mjs";
import { CONTENDER_CORE, cpuIsMeasurable, killAll, LOAD_CORE, machineTicks, pinned, stop } from "./processes.mjs";
import { report } from "./report.mjs";
import { measure, measureStreams, scenarios } from "./scenarios.mjs";
import { measureCommandLines, measureServe } from "./start-up.mjs";

const usage = `usage: npm run bench -- [--quick] [--json] [--check] [--rounds N] [--seconds S] [--streams N]
                       [--contenders direct,minimal,nginx,raw,translated] [--only ${scenarios.map(({ id }) => id).join(",")},streams,startUp]
  --check   exit code 1 when a goal is missed
`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    streams: { type: "string" },
    contenders: { type: "string" },
    only: { type: "string" },
  },
});

const rounds = Number(options.rounds ?? (options.quick ? 3 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 0.3 : 0.7));
const streamCount = Number(options.streams ?? 1000);
const only = options.only?.split(",");
const wanted = (id) => only === undefined || only.includes(id);
const say = (text) => process.stderr.write(text);

function shuffled(names) {
  const left = [...names];
  const order = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return order;
}

/** How busy the machine is while we do nothing, in percent: others' work makes wall times long, CPU times less so. */
async function busyShare() {
  const before = machineTicks();
  await new Promise((resolve) => setTimeout(resolve, 700));
  const after = machineTicks();
  return Math.round((1 - (after.idle - before.idle) / Math.max(1, after.all - before.all)) * 100);
}

function describeMachine(programs, absent) {
  const cores = pinned
    ? `driver and upstream on core ${LOAD_CORE}, contender on core ${CONTENDER_CORE}`
    : "nothing pinned (no taskset)";
  const lines = [
    `node ${process.version}, nginx ${nginxVersion() ?? "not installed"}; ${cores}; plain HTTP on loopback; ${rounds} rounds of ${seconds} s, medians`,
    `driver and upstream: ${programs.kind}`,
  ];
  if (!cpuIsMeasurable) lines.push("CPU: not measurable here (no /proc/PID/task/TID/schedstat)");
  if (absent.length > 0) lines.push(`not here: ${absent.join(", ")}`);
  return lines;
}

/** Lets the JIT finish before anything counts: each program gets its share of CPU time, or as long as it takes to be sure. */
async function warmUp(running, surroundings) {
  const shares = { json32: 1500, sse: 800, sseBurst: 500, agent: 700 };
  for (const [name, contender] of Object.entries(running)) {
    if (contender.child === undefined) continue;
    for (const [id, cpuWantedMs] of Object.entries(shares)) {
      const scenario = scenarios.find((one) => one.id === id);
      const until = performance.now() + cpuWantedMs * 2;
      let cpuHad = 0;
      while (cpuHad < cpuWantedMs && performance.now() < until) {
        const { completed, cpuMsPer1000 } = await measure(name, contender, scenario, 0.3, surroundings);
        cpuHad += ((cpuMsPer1000 ?? 0) * completed) / 1000;
      }
    }
  }
}

async function measureScenarios(present, surroundings) {
  const chosen = scenarios.filter(({ id }) => wanted(id));
  const results = {};
  if (chosen.length === 0) return results;
  const running = {};
  for (const name of present) running[name] = await startContender(name, surroundings);
  say("warming up\n");
  await warmUp(running, surroundings);
  for (const scenario of chosen) {
    say(`${scenario.title}\n`);
    results[scenario.id] = Object.fromEntries(present.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of shuffled(present)) {
        results[scenario.id][name].push(await measure(name, running[name], scenario, seconds, surroundings));
      }
    }
  }
  for (const { child } of Object.values(running)) if (child !== undefined) await stop(child);
  return results;
}

async function measureAll(present, surroundings) {
  const results = { scenarios: await measureScenarios(present, surroundings), streamCount };
  if (wanted("streams")) {
    results.streams = {};
    for (const name of shuffled(present)) {
      say(`${streamCount} slow streams: ${name}\n`);
      results.streams[name] = await measureStreams(name, streamCount, options.quick ? 2.5 : 5, surroundings);
    }
  }
  if (wanted("startUp") && present.includes("raw")) {
    say("start-up\n");
    results.startUp = measureCommandLines(options.quick ? 7 : 21, surroundings.directory, shuffled);
    results.serveMs = await measureServe(options.quick ? 3 : 9, surroundings);
  }
  return results;
}

async function bench() {
  const { present, absent } = findContenders(options.contenders?.split(","));
  const directory = mkdtempSync(join(tmpdir(), "zenthrex-bench-"));
  try {
    const programs = loadPrograms(directory);
    const upstream = await startUpstream(programs);
    const busy = await busyShare();
    const before = machineTicks();
    const begun = performance.now();
    const results = await measureAll(present, { directory, programs, upstream, upstreamPort: upstream.port });
    const after = machineTicks();
    const stolen = ((after.stolen - before.stolen) / Math.max(1, after.all - before.all)) * 100;
    const took = `took ${Math.round((performance.now() - begun) / 1000)} s; stolen by the host ${stolen.toFixed(1)} %; others kept the cores ${busy} % busy before it; load average ${loadavg()[0].toFixed(1)}`;
    results.machine = [...describeMachine(programs, absent), took].join("\n");
    const verdicts = judge(results);
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ...results, goals: verdicts }, null, 2)}\n`
        : report(results, present, verdicts),
    );
    const failedStreams = Object.entries(results.streams ?? {}).filter(
      ([, one]) => one.errors > 0 || one.open < streamCount,
    );
    for (const [name, one] of failedStreams)
      say(`${name}: ${one.open} of ${streamCount} streams open, ${one.errors} errors ${one.firstError}\n`);
    const missed = options.check && verdicts.some(({ met }) => met === false);
    return missed || failedStreams.length > 0 ? 1 : 0;
  } finally {
    killAll();
    rmSync(directory, { recursive: true, force: true });
  }
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
}
process.once("exit", killAll);

if (options.help) {
  process.stdout.write(usage);
} else {
  try {
    process.exitCode = await bench();
  } catch (error) {
    say(`bench: ${error.message}\n`);
    process.exitCode = 1;
  }
}
