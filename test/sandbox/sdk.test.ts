import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { bashTool, openSandbox, type SandboxClient } from "./support/sandbox-client.ts";

/** The official SDK as the hosted API needs it: its own version header is newer than the documented one. */
function sdkFor(client: SandboxClient, key = "zk_sandbox_sdk"): Anthropic {
  return new Anthropic({
    baseURL: client.sandbox.url,
    apiKey: key,
    maxRetries: 0,
    defaultHeaders: { "anthropic-version": "2023-06-01" },
  });
}

const hello = { model: "claude-opus-4-7", max_tokens: 1_000, messages: [{ role: "user" as const, content: "hello" }] };

describe("the official SDK", () => {
  it("creates a message", async () => {
    const client = await openSandbox();
    const message = await sdkFor(client).messages.create(hello);
    expect(message.content[0]).toMatchObject({ type: "text", text: expect.stringContaining('You said: "hello"') });
    expect(message._request_id).toBe("req_sandbox0000000000000001");
  });

  it("streams one and assembles it", async () => {
    const client = await openSandbox();
    const stream = sdkFor(client).messages.stream({ ...hello, thinking: { type: "adaptive", display: "summarized" } });
    let text = "";
    stream.on("text", (delta) => {
      text += delta;
    });
    const message = await stream.finalMessage();
    expect(message.content.map((block) => block.type)).toEqual(["thinking", "text"]);
    expect(text).toContain('You said: "hello"');
    expect(message.usage.output_tokens).toBeGreaterThan(10);
  });

  it("calls a tool and gets its result quoted", async () => {
    const client = await openSandbox();
    const tools = [bashTool as unknown as Anthropic.Tool];
    const question = { role: "user" as const, content: "run echo tool-ran-ok-42" };
    const first = await sdkFor(client)
      .messages.stream({ ...hello, tools, messages: [question] })
      .finalMessage();
    const call = first.content.find((block) => block.type === "tool_use");
    expect([first.stop_reason, call?.input]).toEqual(["tool_use", { command: "echo tool-ran-ok-42" }]);
    const result = { type: "tool_result" as const, tool_use_id: call?.id ?? "", content: "tool-ran-ok-42" };
    const messages = [
      question,
      { role: "assistant" as const, content: first.content },
      { role: "user" as const, content: [result] },
    ];
    const second = await sdkFor(client).messages.create({
      ...hello,
      tools,
      messages: messages as Anthropic.MessageParam[],
    });
    expect(second.content[0]).toMatchObject({ text: "The tool said: tool-ran-ok-42" });
  });

  it("runs a tool loop without threads, and is told plainly that there are none", async () => {
    const client = await openSandbox();
    const sdk = sdkFor(client);
    const runnable = {
      ...{ type: "custom" as const, name: "Bash", description: "d", input_schema: bashTool.input_schema as never },
      run: (input: unknown) => `ran ${(input as { command: string }).command}`,
      parse: (input: unknown) => input,
    };
    const body = { ...hello, messages: [{ role: "user" as const, content: "run echo hi" }], tools: [runnable] };
    await expect(sdk.beta.messages.toolRunner(body)).rejects.toThrow("thread: message threads are not supported here");
    const message = await sdk.beta.messages.toolRunner({ ...body, thread: false } as never);
    expect(JSON.stringify((message as { content: unknown }).content)).toContain("The tool said: ran echo hi");
  });

  it("parses structured output", async () => {
    const client = await openSandbox();
    const schema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const message = await sdkFor(client).messages.create({
      ...hello,
      output_config: { format: { type: "json_schema", schema } },
    });
    const [block] = message.content;
    expect(block?.type === "text" && JSON.parse(block.text)).toEqual({ a: "sandbox a" });
  });

  it("aborts, and the sandbox notes it", async () => {
    const client = await openSandbox();
    const stream = sdkFor(client).messages.stream({
      ...hello,
      messages: [{ role: "user", content: "[[sandbox: stall 60 at=2]]" }],
    });
    const failed = expect(stream.finalMessage()).rejects.toThrow(Anthropic.APIUserAbortError);
    stream.on("text", () => stream.abort());
    await failed;
    while (client.sandbox.requests()[0]?.aborted !== true) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(client.sandbox.requests()[0]?.aborted).toBe(true);
  });

  it.each([
    ["400", Anthropic.BadRequestError],
    ["401", Anthropic.AuthenticationError],
    ["404", Anthropic.NotFoundError],
    ["429", Anthropic.RateLimitError],
    ["529", Anthropic.InternalServerError],
  ])("raises its own error for %s", async (status, kind) => {
    const client = await openSandbox();
    const asked = sdkFor(client).messages.create({
      ...hello,
      messages: [{ role: "user", content: `[[sandbox: error ${status}]]` }],
    });
    await expect(asked).rejects.toThrow(kind);
  });

  it.each(["cut", "cut boundary", "cut clean", "cut half", "error-event"])(
    "raises for a stream with the fault %s",
    async (fault) => {
      const client = await openSandbox();
      const content = `[[sandbox: deltas 10]] [[sandbox: ${fault} at=4]]`;
      const stream = sdkFor(client).messages.stream({ ...hello, messages: [{ role: "user", content }] });
      await expect(stream.finalMessage()).rejects.toThrow();
    },
  );

  it("retries a 529 and gets its answer", async () => {
    const client = await openSandbox();
    const sdk = sdkFor(client).withOptions({ maxRetries: 2 });
    const message = await sdk.messages.create({
      ...hello,
      messages: [{ role: "user", content: "[[sandbox: error 529 after=0 times=1]]" }],
    });
    expect(message.stop_reason).toBe("end_turn");
    expect(client.sandbox.requests().map((one) => one.status)).toEqual([529, 200]);
  });

  it("is refused with its own version header, and told which one is documented", async () => {
    const client = await openSandbox();
    const sdk = new Anthropic({ baseURL: client.sandbox.url, apiKey: "zk_sandbox_sdk", maxRetries: 0 });
    await expect(sdk.messages.create(hello)).rejects.toThrow(/anthropic-version.*2023-06-01/);
  });

  it("counts tokens where the flag is set", async () => {
    const client = await openSandbox({ countTokens: true });
    const { input_tokens: tokens } = await sdkFor(client).messages.countTokens({
      model: hello.model,
      messages: hello.messages,
    });
    const { usage } = await sdkFor(client).messages.create(hello);
    expect(tokens).toBe(usage.input_tokens);
  });
});
