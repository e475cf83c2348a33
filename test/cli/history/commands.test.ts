import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { followHistory } from "../../../src/cli/history/follow-history.ts";
import { writeGlance } from "../../../src/cli/history/wallet-glance.ts";
import { historyFolder } from "../../../src/history/folder.ts";
import { endLine, lostLine, startLine } from "../../../src/history/rows.ts";
import type { JournalRecord } from "../../../src/history/types.ts";
import { query, record } from "../../history/support.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const origin = "https://api.zentherixapi.xyz";
/** Noon of a day in the middle of a month, wherever this runs. */
const localNoon = new Date(2026, 10, 18, 12).getTime();

function homeWith(...records: JournalRecord[]) {
  const home = temporaryHome();
  const folder = historyFolder(join(home, ".local/state/zenthrex"), origin);
  mkdirSync(folder, { recursive: true });
  const add = (line: string): void => appendFileSync(join(folder, "2026-11.jsonl"), line);
  for (const each of records) add(startLine(each, "w") + endLine(each, "w"));
  const run = (...argv: string[]) => runMain(argv, { home, clock: createFakeClock(localNoon) });
  return { home, folder, add, run };
}

const at = (hours: number, fields: Partial<JournalRecord> = {}): JournalRecord =>
  record(`r${hours}`, { startedAtMs: localNoon + hours * 3_600_000, ...fields });

const some = [
  at(-30, { tool: "cline", modelServed: "claude-haiku-4-5", lane: "translated", costUsd: 0.5 }),
  at(-2, { status: 529, outcome: "upstream_error", errorCode: "ZX_UPSTREAM_STATUS" }),
  at(-1, {
    usage: { inputTokens: 100, outputTokens: 10, cacheReadTokens: 900, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 },
    costUsd: 1.25,
  }),
];

describe("zenthrex log", () => {
  it("lists the last requests under their dates, oldest first", async () => {
    const { exitCode, out, err } = await homeWith(...some).run("log");
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toMatchInlineSnapshot(`
      "time     tool        model         lane was first/all s      tokens  hit ~cost
      2026-11-17
      06:00:00 cline       haiku-4-5     chat 200   0.01/0.04      100>10    - $0.5000
      2026-11-18
      10:00:00 claude-code opus-4-7      raw  529   0.01/0.04  upstream status $0.0008
      11:00:00 claude-code opus-4-7      raw  200   0.01/0.04     1.0k>10  90% $1.25
      "
    `);
  });

  it("gives the fields of the journal with --json, a line a request", async () => {
    const { out } = await homeWith(...some).run("log", "--json", "-n", "1");
    expect(JSON.parse(out)).toMatchObject({
      type: "request",
      id: "r-1",
      outcome: "completed",
      list_price_usd: 1.25,
      running: false,
    });
  });

  it.each([
    [["--tool", "cli"], ["r-30"]],
    [
      ["--tool", "Claude"],
      ["r-2", "r-1"],
    ],
    [["--model", "haiku"], ["r-30"]],
    [["--status", "failed"], ["r-2"]],
    [
      ["--status", "ok"],
      ["r-30", "r-1"],
    ],
    [["--status", "5xx"], ["r-2"]],
    [["--status", "529"], ["r-2"]],
    [["--status", "upstream-error"], ["r-2"]],
    [
      ["-n", "2"],
      ["r-2", "r-1"],
    ],
    [["-n", "1", "--status", "ok", "--tool", "cline"], ["r-30"]],
    [["-n", "0"], []],
  ])("chooses by %j", async (options, expected) => {
    const { out } = await homeWith(...some).run("log", "--json", ...options);
    const ids = out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids).toEqual(expected);
  });

  it("says what it doesn't understand and what is lost, and where there is history if there is none here", async () => {
    const { add, run } = homeWith(...some);
    add(`not a row\n${lostLine(7, "w", localNoon)}`);
    expect((await run("log", "-n", "100")).err).toBe(
      "warning: 1 lines of the history are not understood; they are left out\nwarning: 7 rows were lost while the disk took none\n",
    );
    expect((await run("log", "--sandbox")).err).toMatch(
      /^no request is recorded for the sandbox; there is history for: api\.zentherixapi\.xyz\nStart the daemon/,
    );
  });

  it.each([["log"], ["usage"]])("says what to do next where %s has nothing to show", async (command) => {
    const run = (...more: string[]) => runMain([command, ...more], { home: temporaryHome() });
    const { exitCode, out, err } = await run();
    expect([exitCode, out]).toEqual([0, ""]);
    expect(err).toMatch(
      /^no request is recorded for https:.*\nStart the daemon and point a tool at it: .* serve, then .* setup\n$/,
    );
    expect((await run("--sandbox")).err).toMatch(/ serve --sandbox, then /);
    expect((await homeWith().run(command)).err).toContain("Start the daemon");
    expect((await homeWith(...some).run("log", "--tool", "nobody")).err).not.toContain("Start the daemon");
  });

  it("follows into a file that took the place of one as long", () => {
    const { folder, add } = homeWith(...some);
    const clock = createFakeClock(localNoon);
    const next = followHistory(query(folder), clock);
    expect(next()).toEqual([]);
    const file = join(folder, "2026-11.jsonl");
    const { size } = statSync(file);
    const row = endLine(at(-0.5), "w");
    writeFileSync(`${file}.new`, `${" ".repeat(size - Buffer.byteLength(row) - 1)}\n${row}`);
    renameSync(`${file}.new`, file);
    expect(statSync(file).size).toBe(size);
    expect(next().map(({ record: { id } }) => id)).toEqual(["r-0.5"]);
    add(endLine(at(-0.25), "w"));
    expect(next().map(({ record: { id } }) => id)).toEqual(["r-0.25"]);
  });

  it.each([[["--status", "great"]], [["-n", "x"]], [["--sandbox", "--upstream", origin]]])(
    "refuses %j",
    async (options) => {
      expect((await homeWith().run("log", ...options)).exitCode).toBe(2);
    },
  );

  it("lets nothing of a row steer the terminal", async () => {
    const { out } = await homeWith(at(-1, { modelServed: "a\u001b[31mb\u202e", tool: "\u0007x" })).run("log");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
  });
});

describe("zenthrex usage", () => {
  it("adds up this month by model, with money, tokens and what the cache saved", async () => {
    const { exitCode, out } = await homeWith(...some).run("usage");
    expect(exitCode).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "This month (2026-11-01 to 2026-11-30)

      Model             Requests  Tokens in  Cached  Tokens out  ~Cost
      claude-opus-4-7          2      1,100     81%          20  $1.25
      claude-haiku-4-5         1        100       -          10  $0.50
      total                    3      1,200     75%          30  $1.75

      Costs are list prices; the wallet's own figures win: zenthrex whoami --history compares them.
      The prompt cache saved $0.0040.
      1 request failed or broke off: zenthrex log --status failed
      1 request may have cost more: the upstream did not tell the end of what they used.
      "
    `);
  });

  it("of a day leaves out the day before, and totals what the rows say", async () => {
    const { out } = await homeWith(...some).run("usage", "--day", "--by", "tool", "--json");
    expect(JSON.parse(out)).toMatchObject({
      by: "tool",
      rows: [{ name: "claude-code", requests: 2 }],
      total: { requests: 2, failed: 1, list_price_usd: 1.25075, cache_read_tokens: 900 },
    });
  });

  it("is safe for a spreadsheet with --csv", async () => {
    const { out } = await homeWith(at(-1, { tool: '=cmd|" /c calc"' })).run("usage", "--by", "tool", "--csv");
    expect(out.split("\n")[1]).toMatch(/^"'=cmd\|"" \/c calc""",1,0,0,100,10,/);
  });

  it("refuses two spans, and two forms", async () => {
    expect((await homeWith().run("usage", "--day", "--week")).exitCode).toBe(2);
    expect((await homeWith().run("usage", "--csv", "--json")).exitCode).toBe(2);
  });
});

describe("zenthrex budget", () => {
  it("is set, shown with what is spent, made hard, and cleared", async () => {
    const { run, home } = homeWith(...some);
    expect((await run("budget")).out).toBe("There is no budget. Set one: zenthrex budget set 5/day\n");
    expect((await run("budget", "set", "5/day")).out).toContain("$5.00 a day  warns");
    const { out } = await run("budget", "set", "$100/month", "--hard", "--json");
    expect(JSON.parse(out)).toEqual({
      version: 1,
      budgets: [
        {
          ...{ per: "day", usd: 5, hard: false, spent_usd: 1.25075, remaining_usd: 3.74925 },
          resets_at: new Date(2026, 10, 19).toISOString(),
        },
        {
          ...{ per: "month", usd: 100, hard: true, spent_usd: 1.75075, remaining_usd: 98.24925 },
          resets_at: new Date(2026, 11, 1).toISOString(),
        },
      ],
    });
    await run("budget", "clear", "day");
    expect(JSON.parse((await run("budget", "--json")).out)).toMatchObject({ budgets: [{ per: "month" }] });
    await run("budget", "clear");
    expect(readFileSync(join(home, ".config/zenthrex/config.json"), "utf8")).not.toContain("budget");
  });

  it.each([["set"], ["set 5"], ["set 0/day"], ["set 5/year"], ["set five/day"], ["clear week"], ["raise"]])(
    "refuses %s",
    async (words) => {
      expect((await homeWith().run("budget", ...words.split(" "))).exitCode).toBe(2);
    },
  );

  it("is a setting as well", async () => {
    const { run } = homeWith();
    await run("config", "set", "budget.day", "2.50", "hard");
    expect((await run("budget")).out).toContain("$2.50 a day  refuses");
    expect((await run("config", "set", "budget.day", "much")).exitCode).toBe(2);
  });
});

describe("zenthrex statusline", () => {
  const session = JSON.stringify({
    model: { id: "claude-opus-4-7", display_name: "Opus" },
    cost: { total_cost_usd: 0.3456 },
    context_window: {
      current_usage: { input_tokens: 100, cache_creation_input_tokens: 100, cache_read_input_tokens: 800 },
    },
  });
  const show = async (home: string, stdinText: string, nowMs = localNoon) =>
    (await runMain(["statusline"], { home, stdinText, clock: createFakeClock(nowMs) })).out;

  it("shows the wallet as the daemon left it, today, the session and the cache", async () => {
    const { home, folder, run } = homeWith();
    writeGlance(
      folder,
      { atMs: localNoon - 1000, todayUsd: 1.2, balanceUsd: 4.98, balanceAtMs: localNoon - 60_000 },
      "w",
    );
    expect(await show(home, session)).toBe("opus-4-7 | $4.98 left | today ~$1.20 | session ~$0.35 | cache 80%\n");
    await run("budget", "set", "5/day");
    expect(await show(home, session, localNoon + 700_000)).toContain("~$4.98 left | today ~$1.20 of $5.00 |");
    expect(await show(home, session, localNoon + 24 * 3_600_000)).toContain("today ~$0.00 of $5.00");
  });

  it("tells daemons that somebody looks, for this user only", async () => {
    const { home, folder } = homeWith();
    await show(home, session);
    const wanted = statSync(join(folder, "glance-wanted"));
    expect([wanted.mode & 0o777, wanted.size]).toEqual([0o600, 0]);
  });

  it.each([
    ["nothing", ""],
    ["garbage", "{"],
    ["null", "null"],
    ["other shapes", '{"model":7,"cost":[],"context_window":null}'],
  ])("never fails, here on %s", async (_name, text) => {
    const home = temporaryHome();
    mkdirSync(join(home, ".config/zenthrex"), { recursive: true });
    writeFileSync(join(home, ".config/zenthrex/config.json"), "{ not json");
    const { exitCode, out, err } = await runMain(["statusline"], { home, stdinText: text });
    expect([exitCode, out, err]).toEqual([0, "zenthrex: nothing to show yet\n", ""]);
  });
});
