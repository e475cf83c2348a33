/**
 * A day of mixed traffic against the sandbox, through a real daemon: what the journal adds up to must be what was billed.
 *
 *     node test/soak/day.mjs [--requests 10000] [--aborts 500]
 *
 * Three parts, each with a home, a daemon and a wallet of its own:
 * 1. both lanes, streams and JSON, cached and not, some errors: tokens and dollars of journal, `usage` and wallet are equal;
 * 2. the same with clients that leave: all that differs is what the upstream never told of those;
 * 3. a hard budget under 20 callers at once: it is overshot by no more than the requests that were under way.
 * The sandbox's clock runs a day in the time that the part takes, so that its limits and caches see a day.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSandbox } from "../../dist/index.js";

const program = new URL("../../bin/zenthrex.js", import.meta.url).pathname;
const option = (name, standard) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? standard : Number(process.argv[at + 1]);
};
const requests = option("requests", 10_000);
const aborts = option("aborts", 500);
const callers = 8;

/** A clock that a day passes on with the requests, however busy the machine is; what waits, waits 5,000 times shorter. */
function dayClock(count) {
  let nowMs = Date.now();
  return {
    now: () => nowMs,
    tick: () => {
      nowMs += 86_400_000 / count;
    },
    after(ms, callback) {
      const timer = setTimeout(callback, ms / 5_000);
      return () => clearTimeout(timer);
    },
  };
}

/** A sandbox, and a daemon in front of it with a home of its own. */
async function open(key, count) {
  const clock = dayClock(count);
  const sandbox = await startSandbox({ clock, keptRequests: 20_000 });
  const home = mkdtempSync(join(tmpdir(), "zenthrex-day-"));
  const env = { PATH: process.env.PATH, HOME: home, ZENTHREX_KEY: key, ZENTHREX_UPSTREAM: sandbox.url };
  const cli = async (...args) => (await promisify(execFile)(process.execPath, [program, ...args], { env })).stdout;
  const daemon = spawn(process.execPath, [program, "serve", "--port", "0", "--json"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = [];
  let rest = "";
  const ready = new Promise((resolve) => {
    daemon.stdout.on("data", (chunk) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop();
      for (const part of parts) {
        const event = JSON.parse(part);
        lines.push(event);
        if (event.type === "ready") resolve(event.url);
      }
    });
  });
  const url = await ready;
  const token = (await cli("key", "token")).trim();
  const close = async () => {
    daemon.kill("SIGTERM");
    await new Promise((resolve) => daemon.once("exit", resolve));
    await sandbox.stop();
    rmSync(home, { recursive: true, force: true });
  };
  return { clock, sandbox, home, url, token, cli, lines, close };
}

/** Long enough for the prompt cache of every model. */
const manual = "The quick brown fox jumps over the lazy dog, and writes down why. ".repeat(240);
const haiku = "claude-haiku-4-5";

/** Kinds of requests, chosen in turn: every lane, form and use of the cache. */
const kinds = [
  () => messages({ stream: true }),
  () => messages({ stream: false }),
  (index) => messages({ stream: true, model: index % 5 === 0 ? "claude-opus-4-7" : haiku }),
  () => chat({ stream: true, stream_options: { include_usage: true } }),
  () => chat({ stream: false }),
  () => chat({ stream: true, model: "gpt-4o-mini" }),
  (index) =>
    messages({
      stream: index % 2 === 0,
      ...(index % 4 < 2 ? { system: [{ type: "text", text: manual, cache_control: { type: "ephemeral" } }] } : {}),
    }),
  (index) => chat({ stream: index % 2 === 0 }, index % 4 < 2 ? manual : undefined),
  (index) => (index % 2 === 0 ? messages({ stream: true, max_tokens: -1 }) : messages({ stream: true })),
];

function messages(fields) {
  const words = `question ${Math.floor(Math.random() * 1e6)}`;
  const body = { model: haiku, max_tokens: 60, messages: [{ role: "user", content: words }], ...fields };
  return { path: "/v1/messages", body };
}

function chat(fields, system) {
  const turns = [{ role: "user", content: `question ${Math.floor(Math.random() * 1e6)}` }];
  const body = {
    model: haiku,
    max_tokens: 60,
    messages: system ? [{ role: "system", content: system }, ...turns] : turns,
    ...fields,
  };
  return { path: "/v1/chat/completions", body };
}

async function send({ clock, url, token }, { path, body }, leaveAfterMs) {
  clock.tick();
  const stop = new AbortController();
  const headers = {
    authorization: `Bearer ${token}`,
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
  };
  if (leaveAfterMs !== undefined) setTimeout(() => stop.abort(), leaveAfterMs);
  try {
    const answer = await fetch(url + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal: stop.signal,
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  } catch (error) {
    if (leaveAfterMs !== undefined) return { status: 0, text: "" };
    throw error;
  }
}

async function drive(count, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let index = next++; index < count; index = next++) await work(index);
    }),
  );
}

/** All rows of a home's journal. */
function rowsOf(home) {
  const folder = join(home, ".local/state/zenthrex/history");
  return readdirSync(folder).flatMap((name) =>
    readdirSync(join(folder, name))
      .filter((file) => file.endsWith(".jsonl"))
      .flatMap((file) =>
        readFileSync(join(folder, name, file), "utf8")
          .trim()
          .split("\n"),
      )
      .map((line) => JSON.parse(line)),
  );
}

/** What the sandbox says that it billed, request by request. */
function billed(sandbox) {
  const sum = { requests: 0, input: 0, cacheRead: 0, cacheWrite: 0, output: 0, usd: 0 };
  for (const { path, usage, cost_usd } of sandbox.requests()) {
    if (path.startsWith("/v1/messages") || path.startsWith("/v1/chat")) sum.requests++;
    if (usage === null) continue;
    sum.input += usage.input_tokens;
    sum.cacheRead += usage.cache_read_input_tokens;
    sum.cacheWrite += usage.cache_creation_input_tokens;
    sum.output += usage.output_tokens;
    sum.usd += cost_usd;
  }
  return { ...sum, usd: Math.round(sum.usd * 1e8) / 1e8 };
}

function journaled(rows) {
  const sum = { requests: 0, input: 0, cacheRead: 0, cacheWrite: 0, output: 0, usd: 0 };
  for (const { t, usage, list_price_usd } of rows) {
    if (t !== "end") continue;
    sum.requests++;
    if (usage === null) continue;
    sum.input += usage.input_tokens;
    sum.cacheRead += usage.cache_read_tokens;
    sum.cacheWrite += usage.cache_write_5m_tokens + usage.cache_write_1h_tokens;
    sum.output += usage.output_tokens;
    sum.usd += list_price_usd ?? 0;
  }
  return { ...sum, usd: Math.round(sum.usd * 1e8) / 1e8 };
}

let failures = 0;
function check(what, isRight, detail) {
  if (!isRight) failures++;
  process.stdout.write(`${isRight ? "ok  " : "FAIL"} ${what}${detail === undefined ? "" : `: ${detail}`}\n`);
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 1_000));

async function mixedDay() {
  const setup = await open("zk_sandbox_day", requests);
  const statuses = new Map();
  await drive(requests, async (index) => {
    const { status } = await send(setup, kinds[index % kinds.length](index));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  await settle();
  const sandbox = billed(setup.sandbox);
  const rows = rowsOf(setup.home);
  const journal = journaled(rows);
  const wallet = JSON.parse(await setup.cli("whoami", "--history", "--json"));
  const usage = JSON.parse(await setup.cli("usage", "--month", "--by", "model", "--json"));
  const tokens = ({ input, cacheRead, cacheWrite, output }) => [input, cacheRead, cacheWrite, output].join("/");
  process.stdout.write(`1. ${requests} requests; statuses ${JSON.stringify([...statuses])}\n`);
  check(
    "a row for every request",
    journal.requests === requests && rows.length === 2 * requests,
    `${journal.requests} ends, ${rows.length} rows`,
  );
  check(
    "tokens of the journal are those that were billed (in/read/written/out)",
    tokens(journal) === tokens(sandbox),
    `${tokens(journal)} = ${tokens(sandbox)}`,
  );
  // The sandbox rounds each request to a millionth when it tells it, its wallet is exact.
  check(
    "dollars are equal to the cent",
    Math.abs(journal.usd - wallet.total_spent_usd) < 0.005,
    `$${journal.usd} = $${wallet.total_spent_usd}`,
  );
  check(
    "usage adds up the same",
    usage.total.requests === requests &&
      usage.total.output_tokens === sandbox.output &&
      Math.abs(usage.total.list_price_usd - wallet.total_spent_usd) < 0.005,
  );
  check(
    "whoami --history finds no difference",
    wallet.history.agrees === true,
    JSON.stringify(wallet.history.total.difference),
  );
  check("the wallet was not empty", wallet.balance_usd > 0, `$${wallet.balance_usd} left`);
  check("the cache was used", sandbox.cacheRead > 0 && sandbox.cacheWrite > 0);
  await setup.close();
}

async function leavingClients() {
  const setup = await open("zk_sandbox_leave", aborts * 2);
  await drive(aborts * 2, async (index) => {
    const slow = messages({
      stream: true,
      messages: [{ role: "user", content: `[[sandbox: deltas 40]] [[sandbox: stall 400 at=${index % 30}]] ${index}` }],
    });
    if (index % 2 === 0) await send(setup, kinds[index % kinds.length](index));
    else
      await send(
        setup,
        index % 4 === 1 ? slow : { path: "/v1/chat/completions", body: { ...slow.body, system: undefined } },
        5 + Math.random() * 60,
      );
  });
  await settle();
  const rows = rowsOf(setup.home).filter(({ t }) => t === "end");
  const left = rows.filter(({ outcome }) => outcome === "client_aborted");
  const byUpstreamId = new Map(setup.sandbox.requests().map((request) => [request.id, request]));
  const sandbox = billed(setup.sandbox);
  const journal = journaled(rows.map((row) => ({ ...row, t: "end" })));
  // What the upstream billed for those that left, and had told by then.
  const ofLeft = left.map((row) => ({ row, request: byUpstreamId.get(row.upstream_request_id) }));
  const untold = ofLeft.reduce(
    (sum, { row, request }) => sum + (request?.usage?.output_tokens ?? 0) - (row.usage?.output_tokens ?? 0),
    0,
  );
  const unmatched = ofLeft.filter(({ request }) => request === undefined).length;
  const wallet = JSON.parse(await setup.cli("whoami", "--history", "--json"));
  process.stdout.write(
    `2. ${aborts * 2} requests, ${left.length} left by their clients (${unmatched} before an answer)\n`,
  );
  check(
    "a row for every request that arrived",
    rows.length <= aborts * 2 && rows.length >= sandbox.requests,
    `${rows.length} rows, ${sandbox.requests} upstream`,
  );
  const completed = rows.filter(({ outcome }) => outcome !== "client_aborted");
  const exact = completed.every((row) => {
    const request = byUpstreamId.get(row.upstream_request_id);
    return request === undefined || request.usage === null || row.usage?.output_tokens === request.usage.output_tokens;
  });
  check("every request that was not left has exactly what was billed", exact);
  check(
    "the history says how many may have cost more",
    wallet.history.usage_unknown_requests <= left.length,
    `${wallet.history.usage_unknown_requests}`,
  );
  process.stdout.write(
    `     billed ${sandbox.output} tokens out, journal ${journal.output}; told too little for those that left: ${untold}\n`,
  );
  await setup.close();
}

async function hardBudget() {
  const setup = await open("zk_sandbox_budget", 1_200);
  const limit = 0.25;
  await setup.cli("budget", "set", `${limit}/day`, "--hard");
  const seen = { answered: 0, refused: 0, refusal: undefined };
  let dearest = 0;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let round = 0; round < 60; round++) {
        const kind =
          round % 2 === 0
            ? messages({ stream: true, model: "claude-opus-4-7" })
            : chat({ stream: true, model: "claude-opus-4-7" });
        const answer = await send(setup, kind);
        if (answer.status === 200) seen.answered++;
        else {
          seen.refused++;
          seen.refusal = {
            status: answer.status,
            retryAfter: answer.headers.get("retry-after"),
            retry: answer.headers.get("x-should-retry"),
            body: answer.text,
          };
        }
      }
    }),
  );
  await settle();
  const sandbox = billed(setup.sandbox);
  for (const { cost_usd } of setup.sandbox.requests()) dearest = Math.max(dearest, cost_usd);
  const overshoot = sandbox.usd - limit;
  process.stdout.write(`3. hard budget of $${limit}, 20 callers: ${seen.answered} answered, ${seen.refused} refused\n`);
  check("it was reached, and stopped what came then", overshoot >= 0 && seen.refused > 0);
  check(
    "overshot by no more than what was under way",
    overshoot <= 20 * dearest,
    `$${overshoot.toFixed(6)} <= 20 x $${dearest}`,
  );
  check("nothing of what was refused reached the upstream", sandbox.requests === seen.answered, `${sandbox.requests}`);
  check(
    "the refusal says when to come back and not to retry",
    seen.refusal?.status === 429 && seen.refusal.retry === "false" && Number(seen.refusal.retryAfter) > 0,
    JSON.stringify(seen.refusal),
  );
  await setup.close();
}

const start = Date.now();
await mixedDay();
await leavingClients();
await hardBudget();
process.stdout.write(
  `${failures === 0 ? "all right" : `${failures} failed`} after ${Math.round((Date.now() - start) / 1000)} s\n`,
);
process.exitCode = failures === 0 ? 0 : 1;
