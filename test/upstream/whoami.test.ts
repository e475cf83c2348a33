import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import { fetchWhoami, type Wallet } from "../../src/upstream/whoami.ts";
import { jsonAnswer, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";

let upstream: RawUpstream | undefined;
afterEach(async () => {
  await upstream?.close();
  upstream = undefined;
});

const KEY = "zk_live_abcdefghijklmnop";

/** Source: hosted documentation, "GET /v1/whoami". */
const documented = {
  token: KEY,
  balance_usd: 12.45,
  total_spent_usd: 3.12,
  total_input_tokens: 412_903,
  total_output_tokens: 29_110,
  per_model: {
    "claude-opus-4-7": { input_tokens: 390_210, output_tokens: 22_011, spent_usd: 2.41 },
    "claude-haiku-4-5": { input_tokens: 22_693, output_tokens: 7_099, spent_usd: 0.07 },
  },
};

async function whoami(body: unknown): Promise<Wallet> {
  upstream = await startRawUpstream(async (connection) => {
    await connection.readRequest();
    await connection.write(jsonAnswer(body));
  });
  const client = createUpstreamClient({ origin: upstream.url, clock: systemClock });
  try {
    return await fetchWhoami(client, KEY);
  } finally {
    await client.close();
  }
}

describe("fetchWhoami", () => {
  it("reads the documented wallet, the token masked", async () => {
    expect(await whoami(documented)).toEqual({ ...documented, token: "zk_...mnop" });
    expect(upstream?.requests[0]).toMatchObject({ method: "GET", path: "/v1/whoami" });
    expect(upstream?.requests[0]?.head).toContain(`authorization: Bearer ${KEY}`);
  });

  it("masks our own key where the upstream sends none back, and leaves foreign fields out", async () => {
    const { token: _token, ...rest } = documented;
    const wallet = await whoami({ ...rest, api_key: KEY, plan: "pro" });
    expect(wallet).toEqual({ ...rest, token: "zk_...mnop" });
    expect(JSON.stringify(wallet)).not.toContain(KEY);
  });

  it("takes a wallet that was never used, and debts", async () => {
    const fresh = { token: KEY, balance_usd: -0.01, total_spent_usd: 0, total_input_tokens: 0, total_output_tokens: 0 };
    expect(await whoami(fresh)).toMatchObject({ balance_usd: -0.01, per_model: {} });
    await upstream?.close();
    expect(await whoami({ ...fresh, per_model: null })).toMatchObject({ per_model: {} });
  });

  it("keeps a model whatever its name", async () => {
    const line = { input_tokens: 1, output_tokens: 1, spent_usd: 1 };
    const perModel = JSON.parse(`{"__proto__": ${JSON.stringify(line)}}`) as unknown;
    expect(Object.entries((await whoami({ ...documented, per_model: perModel })).per_model)).toEqual([
      ["__proto__", line],
    ]);
  });

  it.each([
    ["balance_usd", undefined],
    ["balance_usd", "12.45"],
    ["total_spent_usd", null],
    ["total_input_tokens", undefined],
    ["total_output_tokens", {}],
    ["per_model", []],
    ["per_model", "none"],
    ["per_model", { "claude-opus-4-7": { input_tokens: 1, output_tokens: 1 } }],
    ["per_model", { "claude-opus-4-7": null }],
  ])("invents no figure: %s = %j is refused", async (field, value) => {
    await expect(whoami({ ...documented, [field]: value })).rejects.toMatchObject({ code: "ZX_UPSTREAM_NOT_API" });
  });
});
