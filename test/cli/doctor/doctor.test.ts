import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { curlLinesOf } from "../../../src/cli/doctor/curl-lines.ts";
import { probeFacts } from "../../../src/cli/doctor/probe-facts.ts";
import { main } from "../../../src/cli/main.ts";
import { createProbeRun } from "../../../src/doctor/create-context.ts";
import { probes } from "../../../src/doctor/registry.ts";
import { createProbeRunner, loadProbes } from "../../../src/doctor/run-probes.ts";
import { always, startServer } from "../../support/doctor.ts";
import { type FakeContextOptions, fakeContext } from "../../support/fake-context.ts";
import { runMain } from "../../support/run-main.ts";
import { startTestSandbox } from "../../support/start-test-sandbox.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const run = promisify(execFile);
const KEY = "zk_sandbox_the_doctors_key";

interface DoctorJson {
  readonly version: number;
  readonly verdict: { readonly code: string; readonly cause: string; readonly fix: string | null };
  readonly others: readonly unknown[];
  readonly probes: readonly { readonly code: string; readonly status: string; readonly curl: readonly string[] }[];
}

async function setUp(env: Record<string, string> = {}): Promise<FakeContextOptions & { url: string; home: string }> {
  const sandbox = await startTestSandbox();
  const home = temporaryHome();
  // A port of its own: on the usual one another daemon of this machine may serve.
  const own = { ZENTHREX_UPSTREAM: sandbox.url, ZENTHREX_KEY: KEY, ZENTHREX_PORT: "0" };
  return { home, env: { ...own, ...env }, url: sandbox.url };
}

describe("zenthrex doctor", () => {
  it("ends with 0 and a versioned shape where all is well, and warns of nothing", async () => {
    const { exitCode, out } = await runMain(["doctor", "--json"], await setUp());
    const json = JSON.parse(out) as DoctorJson;
    expect([exitCode, json.version, json.verdict.code, json.verdict.fix, json.others]).toEqual([
      0,
      1,
      "healthy",
      null,
      [],
    ]);
    expect(json.probes.filter(({ status }) => !["pass", "skip"].includes(status))).toEqual([]);
    expect(json.probes.map(({ code }) => code)).toContain("claude-code");
  });

  it("prints a line a check, and the verdict last", async () => {
    const { out } = await runMain(["doctor", "--only", "key,wallet"], await setUp());
    const lines = out.trim().split("\n");
    expect(lines.filter((line) => /^[✓✗!-] /.test(line)).length).toBe(lines.length - 2);
    expect(lines.at(-1)).toBe("healthy: everything that was checked works.");
  });

  it("names the cause in one sentence with the command, and ends with its exit code", async () => {
    const setting = await setUp({ ZENTHREX_KEY: "zk_sandbox_empty" });
    const { exitCode, out } = await runMain(["doctor"], setting);
    expect(exitCode).toBe(4);
    expect(out.trim().split("\n").at(-1)).toMatch(
      /^cause \[wallet-empty\]: the wallet is empty.*\. Fix: zenthrex whoami$/,
    );
  });

  it("says of a configuration that can't be read what is wrong, and goes on", async () => {
    const setting = await setUp();
    mkdirSync(join(setting.home, ".config/zenthrex"), { recursive: true });
    writeFileSync(join(setting.home, ".config/zenthrex/config.json"), '{"port": nonsense}');
    const { exitCode, out } = await runMain(["doctor", "--json"], setting);
    const { verdict, probes: told } = JSON.parse(out) as DoctorJson;
    expect([exitCode, verdict.code]).toEqual([1, "config-invalid"]);
    expect(told.length).toBeGreaterThan(10);
  });

  it("refuses http:// to another machine as the upstream, with the right scheme", async () => {
    const { out } = await runMain(
      ["doctor", "--json"],
      await setUp({ ZENTHREX_UPSTREAM: "http://api.zentherixapi.xyz" }),
    );
    const { verdict } = JSON.parse(out) as DoctorJson;
    expect(verdict).toMatchObject({ code: "base-url-scheme", fix: "unset ZENTHREX_UPSTREAM" });
    expect(verdict.cause).toContain("https://");
  });

  it("tells a path in the upstream from a scheme that is wrong", async () => {
    const setting = await setUp();
    const env = { ...setting.env, ZENTHREX_UPSTREAM: `${setting.url}/v1/messages` };
    const { verdict } = JSON.parse((await runMain(["doctor", "--json"], { ...setting, env })).out) as DoctorJson;
    expect(verdict).toMatchObject({ code: "base-url-path", fix: "unset ZENTHREX_UPSTREAM" });
  });

  it("tells once what Claude Code and the SDK read alike", async () => {
    const setting = await setUp();
    const env = { ...setting.env, ANTHROPIC_BASE_URL: `${setting.url}/v1`, ANTHROPIC_API_KEY: KEY };
    const { verdict, others } = JSON.parse(
      (await runMain(["doctor", "--json"], { ...setting, env })).out,
    ) as DoctorJson;
    expect([verdict.code, others.length]).toEqual(["base-url-path", 1]);
    expect(JSON.stringify(others)).toContain("model-unknown");
  });

  it.each([
    [["--only", "keey"], /Did you mean key\?/],
    [["--format", "openai"], /--format belongs to --url/],
    [["claude-cod"], /Did you mean claude-code\?/],
    [["claude-code", "--url", "http://127.0.0.1:1"], /not both/],
  ])("%j is wrong usage", async (more, message) => {
    const { exitCode, err } = await runMain(["doctor", ...more], await setUp());
    expect(exitCode).toBe(2);
    expect(err).toMatch(message);
  });

  it("looks at one tool alone, and at what it needs", async () => {
    const { out } = await runMain(["doctor", "claude-code", "--json"], await setUp());
    const codes = (JSON.parse(out) as DoctorJson).probes.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(["key", "api", "claude-code"]));
    expect(codes).not.toContain("cline");
  });
});

describe("zenthrex doctor --url", () => {
  it("never sends the stored key to another origin", async () => {
    const other = await startServer(always(404, "{}"));
    await runMain(["doctor", "--url", `${other.url}/v1`], await setUp());
    const sent = JSON.stringify(other.requests.map(({ headers }) => headers));
    expect(sent).toContain("zk_placeholder");
    expect(sent).not.toContain(KEY);
  });

  it("sends a key from stdin there, and says no more of it", async () => {
    const { url, ...setting } = await setUp();
    const argv = ["doctor", "--url", `${url}/v1`, "--format", "anthropic", "--key-stdin"];
    const { exitCode, out } = await runMain(argv, { ...setting, stdinText: "zk_sandbox_from_stdin\n" });
    expect(exitCode).toBe(1);
    expect(out).toContain(`Anthropic-format clients want ${url}`);
    expect(out).not.toContain("zk_sandbox_from_stdin");
  });

  it("says of a text that is no URL that it is none", async () => {
    const { exitCode, out } = await runMain(["doctor", "--url", "api.zentherixapi.xyz/v1", "--json"], await setUp());
    expect([exitCode, (JSON.parse(out) as DoctorJson).verdict.code]).toEqual([1, "base-url-invalid"]);
  });
});

describe("the curl commands", () => {
  it("reproduce every probe's status, run by a shell as they are, and hold no key", async () => {
    const { url: _url, ...options } = await setUp();
    const context = fakeContext(options);
    const facts = await probeFacts({}, { tool: undefined }, context);
    const probeRun = createProbeRun(facts);
    const curlLines = curlLinesOf(probeRun, facts);
    const chosen = await loadProbes(probes, ({ scope = "setup", tool }) => scope !== "url" && tool === undefined);
    const runner = createProbeRunner({ live: false, askSandbox: undefined });
    const reports = await runner.finish(chosen, probeRun.context);
    const requests = new Set(reports.flatMap(({ result }) => result.curl ?? []));
    expect(requests.size).toBeGreaterThan(5);
    for (const request of requests) {
      const answer = await probeRun.context.request(request);
      const [line] = await curlLines([request]);
      expect(line).not.toContain(KEY);
      const { stdout } = await run("sh", ["-c", line ?? ""]);
      expect(answer).toMatchObject({ kind: "answer", status: Number(/^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1]) });
    }
    const folder = join(options.home, ".config/zenthrex");
    const files = readdirSync(folder).filter((name) => name.includes("header"));
    expect(files.map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual(files.map(() => 0o600));
  });

  it("are printed for what failed, and all of them with --curl; their files don't outlive the next run", async () => {
    const setting = await setUp();
    const plain = await runMain(["doctor", "--only", "wallet"], setting);
    expect(plain.out).not.toContain("curl ");
    const all = await runMain(["doctor", "--only", "wallet", "--curl"], setting);
    expect(all.out).toMatch(/curl -sS -i .* -H @\S+header-authorization http:\S+\/v1\/whoami/);
    const folder = join(setting.home, ".config/zenthrex");
    expect(readdirSync(folder).length).toBeGreaterThan(0);
    await runMain(["doctor", "--only", "wallet"], setting);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("zenthrex doctor --bundle", () => {
  it("writes the report to a file for its user only, without key, name and home", async () => {
    const setting = await setUp({ USER: "rosalind", OPENAI_API_KEY: "another-secret-of-mine" });
    const { exitCode, out } = await runMain(["doctor", "--bundle"], setting);
    expect(exitCode).toBe(0);
    const path = /The report is in (\S+):/.exec(out)?.[1] ?? "";
    const text = readFileSync(path, "utf8");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(text).toMatch(/healthy: everything/);
    expect(text).toMatch(/✓ Wallet/);
    for (const secret of [KEY, setting.home, "rosalind", "another-secret"]) expect(text).not.toContain(secret);
  });
});

describe("zenthrex doctor --fix", () => {
  it("mends a tool's settings by setup, and says that this was it", async () => {
    const { url, ...options } = await setUp();
    const folder = join(options.home, ".claude");
    mkdirSync(folder, { recursive: true });
    const env = { ANTHROPIC_BASE_URL: `${url}/v1`, ANTHROPIC_AUTH_TOKEN: KEY, ANTHROPIC_MODEL: "claude-opus-4-7" };
    writeFileSync(join(folder, "settings.json"), JSON.stringify({ env, theme: "dark" }, undefined, 2));
    const context = fakeContext({
      ...options,
      attach: (_node, [_program, ...argv]) => main(argv, context),
    });
    expect(await main(["doctor", "--fix", "--yes"], context)).toBe(0);
    expect(context.out()).toMatch(/cause \[base-url-path\].*must not end in \/v1/);
    expect(context.out().trim().split("\n").at(-1)).toBe("healthy: everything that was checked works.");
    const written = JSON.parse(readFileSync(join(folder, "settings.json"), "utf8")) as Record<string, unknown>;
    expect(written).toMatchObject({ theme: "dark", env: { ANTHROPIC_BASE_URL: url } });
  });

  it("says what to run where it can't mend from here, and changes nothing", async () => {
    const setting = await setUp({ ZENTHREX_KEY: "sk-ant-api03-abcdefgh" });
    const { exitCode, err } = await runMain(["doctor", "--fix"], setting);
    expect(exitCode).toBe(3);
    expect(err).toContain("can't be mended from here; run: unset ZENTHREX_KEY && zenthrex login");
  });
});
