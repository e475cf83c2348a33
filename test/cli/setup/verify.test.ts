import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { fakeContext } from "../../support/fake-context.ts";
import { runMain } from "../../support/run-main.ts";
import { startTestSandbox } from "../../support/start-test-sandbox.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

/** A daemon in this process; its home is the user's. */
async function startDaemon(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const home = temporaryHome();
  const context = fakeContext({ home, env });
  const ended = main(["serve", "--port", "0", "--json", ...argv], context);
  onTestFinished(async () => {
    context.signal();
    await ended;
  });
  const [line] = await context.until(/^\{"type":"ready".*$/m);
  const { port } = JSON.parse(line) as { port: number };
  await runMain(["config", "set", "port", String(port)], { home });
  return { home, port, log: () => context.out() };
}

/** What the sandbox was asked, without its own control routes. */
async function requestsOf(url: string): Promise<{ path: string; status?: number }[]> {
  const answer = (await (await fetch(`${url}/_sandbox/requests`)).json()) as { requests: { path: string }[] };
  return answer.requests;
}

const key = "zk_sandbox_verify";
const balanceOf = async (url: string): Promise<number> => {
  const answer = await fetch(`${url}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } });
  return ((await answer.json()) as { balance_usd: number }).balance_usd;
};

const tools = ["claude-code", "cline", "roo-code", "anthropic-sdk", "openai-sdk", "curl"];

describe("setup --verify", () => {
  it.each(tools)("proves the way of %s by a request that the hosted API itself refuses, for nothing", async (tool) => {
    const sandbox = await startTestSandbox();
    const { home } = await startDaemon(["--upstream", sandbox.url], { ZENTHREX_KEY: key });
    const done = await runMain(["setup", tool, "--verify"], { home });
    expect(done.err).not.toContain("not verified");
    expect(done.out).toContain("Verified: the hosted API refused a broken request, as it should");
    expect(done.exitCode).toBe(0);
    const posts = (await requestsOf(sandbox.url)).filter(({ path }) => path.startsWith("/v1/messages"));
    expect(posts).toHaveLength(1);
    expect(await balanceOf(sandbox.url)).toBe(5);
  });

  it.each(tools)("doesn't take a refusal of the daemon for a proof: %s with nothing behind it", async (tool) => {
    const { home } = await startDaemon(["--upstream", "http://127.0.0.1:9"], { ZENTHREX_KEY: key });
    const done = await runMain(["setup", tool, "--verify"], { home });
    expect(done.err).toContain("warning: not verified: 502");
    expect(done.out).not.toContain("Verified");
    expect(done.exitCode).toBe(5);
  });

  it.each(["claude-code", "cline"])("=live gets a token from %s's model, and says what it cost", async (tool) => {
    const sandbox = await startTestSandbox();
    const { home } = await startDaemon(["--upstream", sandbox.url], { ZENTHREX_KEY: key });
    const done = await runMain(["setup", tool, "--verify=live"], { home });
    expect(done.out).toMatch(
      /Verified: the hosted API answered; it cost \d+ tokens in, 1 out, about \$0\.000\d at list prices\./,
    );
    expect(await balanceOf(sandbox.url)).toBeLessThan(5);
  });

  it.each([
    ["zk_sandbox_revoked", 3, /401/],
    ["zk_sandbox_empty", 4, /402/],
  ])("with the key %s ends with %i and says why", async (secret, exitCode, message) => {
    const sandbox = await startTestSandbox();
    const { home } = await startDaemon(["--upstream", sandbox.url], { ZENTHREX_KEY: secret });
    const done = await runMain(["setup", "claude-code", "--verify"], { home });
    expect(done.err).toMatch(message);
    expect(done.exitCode).toBe(exitCode);
    // Setting up alone is what was asked for without it.
    const plain = await runMain(["setup", "claude-code"], { home });
    expect(plain.err).toMatch(/warning: not verified: 40/);
    expect(plain.exitCode).toBe(0);
  });

  it("sends what the tool's own settings say, not what setup believes", async () => {
    const { home, port } = await startDaemon(["--sandbox"]);
    await runMain(["setup", "cline"], { home });
    const path = join(home, ".cline/data/settings/providers.json");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(`${port}/v1`, `${port}/v1/v1x`));
    const table = await runMain(["setup", "--list"], { home });
    expect(table.out).toMatch(/^cline +no +the daemon +/m);
    writeFileSync(path, text.replace(`127.0.0.1:${port}`, "127.0.0.1:9"));
    expect((await runMain(["setup", "--list"], { home })).err).toContain("its settings name another address");
  });

  it("is done after every set-up while the daemon runs, and not with --no-verify", async () => {
    const { home, log } = await startDaemon(["--sandbox"]);
    const done = JSON.parse((await runMain(["setup", "cline", "--json"], { home })).out);
    expect(done.verified).toMatchObject({ proven: true, status: 400 });
    await expect.poll(log).toContain('"status":400');
    expect(JSON.parse((await runMain(["setup", "cline", "--json", "--no-verify"], { home })).out).verified).toBeNull();
  });

  it("is told as what it is, and counted as nobody's failure", async () => {
    const { home, log } = await startDaemon(["--sandbox"]);
    await runMain(["setup", "codex"], { home });
    await expect.poll(log).toContain('"tool":"self-check"');
    const shown = await runMain(["log", "--sandbox"], { home });
    expect(shown.out).toMatch(/self-check .* 400 .* proves the way, free$/m);
    expect((await runMain(["log", "--sandbox", "--status", "failed"], { home })).out).not.toContain("self-check");
    const usage = JSON.parse((await runMain(["usage", "--sandbox", "--by", "tool", "--json"], { home })).out);
    expect(JSON.stringify(usage)).toMatch(/"name":"self-check","requests":1,"failed":0/);
  });

  it("says that nothing runs there", async () => {
    const home = temporaryHome();
    const done = await runMain(["setup", "cline", "--port", "1", "--verify"], { home });
    expect(done.err).toContain("the daemon is not running");
    expect(done.exitCode).toBe(5);
  });

  it("with --direct sends the key to the hosted API alone", async () => {
    const sandbox = await startTestSandbox();
    const home = temporaryHome();
    const env = { ZENTHREX_KEY: key, ZENTHREX_UPSTREAM: sandbox.url };
    const done = await runMain(["setup", "cline", "--direct", "--verify"], { home, env });
    expect(done.out).toContain("raise its timeout to at least 120 s");
    expect(done.out + done.err).not.toContain(key);
    expect((await requestsOf(sandbox.url)).map(({ path }) => path)).toEqual(["/v1/chat/completions"]);
    expect(done.exitCode).toBe(0);
  });

  it("isn't fooled by something that answers everything", async () => {
    const server = createServer((_request, response) => response.end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const env = { ZENTHREX_KEY: key, ZENTHREX_UPSTREAM: `http://127.0.0.1:${port}` };
    const done = await runMain(["setup", "cline", "--direct", "--verify"], { home: temporaryHome(), env });
    expect(done.err).toContain("not verified: a broken request was answered");
    expect(done.exitCode).toBe(1);
  });
});
