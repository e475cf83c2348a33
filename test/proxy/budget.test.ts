import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { ask, chunk, localToken, startChatRaw, startChatSandbox, streamHead } from "../support/chat-proxy.ts";

const refusal = { message: "your budget of $5.00 a day is spent", retryAfterS: 3_600 };

describe("a spent budget", () => {
  it("is a 429 billing_error to Anthropic's clients, not to be retried before it starts again", async () => {
    const { url, sandbox, record } = await startChatSandbox({ checkBudget: () => refusal });
    const client = new Anthropic({ apiKey: localToken, baseURL: url });
    const asked = client.messages.create({
      model: "claude-opus-4-7",
      max_tokens: 9,
      messages: [{ role: "user", content: "hi" }],
    });
    await expect(asked).rejects.toMatchObject({
      status: 429,
      error: {
        type: "error",
        error: { type: "billing_error", message: expect.stringContaining("budget of $5.00 a day") },
      },
    });
    const { headers } = (await asked.catch((error: unknown) => error)) as InstanceType<typeof Anthropic.APIError>;
    expect([headers?.get("x-should-retry"), headers?.get("retry-after")]).toEqual(["false", "3600"]);
    expect(await record()).toMatchObject({ status: 429, outcome: "proxy_error", errorCode: "ZX_BUDGET_SPENT" });
    expect(sandbox.requests()).toEqual([]);
  });

  it("is a 429 insufficient_quota to OpenAI's clients", async () => {
    const { client, sandbox } = await startChatSandbox({ checkBudget: async () => refusal });
    await expect(client({ maxRetries: 2 }).chat.completions.create(ask("hi"))).rejects.toMatchObject({
      status: 429,
      type: "insufficient_quota",
      code: "insufficient_quota",
    });
    expect(sandbox.requests()).toEqual([]);
  });

  it("doesn't concern a caller's own key, nor what costs nothing", async () => {
    const { url, client } = await startChatSandbox({ checkBudget: () => refusal });
    const answer = await client({ apiKey: "zk_sandbox_own" }).chat.completions.create(ask("hi"));
    expect(answer.object).toBe("chat.completion");
    const headers = { "x-api-key": localToken, "content-type": "application/json", "anthropic-version": "2023-06-01" };
    const body = JSON.stringify({ model: "claude-opus-4-7", messages: [{ role: "user", content: "hi" }] });
    const counted = await fetch(`${url}/v1/messages/count_tokens`, { method: "POST", headers, body });
    expect(counted.status).toBe(200);
  });

  it("lets everything through that it has no objection to", async () => {
    const { client } = await startChatSandbox({ checkBudget: async () => undefined });
    expect((await client().chat.completions.create(ask("hi"))).object).toBe("chat.completion");
  });
});

describe("the record", () => {
  it("says whose key paid", async () => {
    const { client, record } = await startChatSandbox();
    await client({ apiKey: "zk_sandbox_own" }).chat.completions.create(ask("hi"));
    expect(await record()).toMatchObject({ ownKey: true });
    await client().chat.completions.create(ask("hi"));
    expect(await record(2)).not.toHaveProperty("ownKey");
  });

  it("names the failure that came within a stream, in both lanes", async () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "busy" } };
    const start = {
      type: "message_start",
      message: { id: "m", model: "claude-opus-4-7", usage: { input_tokens: 3, output_tokens: 1 } },
    };
    const frames = [start, { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }, error];
    const { post, url, record } = await startChatRaw(async (connection) => {
      await connection.readRequest();
      const events = frames.map((frame) => chunk(`event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`));
      await connection.write(Buffer.concat([Buffer.from(streamHead()), ...events, Buffer.from("0\r\n\r\n")]));
      connection.end();
    });
    await (await post({ ...ask("hi"), stream: true })).text();
    expect(await record()).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_STATUS" });
    const headers = { "x-api-key": localToken, "content-type": "application/json", "anthropic-version": "2023-06-01" };
    const body = JSON.stringify({ model: "claude-opus-4-7", max_tokens: 9, stream: true, messages: [] });
    const raw = fetch(`${url}/v1/messages`, { method: "POST", headers, body }).then((answer) => answer.text());
    expect(await raw.catch(() => "cut")).toContain("overloaded_error");
    expect(await record(2)).toMatchObject({ status: 200, errorCode: "ZX_UPSTREAM_STATUS" });
  });

  it("says that the usage is unknown where the upstream's own mirror was not asked for it, and invents none", async () => {
    const { client, record } = await startChatSandbox({ chat: "upstream" });
    for await (const _chunk of await client().chat.completions.create({ ...ask("hi"), stream: true }));
    const first = await record();
    expect(first).toMatchObject({ outcome: "completed", warnings: [{ code: "usage-unknown", path: "usage" }] });
    expect(first).not.toHaveProperty("usage");
    const options = { stream: true, stream_options: { include_usage: true } } as const;
    for await (const _chunk of await client().chat.completions.create({ ...ask("hi"), ...options }));
    expect(await record(2)).toMatchObject({ warnings: [], usage: { outputTokens: expect.any(Number) } });
  });
});
