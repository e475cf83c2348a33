import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { askChat, openChat, shellTool } from "./support/chat-client.ts";

describe("the official OpenAI SDK", () => {
  it("creates a completion", async () => {
    const client = await openChat();
    const completion = await client.sdk().chat.completions.create(askChat("hello", { model: "gpt-4o" }));
    expect(completion.choices[0]?.message.content).toContain('You said: "hello"');
    expect([completion.model, completion._request_id]).toEqual(["claude-opus-4-7", "req_sandbox0000000000000001"]);
    expect(completion.usage?.total_tokens).toBeGreaterThan(30);
  });

  it("streams one, with the usage at the end", async () => {
    const client = await openChat();
    const stream = await client
      .sdk()
      .chat.completions.create(askChat("hello", { stream: true as const, stream_options: { include_usage: true } }));
    let text = "";
    let usage: OpenAI.CompletionUsage | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? undefined;
    }
    expect(text).toContain('You said: "hello"');
    expect(usage?.completion_tokens).toBe(client.sandbox.requests()[0]?.usage?.output_tokens);
  });

  it("assembles a stream by its helper, thinking and all", async () => {
    const client = await openChat();
    const stream = client.sdk().chat.completions.stream(askChat("hello", { reasoning_effort: "low" as const }));
    let text = "";
    stream.on("content", (delta) => {
      text += delta;
    });
    const message = await stream.finalMessage();
    expect(message.content).toBe(text);
    expect(text).toContain('You said: "hello"');
    // The helper keeps what it doesn't know as it came last: the thinking is whole in the details only.
    const { reasoning_details: details } = message as { reasoning_details?: { text: string }[] };
    expect(details?.[0]?.text).toContain("Step 1");
  });

  it("calls two tools at once by its stream helper", async () => {
    const client = await openChat();
    const calls = '[[sandbox: tool Bash {"command":"a"}]] [[sandbox: tool Bash {"command":"b"}]]';
    const completion = await client
      .sdk()
      .chat.completions.stream(askChat(calls, { tools: [shellTool] }))
      .finalChatCompletion();
    const [choice] = completion.choices;
    expect(choice?.finish_reason).toBe("tool_calls");
    expect(choice?.message.tool_calls?.map((call) => "function" in call && call.function.arguments)).toEqual([
      '{"command":"a"}',
      '{"command":"b"}',
    ]);
  });

  it.each([true, false])("runs a tool loop (streaming: %s)", async (stream) => {
    const client = await openChat();
    const runnable = {
      type: "function" as const,
      function: {
        ...shellTool.function,
        parse: JSON.parse,
        function: ({ command }: { command: string }) => `ran ${command}`,
      },
    };
    const completions = client.sdk().chat.completions;
    const body = askChat("run echo hi", { tools: [runnable] });
    const runner = stream ? completions.runTools({ ...body, stream }) : completions.runTools(body);
    expect(await runner.finalContent()).toBe("The tool said: ran echo hi");
    expect(client.sandbox.requests().map((one) => one.status)).toEqual([200, 200]);
  });

  it("parses structured output", async () => {
    const client = await openChat();
    const schema = {
      ...{ type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false },
    };
    const completion = await client.sdk().chat.completions.parse({
      ...askChat("x"),
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
    });
    expect(completion.choices[0]?.message.content).toBe('{"a":"sandbox a"}');
  });

  it("aborts, and the sandbox notes it", async () => {
    const client = await openChat();
    const stream = client.sdk().chat.completions.stream(askChat("[[sandbox: stall 60 at=2]]"));
    const failed = expect(stream.finalMessage()).rejects.toThrow(OpenAI.APIUserAbortError);
    stream.on("content", () => stream.abort());
    await failed;
    while (client.sandbox.requests()[0]?.aborted !== true) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(client.sandbox.requests()[0]?.aborted).toBe(true);
  });

  it.each([
    ["400", OpenAI.BadRequestError],
    ["401", OpenAI.AuthenticationError],
    ["402", OpenAI.APIError],
    ["403", OpenAI.PermissionDeniedError],
    ["404", OpenAI.NotFoundError],
    ["429", OpenAI.RateLimitError],
    ["502", OpenAI.InternalServerError],
    ["529", OpenAI.InternalServerError],
  ])("raises its own error for %s", async (status, kind) => {
    const client = await openChat();
    const asked = client.sdk().chat.completions.create(askChat(`[[sandbox: error ${status} because]]`));
    const error = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({
      requestID: "req_sandbox0000000000000001",
      message: expect.stringContaining("because"),
    });
  });

  it("tells which field is wrong", async () => {
    const client = await openChat();
    const asked = client.sdk().chat.completions.create(askChat("x", { temperature: 3 }));
    await expect(asked).rejects.toMatchObject({ status: 400, param: "temperature", type: "invalid_request_error" });
  });

  it.each([
    ["error-event 502 at=3", { type: "upstream_error", code: "upstream_error" }],
    ["error-event 529 at=3", { type: "overloaded_error", code: "overloaded" }],
    ["cut at=3", {}],
    ["cut reset at=3", {}],
    ["cut boundary at=3", {}],
    ["cut half at=3", {}],
  ])("raises for a stream with the fault %s", async (fault, error) => {
    const client = await openChat();
    const content = `[[sandbox: deltas 10]] [[sandbox: ${fault}]]`;
    const stream = await client.sdk().chat.completions.create(askChat(content, { stream: true as const }));
    let chunks = 0;
    const read = (async () => {
      for await (const _ of stream) chunks++;
    })();
    await expect(read).rejects.toMatchObject(error);
    expect(chunks).toBeGreaterThan(3);
  });

  it("retries a 502 and gets its answer", async () => {
    const client = await openChat();
    const sdk = client.sdk({ maxRetries: 2 });
    const completion = await sdk.chat.completions.create(askChat("[[sandbox: error 502 after=0 times=1]]"));
    expect(completion.choices[0]?.finish_reason).toBe("stop");
    expect(client.sandbox.requests().map((one) => one.status)).toEqual([502, 200]);
  });

  it("retries no empty wallet", async () => {
    const client = await openChat();
    const sdk = client.sdk({ maxRetries: 2, apiKey: "zk_sandbox_empty" });
    await expect(sdk.chat.completions.create(askChat("x"))).rejects.toMatchObject({
      ...{ status: 402, type: "insufficient_credits", code: "insufficient_credits" },
    });
    expect(client.sandbox.requests()).toHaveLength(1);
  });
});
