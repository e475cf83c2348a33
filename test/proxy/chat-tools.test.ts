import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { ask, startChatSandbox } from "../support/chat-proxy.ts";

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a town",
    parameters: {
      type: "object",
      properties: { town: { type: "string" } },
      required: ["town"],
      additionalProperties: false,
    },
  },
} as const satisfies OpenAI.ChatCompletionTool;

const callIt = '[[sandbox: text Let me look.]] [[sandbox: tool get_weather {"town":"Zürich"}]]';

/** The bodies that reached the sandbox. */
function sent(chat: { sandbox: { requests(): readonly { method: string; body: unknown; status: number | null }[] } }) {
  return chat.sandbox
    .requests()
    .filter(({ method }) => method === "POST")
    .map(({ body, status }) => ({
      body: body as { messages: { role: string; content: { type: string }[] }[] },
      status,
    }));
}

describe("a tool round trip with the official SDK", () => {
  it("runs by runTools, without and with a stream", async () => {
    for (const stream of [false, true]) {
      const chat = await startChatSandbox();
      const asked: string[] = [];
      const tool = {
        type: "function" as const,
        function: {
          ...weather.function,
          parameters: { ...weather.function.parameters, required: ["town"] },
          parse: JSON.parse as (text: string) => { town: string },
          function: ({ town }: { town: string }): string => {
            asked.push(town);
            return "sunny, 21 degrees";
          },
        },
      };
      const completions = chat.client().chat.completions;
      const runner = stream
        ? completions.runTools({ ...ask(callIt), tools: [tool], stream: true })
        : completions.runTools({ ...ask(callIt), tools: [tool], stream: false });
      expect(await runner.finalContent()).toContain("sunny, 21 degrees");
      expect(asked).toEqual(["Zürich"]);
      const [, second] = sent(chat);
      expect(second?.status).toBe(200);
      expect(second?.body.messages.map(({ role, content }) => [role, ...content.map(({ type }) => type)])).toEqual([
        ["user", "text"],
        ["assistant", "text", "tool_use"],
        ["user", "tool_result"],
      ]);
    }
  });

  it("streams the arguments as they come, with an index from 0", async () => {
    const chat = await startChatSandbox();
    const stream = await chat.client().chat.completions.create({ ...ask(callIt), tools: [weather], stream: true });
    const parts: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall[] = [];
    let finish: string | null | undefined;
    for await (const { choices } of stream) {
      parts.push(...(choices[0]?.delta.tool_calls ?? []));
      finish = choices[0]?.finish_reason ?? finish;
    }
    expect(finish).toBe("tool_calls");
    expect(new Set(parts.map(({ index }) => index))).toEqual(new Set([0]));
    expect(parts.length).toBeGreaterThan(2);
    expect(JSON.parse(parts.map((part) => part.function?.arguments ?? "").join(""))).toEqual({ town: "Zürich" });
  });

  it("parses an answer that keeps to a schema", async () => {
    const chat = await startChatSandbox();
    const schema = {
      type: "object",
      properties: { town: { type: "string" }, degrees: { type: "integer" } },
      required: ["town", "degrees"],
      additionalProperties: false,
    };
    const answer = await chat.client().chat.completions.parse({
      ...ask("What is it like?"),
      response_format: { type: "json_schema", json_schema: { name: "weather", strict: true, schema } },
    });
    expect(answer.choices[0]?.message.parsed).toMatchObject({ town: expect.any(String), degrees: expect.any(Number) });
  });
});

const models = [
  ["claude-opus-4-7", "adaptive"],
  ["claude-haiku-4-5", "enabled"],
] as const;

/** An assistant turn as clients that know no thinking keep it. */
const bare = ({ content, tool_calls }: OpenAI.ChatCompletionMessage): OpenAI.ChatCompletionMessageParam => ({
  role: "assistant",
  content,
  ...(tool_calls === undefined ? {} : { tool_calls }),
});

async function assistantTurn(
  completions: OpenAI["chat"]["completions"],
  body: {
    model: string;
    messages: OpenAI.ChatCompletionMessageParam[];
  } & Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>,
  stream: boolean,
): Promise<OpenAI.ChatCompletionMessage> {
  if (!stream)
    return (await completions.create({ ...body, stream: false })).choices[0]?.message as OpenAI.ChatCompletionMessage;
  const { stream: _, ...rest } = body;
  return await completions.stream(rest).finalMessage();
}

describe("thinking over two rounds of tools", () => {
  it.each(models.flatMap(([model, mode]) => [true, false].map((stream) => [model, mode, stream] as const)))(
    "%s (%s, stream: %s) gets its signed blocks back from a client that never saw them",
    async (model, mode, stream) => {
      const chat = await startChatSandbox();
      const { completions } = chat.client().chat;
      const body = { model, reasoning_effort: "medium" as const, tools: [weather] };
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: callIt }];
      for (let round = 0; round < 2; round++) {
        const message = await assistantTurn(completions, { ...body, messages }, stream);
        const call = message.tool_calls?.[0];
        expect(call).toBeDefined();
        messages.push(bare(message), { role: "tool", tool_call_id: call?.id ?? "", content: callIt });
        if (round === 0) messages.push({ role: "user", content: callIt });
      }
      const last = await completions.create({ ...body, messages });
      expect(last.choices[0]?.finish_reason).toBe("stop");
      const requests = sent(chat);
      expect(requests.map(({ status }) => status)).toEqual([200, 200, 200]);
      const turns = requests[2]?.body.messages.filter(({ role }) => role === "assistant") ?? [];
      expect(turns.map(({ content }) => content.map(({ type }) => type))).toEqual([
        ["thinking", "text", "tool_use"],
        ["thinking", "text", "tool_use"],
      ]);
      for (const { content } of turns) expect(content[0]).toMatchObject({ signature: expect.stringMatching(/.{20}/) });
      expect(requests[2]?.body).toMatchObject({ thinking: { type: mode } });
      expect((await chat.record(3)).warnings).toEqual([]);
    },
  );

  it("keeps redacted thinking, which no client can show", async () => {
    const chat = await startChatSandbox();
    const { completions } = chat.client().chat;
    const body = { model: "claude-haiku-4-5", reasoning_effort: "low" as const, tools: [weather] };
    const question = { role: "user" as const, content: `[[sandbox: redacted-thinking]] ${callIt}` };
    const message = await assistantTurn(completions, { ...body, messages: [question] }, true);
    await completions.create({
      ...body,
      messages: [
        question,
        bare(message),
        { role: "tool", tool_call_id: message.tool_calls?.[0]?.id ?? "", content: "sunny" },
      ],
    });
    const [, second] = sent(chat);
    expect(second?.status).toBe(200);
    expect(second?.body.messages[1]?.content.map(({ type }) => type)).toEqual([
      "redacted_thinking",
      "text",
      "tool_use",
    ]);
  });

  it("recalls a turn without tools by its text", async () => {
    const chat = await startChatSandbox();
    const { completions } = chat.client().chat;
    const body = { model: "claude-opus-4-7", reasoning_effort: "medium" as const };
    const question = { role: "user" as const, content: "How far is the moon?" };
    const message = await assistantTurn(completions, { ...body, messages: [question] }, false);
    await completions.create({
      ...body,
      messages: [question, bare(message), { role: "user", content: "And the sun?" }],
    });
    expect(sent(chat)[1]?.body.messages[1]?.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
  });

  it("shows the client what was thought, and takes it back from it after a restart", async () => {
    const first = await startChatSandbox();
    const body = { model: "claude-haiku-4-5", reasoning_effort: "medium" as const, tools: [weather] };
    const question = { role: "user" as const, content: callIt };
    const message = await assistantTurn(first.client().chat.completions, { ...body, messages: [question] }, false);
    expect(message).toMatchObject({
      reasoning_content: expect.stringMatching(/Step 1/),
      reasoning_details: [{ type: "reasoning.text" }],
    });
    const second = await startChatSandbox();
    await second.client().chat.completions.create({
      ...body,
      messages: [
        question,
        message,
        { role: "tool", tool_call_id: message.tool_calls?.[0]?.id ?? "", content: "sunny" },
      ],
    });
    const [request] = sent(second);
    expect(request?.status).toBe(200);
    expect(request?.body.messages[1]?.content[0]?.type).toBe("thinking");
  });

  it("goes on without, and says so, where nobody knows it any more", async () => {
    const first = await startChatSandbox();
    const body = { model: "claude-haiku-4-5", reasoning_effort: "medium" as const, tools: [weather] };
    const question = { role: "user" as const, content: callIt };
    const message = await assistantTurn(first.client().chat.completions, { ...body, messages: [question] }, false);
    const second = await startChatSandbox();
    const response = await second.post({
      ...body,
      messages: [
        question,
        bare(message),
        { role: "tool", tool_call_id: message.tool_calls?.[0]?.id ?? "", content: "sunny" },
      ],
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-zenthrex-warnings")).toContain("thinking_cache_miss");
  });

  it("is told to no caller with another key", async () => {
    const chat = await startChatSandbox();
    const body = { model: "claude-haiku-4-5", reasoning_effort: "medium" as const, tools: [weather] };
    const question = { role: "user" as const, content: callIt };
    const message = await assistantTurn(chat.client().chat.completions, { ...body, messages: [question] }, false);
    const again = {
      ...body,
      messages: [
        question,
        bare(message),
        { role: "tool" as const, tool_call_id: message.tool_calls?.[0]?.id ?? "", content: "sunny" },
      ],
    };
    await chat.client({ apiKey: "zk_sandbox_other00000001" }).chat.completions.create(again);
    await chat.client().chat.completions.create(again);
    const [, others, ours] = sent(chat);
    expect(others?.body.messages[1]?.content.map(({ type }) => type)).toEqual(["text", "tool_use"]);
    expect(ours?.body.messages[1]?.content.map(({ type }) => type)).toEqual(["thinking", "text", "tool_use"]);
  });

  it("is not remembered of an answer that broke off", async () => {
    const chat = await startChatSandbox();
    const { completions } = chat.client().chat;
    const body = { model: "claude-opus-4-7", reasoning_effort: "medium" as const };
    const question = { role: "user" as const, content: "[[sandbox: text Hello.]] [[sandbox: cut clean at=end]]" };
    await expect(assistantTurn(completions, { ...body, messages: [question] }, true)).rejects.toThrow();
    const messages = [
      question,
      { role: "assistant" as const, content: "Hello." },
      { role: "user" as const, content: "x" },
    ];
    await completions.create({ ...body, messages });
    expect(sent(chat)[1]?.body.messages[1]?.content.map(({ type }) => type)).toEqual(["text"]);
  });
});
