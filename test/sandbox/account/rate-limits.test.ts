import { describe, expect, it } from "vitest";
import { ask, openSandbox } from "../support/sandbox-client.ts";

const haiku = { model: "claude-haiku-4-5" };

describe("requests a minute", () => {
  it("lets 200 through on opus and 600 on haiku, then answers 429 with the seconds to wait", async () => {
    const { post, clock } = await openSandbox();
    for (let request = 0; request < 200; request++) expect((await post(ask("x"))).status).toBe(200);
    clock.advance(20_500);
    const refused = await post(ask("x"));
    expect([refused.status, refused.body.error.type, refused.headers["retry-after"]]).toEqual([
      ...[429, "rate_limit_exceeded", "40"],
    ]);
    expect((await post(ask("x", haiku))).status).toBe(200);
    clock.advance(39_000);
    expect((await post(ask("x"))).status).toBe(429);
    clock.advance(501);
    expect((await post(ask("x"))).status).toBe(200);
  }, 60_000);

  it("slides: what is a minute old no longer counts", async () => {
    const { post, clock } = await openSandbox();
    const key = { "x-api-key": "zk_sandbox_tiny" };
    expect((await post(ask("x"), key)).status).toBe(200);
    clock.advance(30_000);
    expect((await post(ask("x"), key)).status).toBe(200);
    expect((await post(ask("x"), key)).headers["retry-after"]).toBe("30");
    clock.advance(30_000);
    expect((await post(ask("x"), key)).status).toBe(200);
    expect((await post(ask("x"), key)).headers["retry-after"]).toBe("30");
  });

  it("counts by key", async () => {
    const { post } = await openSandbox();
    for (let request = 0; request < 4; request++) {
      expect((await post(ask("x", haiku), { "x-api-key": "zk_sandbox_tiny_a" })).status).toBe(200);
    }
    expect((await post(ask("x", haiku), { "x-api-key": "zk_sandbox_tiny_a" })).status).toBe(429);
    expect((await post(ask("x", haiku), { "x-api-key": "zk_sandbox_tiny_b" })).status).toBe(200);
  });

  it("tells what is left", async () => {
    const { post } = await openSandbox();
    await post(ask("x"));
    const { headers } = await post(ask("x"));
    expect(headers).toMatchObject({
      "anthropic-ratelimit-requests-limit": "200",
      "anthropic-ratelimit-requests-remaining": "198",
      "anthropic-ratelimit-requests-reset": "2026-11-22T12:01:00Z",
      "anthropic-ratelimit-input-tokens-limit": "1000000",
    });
    expect(Number(headers["anthropic-ratelimit-input-tokens-remaining"])).toBeLessThan(1_000_000);
  });
});

describe("input tokens a minute", () => {
  // 4.7 counts about 2.4 bytes a token in prose: 19,000 characters are some 8,000 tokens.
  const large = ask("abcd ".repeat(3_800));
  const key = { "x-api-key": "zk_sandbox_tiny" };

  it("lets a burst through, refuses what overflows and lets it through when enough has leaked", async () => {
    const { post, clock } = await openSandbox();
    const first = await post(large, key);
    const tokens = first.body.usage.input_tokens;
    expect(tokens).toBeGreaterThan(7_000);
    const refused = await post(large, key);
    const wait = Math.ceil(((2 * tokens - 10_000) / 10_000) * 60);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, `${wait}`]);
    expect(refused.body.error.message).toContain("input tokens per minute");
    clock.advance(wait * 1_000);
    expect((await post(large, key)).status).toBe(200);
  });

  it("doesn't count what is read from the cache", async () => {
    const { post } = await openSandbox();
    const cached = ask([{ type: "text", text: "abcd ".repeat(3_800), cache_control: { type: "ephemeral" } }]);
    expect((await post(cached, key)).status).toBe(200);
    expect((await post(cached, key)).status).toBe(200);
  });

  it("takes a million", async () => {
    const { post } = await openSandbox();
    const huge = ask("word ".repeat(200_000), { model: "claude-opus-4-7-1m" });
    const { body, status } = await post(huge);
    expect([status, body.usage.input_tokens > 400_000]).toEqual([200, true]);
    expect((await post(huge)).status).toBe(200);
    expect((await post(huge)).status).toBe(429);
  }, 60_000);
});
