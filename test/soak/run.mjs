// `npm run soak`: many requests through `zenthrex serve`, some aborted, some failing, and the accounts at the end: nothing lost, nothing
// left over. `--streams N` holds that many slow streams instead. Loopback only; every child is ended by pid.
import { fork } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { localToken, serveArguments, zenthrexEnv } from "../bench/contenders.mjs";
import { freePort, killAll, listening, stop } from "../bench/processes.mjs";
import { readJournal } from "./journal.mjs";
import { nextRequest, orderOf, problemOf, randomFrom } from "./requests.mjs";
import { soakStreams } from "./streams.mjs";

const usage = `usage: npm run soak -- [--requests N] [--seed N] [--connections N] [--json]
       npm run soak -- --streams N [--lane raw|translated] [--json]
  Without options 100,000 requests. Exit code 1 when an account doesn't balance.
`;

const here = fileURLToPath(new URL(".", import.meta.url));
const ABORT_SHARE = 0.05;
const FAULT_SHARE = 0.05;
/** Behind this share of the requests the heap has its size: before it, code is still compiled and pools fill. */
const WARM_SHARE = 0.2;
const SAMPLES = 40;

const say = (text) => process.stderr.write(text);

function childLine(child) {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`a child ended with ${code}`)));
    child.stdout.setEncoding("utf8").once("data", (line) => resolve(JSON.parse(line)));
  });
}

async function startUpstream() {
  const child = fork(join(here, "upstream.mjs"), { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const { port } = await childLine(child);
  const stats = async () => (await fetch(`http://127.0.0.1:${port}/soak/stats`)).json();
  /** What to do when the upstream has got the request of a number. */
  const arrivals = new Map();
  child.on("message", ({ number }) => {
    arrivals.get(number)?.();
    arrivals.delete(number);
  });
  return { child, port, stats, arrivals };
}

async function startDaemon(directory, upstreamPort) {
  const port = await freePort();
  const token = localToken(directory);
  const [program, ...args] = serveArguments(port, upstreamPort);
  const execArgv = ["--expose-gc", "--import", join(here, "memory-probe.mjs")];
  const options = { env: zenthrexEnv(directory), cwd: directory, execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] };
  const child = fork(program, args, options);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr = (stderr + text).slice(-4000);
  });
  await listening(port, 10_000);
  return { child, port, token, stderr: () => stderr };
}

/** Heap after a collection, resident memory and open files of the daemon. */
async function sample({ child }) {
  const told = new Promise((resolve) => child.once("message", resolve));
  child.send("sample");
  const memory = await told;
  return { ...memory, files: readdirSync(`/proc/${child.pid}/fd`).length };
}

/** Sends one request; an aborted one is left as soon as the upstream has it, or has begun to answer. */
function perform(daemon, agent, arrivals, request) {
  const { path, body } = orderOf(request);
  const headers = {
    "x-api-key": daemon.token,
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  return new Promise((resolve) => {
    const call = httpRequest(
      { host: "127.0.0.1", port: daemon.port, method: "POST", path, headers, agent },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece) => {
          text += piece;
          if (request.aborts) leave();
        });
        response.on("end", () => resolve({ status: response.statusCode, body: text }));
        response.on("error", (error) => resolve({ cut: error.code ?? error.message }));
      },
    );
    const leave = () => {
      call.destroy();
      resolve({ left: true });
    };
    // A silent upstream, or one whose stream is gathered to one JSON answer: nothing will come. Left once the upstream has the request.
    if (request.aborts && (request.kind === "silent" || !request.stream)) arrivals.set(request.number, leave);
    call.on("error", (error) => resolve({ cut: error.code ?? error.message }));
    call.end(body);
  });
}

async function sendAll(daemon, arrivals, { requests, seed, connections }, samples) {
  const random = randomFrom(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const problems = [];
  let next = 0;
  let aborted = 0;
  const every = Math.max(1, Math.floor(requests / SAMPLES));
  const work = async () => {
    while (next < requests) {
      const number = next++;
      const request = nextRequest(random, number, { abortShare: ABORT_SHARE, faultShare: FAULT_SHARE });
      const answer = await perform(daemon, agent, arrivals, request);
      if (request.aborts && answer.left) aborted++;
      else {
        const problem = problemOf(request, answer);
        if (problem !== undefined)
          problems.push(`${number} (${request.kind}${request.translated ? ", translated" : ""}): ${problem}`);
      }
      if (number > 0 && number % every === 0) {
        samples.push({ at: number, ...(await sample(daemon)) });
        if (number % (every * 4) === 0) say(`${number} of ${requests}, ${problems.length} problems\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  agent.destroy();
  return { problems, aborted };
}

/** Bytes that the heap grows by in 100,000 requests: the slope of a line through the samples behind the warm-up. */
function heapSlope(samples, requests) {
  const points = samples.filter(({ at }) => at >= requests * WARM_SHARE);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map(({ at }) => at));
  const y = mean(points.map(({ heapBytes }) => heapBytes));
  const above = points.reduce((sum, { at, heapBytes }) => sum + (at - x) * (heapBytes - y), 0);
  const below = points.reduce((sum, { at }) => sum + (at - x) ** 2, 0);
  return (above / below) * 100_000;
}

const usageFields = ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"];

function balance({ requests, problems, aborted, upstream, journal, slope, samples, before, after }) {
  const firstWarm = samples.find(({ at }) => at >= requests * WARM_SHARE);
  const accounts = [
    [
      "every answer is what it has to be",
      problems.length === 0,
      `${problems.length} are not ${problems.slice(0, 5).join("; ")}`,
    ],
    ["upstream requests == client requests", upstream.posts === requests, `${upstream.posts} == ${requests}`],
    ["aborted calls ended upstream", upstream.aborted === aborted, `${upstream.aborted} == ${aborted}`],
    [
      "journal rows == requests",
      journal.ended === requests && journal.started === requests && journal.twice === 0,
      `${journal.ended} ended, ${journal.started} begun, ${journal.twice} twice, ${journal.lost} lost, ${journal.unreadable} unreadable`,
    ],
    [
      "completed in the journal == completed upstream",
      journal.outcomes.completed === upstream.completed,
      `${journal.outcomes.completed} == ${upstream.completed}; ${JSON.stringify(journal.outcomes)}`,
    ],
    ...usageFields.map((field) => [
      `${field} in the journal == upstream`,
      journal[field] === upstream[field],
      `${journal[field]} == ${upstream[field]}`,
    ]),
    ["heap per 100,000 requests < 1 MB", slope < 1e6, `${(slope / 1e6).toFixed(2)} MB`],
    ["open files as at the start", after.files - before.files <= 2, `${before.files} -> ${after.files}`],
    [
      "resident memory <= 1.2 x that of the warm daemon",
      after.rssBytes <= 1.2 * (firstWarm?.rssBytes ?? after.rssBytes),
      `${((firstWarm?.rssBytes ?? 0) / 1e6).toFixed(0)} -> ${(after.rssBytes / 1e6).toFixed(0)} MB`,
    ],
  ];
  return accounts.map(([name, holds, figures]) => ({ name, holds, figures }));
}

async function soakRequests(options) {
  const directory = mkdtempSync(join(tmpdir(), "zenthrex-soak-"));
  const begun = performance.now();
  const upstream = await startUpstream();
  const daemon = await startDaemon(directory, upstream.port);
  try {
    const before = await sample(daemon);
    const samples = [];
    const { problems, aborted } = await sendAll(daemon, upstream.arrivals, options, samples);
    // Idle connections of both sides go after 4 s at most.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const after = await sample(daemon);
    const told = await upstream.stats();
    await stop(daemon.child);
    const journal = await readJournal(directory);
    const { requests } = options;
    const slope = heapSlope(samples, requests);
    const accounts = balance({ requests, problems, aborted, upstream: told, journal, slope, samples, before, after });
    return {
      requests,
      seed: options.seed,
      heapMb: samples
        .filter((_, index) => index % 4 === 3)
        .map(({ heapBytes }) => (heapBytes / 1e6).toFixed(1))
        .join(" "),
      seconds: Math.round((performance.now() - begun) / 1000),
      accounts,
    };
  } catch (error) {
    say(daemon.stderr());
    throw error;
  } finally {
    daemon.child.kill("SIGKILL");
    upstream.child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

function report({ accounts, ...rest }) {
  const lines = accounts.map(({ name, holds, figures }) => `${holds ? "holds " : "BROKEN"}  ${name}: ${figures}`);
  const facts = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `${[facts.join(", "), ...lines].join("\n")}\n`;
}

async function soak() {
  const { values } = parseArgs({
    options: {
      requests: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      connections: { type: "string", default: "32" },
      streams: { type: "string" },
      lane: { type: "string", default: "raw" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const result =
    values.streams === undefined
      ? await soakRequests({
          requests: Number(values.requests),
          seed: Number(values.seed),
          connections: Number(values.connections),
        })
      : await soakStreams({ streams: Number(values.streams), lane: values.lane, say });
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : report(result));
  return result.accounts.every(({ holds }) => holds) ? 0 : 1;
}

process.once("exit", killAll);
try {
  process.exitCode = await soak();
} catch (error) {
  say(`soak: ${error.stack}\n`);
  process.exitCode = 1;
}
