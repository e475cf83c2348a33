import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { startTestSandbox } from "../support/start-test-sandbox.ts";
import { ask, jsonOf, streamBody, toolHeaders } from "./support/client.ts";
import { localToken, startTestProxy } from "./support/test-proxy.ts";

const key = "zk_sandbox_proxy";

async function startBoth(options: { countTokens?: boolean; key?: string } = {}) {
  const sandbox = await startTestSandbox({ countTokens: options.countTokens ?? false });
  const proxy = await startTestProxy(sandbox.url, { apiKey: () => options.key ?? key });
  const sdk = new Anthropic({ baseURL: proxy.url, apiKey: localToken, maxRetries: 0 });
  return { sandbox, proxy, sdk };
}

const say = (content: string) => ({
  model: "claude-opus-4-7",
  max_tokens: 256,
  messages: [{ role: "user" as const, content }],
});

describe("the official SDK through the proxy, against the hosted API's stand-in", () => {
  it("creates, streams, and gets the same text both ways", async () => {
    const { proxy, sdk } = await startBoth();
    const created = await sdk.messages.create(say("hello there"));
    const streamed = await sdk.messages.stream(say("hello there")).finalMessage();
    expect(streamed.content).toEqual(created.content);
    expect(streamed.usage.output_tokens).toBe(created.usage.output_tokens);
    await proxy.untilEnded(2);
    for (const [index, record] of proxy.ended.entries()) {
      expect(record).toMatchObject({ outcome: "completed", stream: index === 1, tool: "anthropic-sdk", status: 200 });
      expect(record.usage).toMatchObject({
        inputTokens: created.usage.input_tokens,
        outputTokens: created.usage.output_tokens,
      });
      expect(record.costUsd).toBeGreaterThan(0);
    }
  });

  it("calls a tool and takes its result", async () => {
    const { sdk } = await startBoth();
    const tools = [
      {
        name: "Bash",
        input_schema: { type: "object" as const, properties: { command: { type: "string" } }, required: ["command"] },
      },
    ];
    const question = { ...say("run echo through-the-proxy"), tools };
    const called = await sdk.messages.stream(question).finalMessage();
    const use = called.content.find((block) => block.type === "tool_use")!;
    expect(use).toMatchObject({ name: "Bash", input: { command: "echo through-the-proxy" } });
    const answered = await sdk.messages.create({
      ...question,
      messages: [
        ...question.messages,
        { role: "assistant", content: called.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "through-the-proxy" }] },
      ],
    });
    expect(JSON.stringify(answered.content)).toContain("through-the-proxy");
  });

  it("keeps thinking and its signature intact, so that it can come back", async () => {
    const { sdk } = await startBoth();
    const question = {
      ...say("[[sandbox: think 2]] hm"),
      thinking: { type: "adaptive" as const, display: "summarized" as const },
    };
    const first = await sdk.messages.stream(question).finalMessage();
    expect(first.content[0]!.type).toBe("thinking");
    const messages = [
      ...question.messages,
      { role: "assistant" as const, content: first.content },
      { role: "user" as const, content: "go on" },
    ];
    await expect(sdk.messages.create({ ...question, messages })).resolves.toMatchObject({ type: "message" });
  });

  it("counts tokens with and without the upstream's help, and never less than it", async () => {
    const helped = await startBoth({ countTokens: true });
    const alone = await startBoth();
    const question = {
      model: "claude-opus-4-7",
      messages: [{ role: "user" as const, content: "How many tokens are these? ".repeat(50) }],
    };
    const exact = (await helped.sdk.messages.countTokens(question)).input_tokens;
    expect((await alone.sdk.messages.countTokens(question)).input_tokens).toBeGreaterThanOrEqual(exact);
  });

  it("hits the prompt cache: the bytes that it sent are the bytes that arrive", async () => {
    const { sdk } = await startBoth();
    const system = [
      {
        type: "text" as const,
        text: "A long instruction. ".repeat(1_200),
        cache_control: { type: "ephemeral" as const },
      },
    ];
    await sdk.messages.create({ ...say("first"), system });
    const second = await sdk.messages.create({ ...say("second"), system });
    expect(second.usage.cache_read_input_tokens).toBeGreaterThan(2_000);
  });

  it.each(["cut", "cut boundary", "cut reset", "cut clean", "cut half", "cut clean at=end", "error-event 529"])(
    "raises on [[sandbox: %s]], streamed and whole",
    async (fault) => {
      const { proxy, sdk } = await startBoth();
      const question = say(`[[sandbox: ${fault}]] [[sandbox: deltas 8]]`);
      await expect(sdk.messages.stream(question).finalMessage()).rejects.toThrow();
      const iterated = (async () => {
        for await (const _event of await sdk.messages.create({ ...question, stream: true }));
      })();
      await expect(iterated).rejects.toThrow();
      await proxy.untilEnded(2);
      expect(proxy.ended.map(({ outcome }) => outcome)).toEqual(["upstream_error", "upstream_error"]);
    },
  );

  it.each([
    ["[[sandbox: error 429 after=7]]", 429],
    ["[[sandbox: error 529]]", 529],
    ["[[sandbox: html 502]]", 502],
    ["[[sandbox: html]]", 502],
    ["[[sandbox: redirect 302 https://example.com/]]", 502],
    ["[[sandbox: empty 200]]", 502],
  ])("%s is a %i", async (fault, status) => {
    const { sdk } = await startBoth();
    await expect(sdk.messages.create(say(fault))).rejects.toMatchObject({ status });
    await expect(sdk.messages.create({ ...say(fault), stream: true })).rejects.toMatchObject({ status });
  });

  it("says what to do where the key is wrong or the wallet is empty", async () => {
    const revoked = await startBoth({ key: "zk_sandbox_revoked" });
    await expect(revoked.sdk.messages.create(say("x"))).rejects.toThrow(/zenthrex login/);
    const empty = await startBoth({ key: "zk_sandbox_empty" });
    await expect(empty.sdk.messages.create(say("x"))).rejects.toThrow(/wallet/i);
    await empty.proxy.untilEnded(1);
    expect(empty.proxy.ended[0]).toMatchObject({ status: 402, errorCode: "ZX_WALLET_EMPTY" });
  });

  it("is aborted upstream when it aborts", async () => {
    const { sandbox, proxy, sdk } = await startBoth();
    const stream = sdk.messages.stream(say("[[sandbox: deltas 50]] [[sandbox: pace 100]]"));
    await new Promise<void>((resolve) => stream.once("streamEvent", () => resolve()));
    stream.abort();
    await expect(stream.finalMessage()).rejects.toThrow();
    await proxy.untilEnded(1);
    expect(proxy.ended[0]!.outcome).toBe("client_aborted");
    // The sandbox saw it leave: its log says so as soon as the connection is gone.
    for (let log = ""; !/"aborted": ?true/.test(log); )
      log = await (await fetch(`${sandbox.url}/_sandbox/requests`)).text();
  });

  it("whoami tells the wallet with the key masked, in the documented shape", async () => {
    const { proxy } = await startBoth();
    await ask(proxy.port, { body: streamBody });
    const answer = await ask(proxy.port, { method: "GET", path: "/v1/whoami", headers: toolHeaders });
    const json = jsonOf(answer);
    expect(json).toMatchObject({
      balance_usd: expect.any(Number),
      total_spent_usd: expect.any(Number),
      per_model: expect.any(Object),
    });
    expect(json["token"]).toMatch(/^zk_\.\.\./);
    expect(answer.text).not.toContain(key);
  });
});
