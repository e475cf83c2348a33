import { describe, expect, it } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { startTestSandbox } from "../../support/start-test-sandbox.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

describe("zenthrex models", () => {
  it("lists documented models with what the hosted API lists now, prices and names, without a key", async () => {
    const { url, requests } = await startTestSandbox();
    const { exitCode, out, err } = await runMain(["models", "--upstream", url], { home: temporaryHome() });
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toMatchInlineSnapshot(`
      "Model               Context  Output  $/M in  $/M out  Listed now
      claude-opus-4-7        200K    128K    5.00    25.00  yes
      claude-opus-4-7-1m   1,000K    128K    5.00    25.00  documented only
      claude-haiku-4-5       200K     64K    1.00     5.00  yes
      claude-opus-4-6        200K    128K    5.00    25.00  documented only

      Name           Means
      gpt-4o         claude-opus-4-7
      gpt-4          claude-opus-4-7
      gpt-4o-mini    claude-haiku-4-5
      gpt-3.5-turbo  claude-haiku-4-5

      List prices, an estimate: \`zenthrex whoami\` shows what was paid.
      "
    `);
    expect(requests().map(({ path }) => path)).toEqual(["/v1/models"]);
  });

  it("gives the same as JSON, each model once, with the user's aliases", async () => {
    const { url } = await startTestSandbox();
    const home = temporaryHome();
    await runMain(["config", "set", "aliases.gpt-5.1", "haiku"], { home });
    const { out } = await runMain(["models", "--json", "--upstream", url], { home });
    const list = JSON.parse(out) as { models: { id: string; listed: boolean }[]; aliases: Record<string, string> };
    expect(list).toMatchObject({ version: 1, live: true });
    expect(list.models.map(({ id, listed }) => [id, listed])).toEqual([
      ["claude-opus-4-7", true],
      ["claude-opus-4-7-1m", false],
      ["claude-haiku-4-5", true],
      ["claude-opus-4-6", false],
    ]);
    expect(list.models[0]).toMatchObject({
      context_tokens: 200_000,
      list_price_usd_per_million: { input: 5, output: 25 },
    });
    expect(list.aliases).toMatchObject({ "gpt-4o": "claude-opus-4-7", "gpt-5.1": "claude-haiku-4-5" });
  });

  it("shows the documented list when the live one can't be had, and says so", async () => {
    const { exitCode, out, err } = await runMain(["models", "--upstream", "http://127.0.0.1:9"], {
      home: temporaryHome(),
    });
    expect(exitCode).toBe(0);
    expect(out).toContain("claude-opus-4-7-1m");
    expect(out).not.toContain("Listed now");
    expect(err).toMatch(/^warning: the live list can't be had, this is the documented one: .*127\.0\.0\.1:9/);
  });

  it("asks nobody with --offline", async () => {
    const { exitCode, err } = await runMain(["models", "--offline", "--upstream", "http://127.0.0.1:9"], {
      home: temporaryHome(),
    });
    expect([exitCode, err]).toEqual([0, ""]);
  });
});
