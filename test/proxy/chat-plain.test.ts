import { describe, expect, it } from "vitest";
import { ask, startChatSandbox } from "../support/chat-proxy.ts";

describe("a plain question in Chat Completions", () => {
  it("is answered as JSON from a Messages request that streams", async () => {
    const chat = await startChatSandbox();
    const answer = await chat.client().chat.completions.create(ask("[[sandbox: text Hello there.]]"));
    expect(answer.choices[0]?.message.content).toBe("Hello there.");
    expect(answer.choices[0]?.finish_reason).toBe("stop");
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    expect(request).toMatchObject({ path: "/v1/messages", status: 200, body: { stream: true, max_tokens: 128_000 } });
    const record = await chat.record();
    expect(record).toMatchObject({ lane: "translated", outcome: "completed", status: 200, stream: false });
  });

  it("is answered as a stream", async () => {
    const chat = await startChatSandbox();
    const stream = await chat.client().chat.completions.create({
      ...ask("[[sandbox: text Hello there, this is a stream.]]"),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe("Hello there, this is a stream.");
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    expect(usage).toMatchObject({
      prompt_tokens: request?.usage?.input_tokens,
      completion_tokens: request?.usage?.output_tokens,
    });
    expect(await chat.record()).toMatchObject({ lane: "translated", outcome: "completed", stream: true });
  });
});
