import { describe, expect, it } from "vitest";
import { findModel } from "../../../src/catalog/models.ts";
import { charge, openWallet, whoamiBody } from "../../../src/sandbox/account/wallet.ts";
import { ask, openSandbox } from "../support/sandbox-client.ts";

const none = { inputTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, cacheReadTokens: 0, outputTokens: 0 };

describe("the wallet", () => {
  it.each([
    ["claude-opus-4-7", { inputTokens: 1_000_000 }, 5],
    ["claude-opus-4-7", { outputTokens: 1_000_000 }, 25],
    ["claude-opus-4-7", { cacheWrite5mTokens: 1_000_000 }, 6.25],
    ["claude-opus-4-7", { cacheWrite1hTokens: 1_000_000 }, 10],
    ["claude-opus-4-7", { cacheReadTokens: 1_000_000 }, 0.5],
    ["claude-haiku-4-5", { inputTokens: 1_000_000, outputTokens: 1_000_000 }, 6],
    ["claude-haiku-4-5", { cacheReadTokens: 10 }, 0.000001],
  ])("charges %s list prices for %j", (id, usage, expected) => {
    const wallet = openWallet(100);
    const model = findModel(id);
    expect(model && charge(wallet, model, { ...none, ...usage })).toBe(expected);
  });

  it("adds up to the millionth of a dollar over many answers, never rounding in between", () => {
    const wallet = openWallet(5);
    const model = findModel("claude-haiku-4-5");
    for (let answer = 0; answer < 1_000; answer++) model && charge(wallet, model, { ...none, cacheReadTokens: 1 });
    const body = JSON.parse(whoamiBody("k", wallet));
    expect([body.total_spent_usd, body.balance_usd]).toEqual([0.0001, 4.9999]);
  });

  it("stops at zero and charges what is there", () => {
    const wallet = openWallet(1);
    const model = findModel("claude-opus-4-7");
    expect(model && charge(wallet, model, { ...none, inputTokens: 1_000_000 })).toBe(1);
    expect(JSON.parse(whoamiBody("k", wallet))).toMatchObject({ balance_usd: 0, total_spent_usd: 1 });
  });
});

describe("wallets of the sandbox", () => {
  it("opens one of $5.00 for every key and keeps them apart", async () => {
    const client = await openSandbox();
    await client.post(ask("hello"), { "x-api-key": "zk_sandbox_one" });
    expect((await client.whoami("zk_sandbox_one")).balance_usd).toBeLessThan(5);
    expect(await client.whoami("zk_sandbox_two")).toMatchObject({ balance_usd: 5, total_spent_usd: 0, per_model: {} });
  });

  it("takes exactly the price of the usage that was answered, by model", async () => {
    const client = await openSandbox();
    const opus = (await client.post(ask("hello"))).body.usage;
    const haiku = (await client.post(ask("hello", { model: "claude-haiku-4-5" }))).body.usage;
    const opusCost = (opus.input_tokens * 5 + opus.output_tokens * 25) / 1e6;
    const haikuCost = (haiku.input_tokens * 1 + haiku.output_tokens * 5) / 1e6;
    const wallet = await client.whoami();
    expect(wallet.per_model["claude-opus-4-7"]).toEqual({
      ...{ input_tokens: opus.input_tokens, output_tokens: opus.output_tokens },
      spent_usd: expect.closeTo(opusCost, 9),
    });
    expect(wallet.per_model["claude-haiku-4-5"].spent_usd).toBeCloseTo(haikuCost, 9);
    expect(wallet.total_spent_usd).toBeCloseTo(opusCost + haikuCost, 9);
    expect(wallet.balance_usd + wallet.total_spent_usd).toBeCloseTo(5, 9);
    expect(wallet.total_output_tokens).toBe(opus.output_tokens + haiku.output_tokens);
    expect(client.sandbox.requests()[0]?.cost_usd).toBeCloseTo(opusCost, 9);
  });

  it("is charged before the last frame of a stream is sent, as for the same answer in JSON", async () => {
    const client = await openSandbox();
    await client.stream(ask("hello"), { "x-api-key": "zk_sandbox_s" });
    const streamed = await client.whoami("zk_sandbox_s");
    await client.post(ask("hello"), { "x-api-key": "zk_sandbox_j" });
    const json = await client.whoami("zk_sandbox_j");
    expect(streamed.total_spent_usd).toBe(json.total_spent_usd);
  });

  it("refuses with 402 once it is empty, and charges nothing for refusals", async () => {
    const client = await openSandbox();
    const key = { "x-api-key": "zk_sandbox_low" };
    expect((await client.whoami("zk_sandbox_low")).balance_usd).toBe(0.01);
    expect((await client.post(ask("[[sandbox: error 529]]"), key)).status).toBe(529);
    expect((await client.whoami("zk_sandbox_low")).balance_usd).toBe(0.01);
    const statuses: number[] = [];
    while (statuses.at(-1) !== 402) statuses.push((await client.post(ask("[[sandbox: length 500]]"), key)).status);
    expect(statuses.slice(0, -1).every((status) => status === 200)).toBe(true);
    expect(statuses.length).toBeGreaterThan(1);
    expect(await client.whoami("zk_sandbox_low")).toMatchObject({ balance_usd: 0, total_spent_usd: 0.01 });
    const refused = await client.post(ask("x"), key);
    expect(refused.body.error.type).toBe("insufficient_credits");
  });

  it("knows the special keys, also with a suffix of their own", async () => {
    const { post, whoami } = await openSandbox();
    expect((await post(ask("x"), { "x-api-key": "zk_sandbox_empty_2" })).status).toBe(402);
    expect((await post(ask("x"), { "x-api-key": "zk_sandbox_revoked-2" })).status).toBe(401);
    expect((await post(ask("x"), { "x-api-key": "zk_sandbox_emptyish" })).status).toBe(200);
    expect((await post(ask("x"), { "x-api-key": "zk_sandbox_constructor" })).status).toBe(200);
    expect((await post(ask("x"), { "x-api-key": "zk_sandbox_" })).status).toBe(401);
    expect((await whoami("zk_sandbox_low_3")).balance_usd).toBe(0.01);
  });
});
