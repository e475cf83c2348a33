import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { headerValues } from "../../src/base/headers.ts";
import { estimateRequestTokens } from "../../src/catalog/estimate-tokens.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { schemaErrors } from "../support/schema-validator.ts";
import { ask, type ClientAnswer, jsonOf, smallBody } from "./support/client.ts";
import { localToken, posts, realKey, startPair, until } from "./support/test-proxy.ts";

const live = jsonAnswer({
  data: [
    { id: "claude-opus-4-7", display_name: "Claude Opus 4.7" },
    { id: "claude-opus-4-7", display_name: "Claude Sonnet 4.6" },
    { id: "claude-haiku-4-5", display_name: "Claude Haiku 4.5" },
    { id: "claude-new-9", display_name: "Claude New", created_at: "2026-05-01T00:00:00Z" },
    { display_name: "no id" },
    null,
  ],
});
const documented = ["claude-opus-4-7", "claude-opus-4-7-1m", "claude-haiku-4-5", "claude-opus-4-6"];
const anthropicHeaders = { "x-api-key": localToken, "anthropic-version": "2023-06-01" };
const openaiHeaders = { authorization: `Bearer ${localToken}` };
const get = (port: number, path: string, headers: Record<string, string>): Promise<ClientAnswer> =>
  ask(port, { method: "GET", path, headers });

describe("GET /v1/models", () => {
  it("lists documented and live models, each once, in Anthropic's shape", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(live));
    for (const headers of [
      anthropicHeaders,
      { "x-api-key": localToken },
      { ...openaiHeaders, "anthropic-version": "2026-10-21" },
    ]) {
      const json = jsonOf(await get(proxy.port, "/v1/models?limit=1000", headers)) as unknown as {
        data: { id: string; type: string; display_name: string; created_at: string }[];
        has_more: boolean;
      };
      expect(json.data.map(({ id }) => id)).toEqual([...documented, "claude-new-9"]);
      expect(json.data[0]).toEqual({
        type: "model",
        id: "claude-opus-4-7",
        display_name: "Claude Opus 4.7",
        created_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
      });
      expect(json.data.at(-1)!.created_at).toBe("2026-05-01T00:00:00Z");
      expect(json).toMatchObject({ has_more: false, first_id: "claude-opus-4-7", last_id: "claude-new-9" });
    }
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0]!.head).not.toMatch(/zk_|zxl_|x-api-key|authorization/i);
  });

  it("lists them in OpenAI's shape for everybody else", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(live));
    const json = jsonOf(await get(proxy.port, "/v1/models", openaiHeaders));
    expect(schemaErrors("openai.ListModelsResponse", json)).toEqual([]);
    expect((json["data"] as { id: string }[]).map(({ id }) => id)).toEqual([...documented, "claude-new-9"]);
  });

  it("gives pages, forwards and backwards", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(live));
    const page = async (query: string) => {
      const json = jsonOf(await get(proxy.port, `/v1/models${query}`, anthropicHeaders));
      return { ids: (json["data"] as { id: string }[]).map(({ id }) => id), more: json["has_more"] };
    };
    expect(await page("?limit=2")).toEqual({ ids: documented.slice(0, 2), more: true });
    expect(await page("?limit=2&after_id=claude-opus-4-7-1m")).toEqual({ ids: documented.slice(2), more: true });
    expect(await page("?limit=2&after_id=claude-opus-4-6")).toEqual({ ids: ["claude-new-9"], more: false });
    expect(await page("?limit=2&before_id=claude-opus-4-6")).toEqual({ ids: documented.slice(1, 3), more: true });
    expect((await get(proxy.port, "/v1/models?limit=0", anthropicHeaders)).status).toBe(400);
    expect((await get(proxy.port, "/v1/models?limit=x", anthropicHeaders)).status).toBe(400);
  });

  it("answers both official SDKs", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(live));
    const anthropic = new Anthropic({ baseURL: proxy.url, apiKey: localToken, maxRetries: 0 });
    const openai = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: localToken, maxRetries: 0 });
    const ids: string[] = [];
    for await (const model of anthropic.models.list({ limit: 2 })) ids.push(model.id);
    expect(ids).toEqual([...documented, "claude-new-9"]);
    expect((await anthropic.models.retrieve("claude-haiku-4-5")).display_name).toBe("Claude Haiku 4.5");
    expect((await openai.models.list()).data).toHaveLength(5);
    expect((await openai.models.retrieve("claude-new-9")).id).toBe("claude-new-9");
    await expect(openai.models.retrieve("gpt-9")).rejects.toMatchObject({ status: 404 });
    await expect(anthropic.models.retrieve("nothing")).rejects.toMatchObject({ status: 404 });
  });

  it("reads the live list once in 10 minutes, for all who ask at once", async () => {
    const clock = createFakeClock();
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(live), { clock });
    await Promise.all(Array.from({ length: 20 }, () => get(proxy.port, "/v1/models", openaiHeaders)));
    clock.advance(599_000);
    await get(proxy.port, "/v1/models", openaiHeaders);
    expect(upstream.requests).toHaveLength(1);
    clock.advance(2_000);
    await get(proxy.port, "/v1/models", openaiHeaders);
    expect(upstream.requests).toHaveLength(2);
  });

  it.each([
    ["an error", jsonAnswer({ error: {} }, 500)],
    ["a page", "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"],
    ["another JSON", jsonAnswer({ data: "none" })],
  ])("falls back to the documented table on %s", async (_name, bytes) => {
    const { proxy } = await startPair((_request, connection) => connection.write(bytes));
    const json = jsonOf(await get(proxy.port, "/v1/models", openaiHeaders));
    expect((json["data"] as { id: string }[]).map(({ id }) => id)).toEqual(documented);
  });

  it("answers within 3 s where the upstream doesn't", async () => {
    const clock = createFakeClock();
    const { upstream, proxy } = await startPair(() => undefined, { clock });
    const asked = get(proxy.port, "/v1/models", anthropicHeaders);
    await until(() => upstream.requests.length === 1);
    clock.advance(2_999);
    expect((await asked).status).toBe(200);
  });
});

describe("GET /v1/whoami", () => {
  const wallet = {
    token: realKey,
    balance_usd: 12.45,
    total_spent_usd: 3.12,
    per_model: {},
    note: `your key is ${realKey}`,
  };

  it("tells the wallet, with the key masked wherever it stands", async () => {
    const { upstream, proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer(wallet, 200, ["x-other: 1"])),
    );
    const answer = await get(proxy.port, "/v1/whoami", anthropicHeaders);
    expect(answer.status).toBe(200);
    expect(jsonOf(answer)).toMatchObject({
      balance_usd: 12.45,
      total_spent_usd: 3.12,
      token: `zk_...${realKey.slice(-4)}`,
    });
    expect(answer.text).not.toContain(realKey);
    expect(answer.headers["x-other"]).toBe("1");
    expect(headerValues(upstream.requests[0]!.rawHeaders, "authorization")).toEqual([`Bearer ${realKey}`]);
    expect(proxy.ended).toEqual([]);
  });

  it("asks once more where the connection was reset, and tells of the upstream's refusal with our fix", async () => {
    let count = 0;
    const { upstream, proxy } = await startPair((_request, connection) => {
      count++;
      const refusal = { error: { type: "authentication_error", message: `no such key ${realKey}` } };
      return count === 1 ? connection.reset() : connection.write(jsonAnswer(refusal, 401));
    });
    const answer = await get(proxy.port, "/v1/whoami", openaiHeaders);
    expect(answer.status).toBe(401);
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(jsonOf(answer).error["message"]).toMatch(/^no such key zk_\.\.\..*zenthrex login/);
    expect(answer.text).not.toContain(realKey);
    expect(upstream.requests).toHaveLength(2);
  });

  it.each([
    ["a page", "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"],
    [
      "a redirect",
      "HTTP/1.1 302 X\r\nlocation: https://evil.example/\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
    ],
  ])("is a 502 where %s comes instead", async (_name, bytes) => {
    const { proxy } = await startPair((_request, connection) => connection.write(bytes));
    const answer = await get(proxy.port, "/v1/whoami", openaiHeaders);
    expect(answer.status).toBe(502);
    expect(answer.headers.location).toBeUndefined();
  });
});

describe("POST /v1/messages/count_tokens", () => {
  const path = "/v1/messages/count_tokens";
  const missing = jsonAnswer({ type: "error", error: { type: "not_found_error", message: "no such route" } }, 404);

  it("is forwarded where the upstream answers it", async () => {
    const { upstream, proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer({ input_tokens: 11 })),
    );
    const answer = await ask(proxy.port, { path: `${path}?beta=true` });
    expect(answer).toMatchObject({ status: 200, text: '{"input_tokens":11}' });
    expect(answer.headers["x-zenthrex-estimate"]).toBeUndefined();
    expect(upstream.requests[0]).toMatchObject({ path: `${path}?beta=true` });
    expect(proxy.ended).toEqual([]);
  });

  it.each([404, 405])(
    "is estimated here where the upstream says %i, marked, and not asked for again for 10 minutes",
    async (status) => {
      const clock = createFakeClock();
      const { upstream, proxy } = await startPair(
        (_request, connection) => connection.write(status === 404 ? missing : jsonAnswer({ detail: "method" }, 405)),
        { clock },
      );
      for (let time = 0; time < 3; time++) {
        const answer = await ask(proxy.port, { path });
        expect(answer.status).toBe(200);
        expect(answer.headers["x-zenthrex-estimate"]).toBe("true");
        const raw = estimateRequestTokens(JSON.parse(smallBody), "4.7");
        expect(jsonOf(answer)).toEqual({ input_tokens: Math.ceil(raw * 1.15) });
      }
      expect(posts(upstream)).toHaveLength(1);
      clock.advance(600_001);
      await ask(proxy.port, { path });
      expect(posts(upstream)).toHaveLength(2);
    },
  );

  it("asks the upstream once where a tool wants 36 counts at the same moment", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(missing));
    const answers = await Promise.all(Array.from({ length: 36 }, () => ask(proxy.port, { path })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(posts(upstream)).toHaveLength(1);
  });

  it("gives the upstream's other errors on, and learns nothing from them", async () => {
    const bodies = [
      jsonAnswer({ type: "error", error: { type: "rate_limit_error", message: "slow" } }, 429, ["retry-after: 3"]),
      jsonAnswer({ type: "error", error: { type: "not_found_error", message: "model: claude-opus-4-7" } }, 404),
      jsonAnswer({ input_tokens: 5 }),
    ];
    const { proxy } = await startPair((_request, connection) => connection.write(bodies.shift()!));
    const first = await ask(proxy.port, { path });
    expect(first.status).toBe(429);
    expect(first.headers["retry-after"]).toBe("3");
    expect((await ask(proxy.port, { path })).status).toBe(404);
    expect(jsonOf(await ask(proxy.port, { path }))).toEqual({ input_tokens: 5 });
  });

  it("is corrected by what real requests of the same tool cost", async () => {
    const clock = createFakeClock();
    const raw = estimateRequestTokens(JSON.parse(smallBody), "4.7");
    const { proxy } = await startPair(
      (request, connection) => {
        const message = {
          model: "claude-opus-4-7",
          usage: { input_tokens: raw, cache_read_input_tokens: raw / 2, output_tokens: 1 },
        };
        return connection.write(request.path.includes("count") ? missing : jsonAnswer(message));
      },
      { clock },
    );
    const estimate = async () => jsonOf(await ask(proxy.port, { path }))["input_tokens"];
    expect(await estimate()).toBe(Math.ceil(raw * 1.15));
    for (let time = 0; time < 5; time++) {
      await ask(proxy.port);
      await proxy.untilEnded(time + 1);
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1_001);
    }
    expect(await estimate()).toBe(Math.ceil(raw * 1.5));
  });

  it("works for the official SDK, and is refused for a body that is no JSON", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(missing));
    const client = new Anthropic({ baseURL: proxy.url, apiKey: localToken, maxRetries: 0 });
    const counted = await client.messages.countTokens({
      model: "claude-haiku-4-5",
      messages: [{ role: "user", content: "hi" }],
    });
    expect(counted.input_tokens).toBeGreaterThan(0);
    const answer = await ask(proxy.port, { path, body: '{"model":"claude-opus-4-7",' });
    expect(answer.status).toBe(400);
  });
});
