import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { startTestSandbox } from "../../support/start-test-sandbox.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const key = "zk_live_CANARYCANARY1234";

/** The documented example, whose models don't add up to its total. */
const documented = {
  token: key,
  balance_usd: 12.45,
  total_spent_usd: 3.12,
  total_input_tokens: 412_903,
  total_output_tokens: 29_110,
  per_model: {
    "claude-haiku-4-5": { input_tokens: 22_693, output_tokens: 7_099, spent_usd: 0.07 },
    "claude-opus-4-7": { input_tokens: 390_210, output_tokens: 22_011, spent_usd: 2.41 },
  },
};

async function upstreamThatAnswers(body: unknown, status = 200): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function whoami(upstream: string, argv: string[] = [], options = {}) {
  const result = await runMain(["whoami", "--upstream", upstream, ...argv], {
    home: temporaryHome(),
    env: { ZENTHREX_KEY: key },
    ...options,
  });
  expect(result.out + result.err).not.toContain("CANARY");
  return result;
}

describe("zenthrex whoami", () => {
  it("shows the wallet as a table, models by spending, and the difference to the total as other", async () => {
    const upstream = await upstreamThatAnswers(documented);
    const { exitCode, out, err } = await whoami(upstream);
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out.replace(upstream, "http://upstream")).toMatchInlineSnapshot(`
      "Balance   $12.45
      Spent     $3.12
      Tokens    412,903 in, 29,110 out
      Key       zk_...1234 (ZENTHREX_KEY)
      Upstream  http://upstream

      Model             Spent  Tokens in  Tokens out
      claude-opus-4-7   $2.41    390,210      22,011
      claude-haiku-4-5  $0.07     22,693       7,099
      other             $0.64          0           0
      "
    `);
  });

  it("gives the documented shape with --json, the token masked", async () => {
    const { exitCode, out } = await whoami(await upstreamThatAnswers({ ...documented, extra: 1 }), ["--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({ ...documented, token: "zk_...1234" });
  });

  it("has no row other when the figures agree but for their rounding", async () => {
    const { out } = await whoami(await upstreamThatAnswers({ ...documented, total_spent_usd: 2.4830001 }));
    expect(out).not.toContain("other");
  });

  it("says when the balance is low", async () => {
    const { exitCode, err } = await whoami(await upstreamThatAnswers({ ...documented, balance_usd: 0.99 }));
    expect(exitCode).toBe(0);
    expect(err).toBe("warning: the balance is low; top it up in the ZenthrexApi dashboard\n");
  });

  it.each([0, -0.02])("shows an empty wallet (%d) and exits 4", async (balance) => {
    const upstream = await upstreamThatAnswers({ ...documented, balance_usd: balance });
    const { exitCode, out, err } = await whoami(upstream);
    expect(exitCode).toBe(4);
    expect(out).toMatch(/^Balance {3}-?\$0\.0/);
    expect(err).toBe("error: the wallet is empty\nfix:   Top it up in the ZenthrexApi dashboard.\n");
    const json = await whoami(upstream, ["--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ balance_usd: balance });
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: "ZX_WALLET_EMPTY", exit_code: 4 } });
  });

  it("lets no model name steer the terminal [T20]", async () => {
    const perModel = { "evil\u001b[2J\u202e\u009b31mmodel": { input_tokens: 1, output_tokens: 1, spent_usd: 1 } };
    const upstream = await upstreamThatAnswers({ ...documented, per_model: perModel });
    for (const argv of [[], ["--json"]]) {
      expect((await whoami(upstream, argv)).out).not.toMatch(/[^\n -~]/);
    }
  });

  it("fits a narrow terminal", async () => {
    const { out } = await whoami(await upstreamThatAnswers(documented), [], { tty: true, columns: 44 });
    const table = out.slice(out.indexOf("Model"));
    expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(44);
  });

  it.each([
    [
      401,
      { type: "error", error: { type: "authentication_error", message: `bad ${key}` } },
      3,
      /refused the key with 401.*\nfix: {3}Correct the key in ZENTHREX_KEY/,
    ],
    [402, { error: { type: "insufficient_credits", message: "empty" } }, 4, /answered 402/],
    [500, { error: { type: "api_error", message: "oops" } }, 5, /answered 500/],
    [200, { token: "x" }, 5, /no number "balance_usd"/],
  ])("ends a %d with the right exit code", async (status, body, code, message) => {
    const { exitCode, out, err } = await whoami(await upstreamThatAnswers(body, status));
    expect([exitCode, out]).toEqual([code, ""]);
    expect(err).toMatch(message);
  });

  it("says that there is no key (3), and that nobody answers (5)", async () => {
    expect(await runMain(["whoami"], { home: temporaryHome() })).toMatchObject({ exitCode: 3, out: "" });
    const { exitCode, err } = await whoami("http://127.0.0.1:9");
    expect(exitCode).toBe(5);
    expect(err).toContain("127.0.0.1:9");
  });

  it("asks the upstream of ZENTHREX_UPSTREAM and of the config file", async () => {
    const { url } = await startTestSandbox();
    const home = temporaryHome();
    const env = { ZENTHREX_KEY: "zk_sandbox_me" };
    expect(await runMain(["whoami"], { home, env: { ...env, ZENTHREX_UPSTREAM: url } })).toMatchObject({ exitCode: 0 });
    await runMain(["config", "set", "upstream", url], { home });
    expect((await runMain(["whoami"], { home, env })).out).toContain(`Upstream  ${url}`);
  });
});
