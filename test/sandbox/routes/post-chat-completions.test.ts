import { describe, expect, it } from "vitest";
import { addedUp, askChat, type ChatClient, openChat, shellTool } from "../support/chat-client.ts";
import { ask, type Parsed } from "../support/sandbox-client.ts";

const text = (body: Parsed): string => body.choices[0].message.content;
const cachedPart = (mode: string): object => ({
  role: "user",
  content: [{ type: "text", text: "long ".repeat(4_000), prompt_cache_breakpoint: { mode } }],
});

describe("the Chat Completions mirror", () => {
  it("answers in OpenAI's form, with all of its required keys", async () => {
    const { chat } = await openChat();
    const { status, headers, body } = await chat(askChat("hello"));
    expect([status, headers["x-request-id"], headers["request-id"]]).toEqual([
      200,
      "req_sandbox0000000000000001",
      undefined,
    ]);
    expect(headers).toMatchObject({ "x-ratelimit-limit-requests": "200", "x-ratelimit-remaining-requests": "199" });
    expect(body).toMatchObject({
      ...{ id: "chatcmpl-sandbox0000000000000001", object: "chat.completion", model: "claude-opus-4-7" },
      choices: [{ index: 0, finish_reason: "stop", logprobs: null, message: { role: "assistant", refusal: null } }],
    });
    expect(body.created).toBe(Date.UTC(2026, 10, 22, 12) / 1_000);
    expect(text(body)).toBe('This is the zenthrex sandbox: no model is behind it. You said: "hello"');
  });

  it("streams the same answer, ended by [DONE]", async () => {
    const { chat, chatStream } = await openChat();
    const whole = await chat(askChat("hello"));
    const { chunks, done, headers, comments } = await chatStream(askChat("hello"));
    expect([headers["content-type"], done, comments]).toEqual(["text/event-stream; charset=utf-8", true, []]);
    expect(addedUp(chunks)).toMatchObject({ content: text(whole.body), finish: "stop" });
    expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content: "" });
    expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1);
    expect(chunks.filter((chunk) => "usage" in chunk)).toEqual([]);
  });

  it("puts the usage before [DONE] where it is asked for, and null before that", async () => {
    const { chat, chatStream } = await openChat();
    const whole = await chat(askChat("hello"));
    const { chunks, done } = await chatStream(askChat("hello", { stream_options: { include_usage: true } }));
    expect(done).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.body.usage });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1)).toBe(true);
    const without = await chatStream(askChat("hello", { stream_options: { include_usage: false } }));
    expect(without.chunks.some((chunk) => "usage" in chunk)).toBe(false);
  });

  it.each([
    ["gpt-4o", "claude-opus-4-7"],
    ["gpt-4", "claude-opus-4-7"],
    ["gpt-4o-mini", "claude-haiku-4-5"],
    ["gpt-3.5-turbo", "claude-haiku-4-5"],
    ["claude-opus-4-7-1m", "claude-opus-4-7-1m"],
    ["claude-opus-4-6", "claude-opus-4-6"],
  ])("serves %s by %s", async (model, served) => {
    const client = await openChat();
    expect((await client.chat(askChat("a", { model }))).body.model).toBe(served);
    expect((await client.chatStream(askChat("a", { model }))).chunks[0].model).toBe(served);
    expect(Object.keys((await client.whoami()).per_model)).toEqual([served]);
    expect(client.sandbox.requests()[0]?.model).toBe(served);
  });

  it.each(["gpt-5", "GPT-4o", "claude-sonnet-4-6", "claude-opus-4-7-20260101", "opus", "constructor", ""])(
    "knows no model %j",
    async (model) => {
      const { chat } = await openChat();
      const { status, body } = await chat(askChat("a", { model }));
      expect(status).toBe(404);
      expect(body.error).toMatchObject({ type: "not_found", code: "model_not_found", param: "model" });
    },
  );

  it("takes the key from a bearer and from x-api-key, and needs no version", async () => {
    const { chat, raw } = await openChat();
    expect((await chat(askChat("a"))).status).toBe(200);
    expect((await chat(askChat("a"), { authorization: "", "x-api-key": "zk_sandbox_test" })).status).toBe(200);
    const query = await raw("POST", "/v1/chat/completions?a=b", { "x-api-key": "zk_sandbox_a" }, "{}");
    expect(JSON.parse(query.text).error.message).toBe("content-type: application/json is required");
  });

  it("calls a tool, streamed and whole, and quotes its result", async () => {
    const { chat, chatStream } = await openChat();
    const question = askChat("run echo hi", { tools: [shellTool] });
    const { chunks } = await chatStream(question);
    expect(addedUp(chunks)).toMatchObject({
      finish: "tool_calls",
      calls: [{ id: "toolu_sandbox0000000000000001", name: "Bash", arguments: '{"command":"echo hi"}' }],
    });
    const { body } = await chat(question);
    const [choice] = body.choices;
    expect([choice.finish_reason, choice.message.tool_calls[0].function]).toEqual([
      "tool_calls",
      { name: "Bash", arguments: '{"command":"echo hi"}' },
    ]);
    const result = { role: "tool", tool_call_id: choice.message.tool_calls[0].id, content: "hi" };
    const messages = [...question.messages, choice.message, result];
    expect(text((await chat({ ...question, messages })).body)).toBe("The tool said: hi");
  });

  it.each([
    ["required", "required", "Bash"],
    ["a named tool", { type: "function", function: { name: "other" } }, "other"],
  ])("obeys tool_choice %s", async (_, choice, name) => {
    const { chat } = await openChat();
    const other = { type: "function", function: { name: "other", parameters: { type: "object", properties: {} } } };
    const { body } = await chat(askChat("x", { tools: [shellTool, other], tool_choice: choice }));
    expect(body.choices[0].message.tool_calls.map((call: Parsed) => call.function.name)).toEqual([name]);
    if (name === "other") expect(body.choices[0].message.tool_calls[0].function.arguments).toBe("{}");
  });

  it("answers with JSON where a format asks for it", async () => {
    const { chat, chatStream } = await openChat();
    const schema = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
    const closed = { ...schema, additionalProperties: false };
    const formats = [
      { type: "json_schema", json_schema: { name: "n", strict: true, schema: closed } },
      { type: "json_schema", json_schema: { name: "n", schema: { type: "object", additionalProperties: true } } },
      { type: "json_object" },
    ];
    for (const format of formats) {
      const { body } = await chat(askChat("x", { response_format: format }));
      expect(typeof JSON.parse(text(body))).toBe("object");
      expect(body.choices[0].finish_reason).toBe("stop");
      const { chunks } = await chatStream(askChat("x", { response_format: format }));
      expect(addedUp(chunks).content).toBe(text(body));
    }
    expect(text((await chat(askChat("x", { response_format: { type: "text" } }))).body)).toContain("You said");
  });

  it("shows its thinking where effort is asked for, and takes it back unchanged only", async () => {
    const { chat, chatStream } = await openChat();
    const question = askChat("run echo hi", { tools: [shellTool], reasoning_effort: "high" });
    const first = await chat(question);
    const { message } = first.body.choices[0];
    expect(message.reasoning_content).toContain("Step 1");
    expect(addedUp((await chatStream(question)).chunks).reasoning).toBe(message.reasoning_content);
    const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "hi" };
    const next = (answer: object): object => ({ ...question, messages: [...question.messages, answer, result] });
    expect((await chat(next(message))).status).toBe(200);
    const [detail] = message.reasoning_details;
    const changed = { ...message, reasoning_details: [{ ...detail, text: "Another thought." }] };
    const refused = await chat(next(changed));
    expect([refused.status, refused.body.error.message]).toEqual([400, expect.stringContaining("signature")]);
  });

  it.each([
    ["max_tokens", { max_tokens: 5 }, "length"],
    ["max_completion_tokens", { max_completion_tokens: 5 }, "length"],
    ["stop", { stop: ["zenthrex"] }, "stop"],
    ["a refusal", { messages: [{ role: "user", content: "[[sandbox: stop refusal]]" }] }, "content_filter"],
  ])("ends by %s as it should", async (_, more, reason) => {
    const { chat, chatStream } = await openChat();
    const { body } = await chat({ ...askChat("hello"), ...more });
    expect(body.choices[0].finish_reason).toBe(reason);
    expect(addedUp((await chatStream({ ...askChat("hello"), ...more })).chunks).finish).toBe(reason);
  });

  it("tells a call that max_tokens cut in the same words, streamed and whole", async () => {
    const { chat, chatStream } = await openChat();
    const question = askChat("run echo one two three four five six", { tools: [shellTool], max_tokens: 22 });
    const { body } = await chat(question);
    const { calls, finish } = addedUp((await chatStream(question)).chunks);
    expect([finish, body.choices[0].finish_reason]).toEqual(["length", "length"]);
    expect(calls[0].arguments).toBe(body.choices[0].message.tool_calls[0].function.arguments);
    expect(() => JSON.parse(calls[0].arguments)).toThrow();
  });
});

describe("what the mirror shares with the Messages route", () => {
  it("is the wallet, to the cent", async () => {
    const messages = await openChat();
    await messages.post(ask("hello", { max_tokens: 128_000 }));
    const mirror = await openChat();
    const { body } = await mirror.chat(askChat("hello"));
    expect(await mirror.whoami()).toEqual(await messages.whoami());
    const [entry] = mirror.sandbox.requests();
    expect(body.usage).toMatchObject({
      prompt_tokens: entry?.usage?.input_tokens,
      completion_tokens: entry?.usage?.output_tokens,
    });
    await mirror.post(ask("hello"));
    await mirror.chatStream(askChat("hello"));
    const costs = mirror.sandbox.requests().filter(({ method }) => method === "POST");
    expect(new Set(costs.map((one) => one.cost_usd)).size).toBe(1);
    expect((await mirror.whoami()).total_spent_usd).toBeCloseTo(3 * (costs[0]?.cost_usd ?? 0), 9);
  });

  it("is the limits: requests over both routes count together", async () => {
    const client = await openChat();
    const key = "zk_sandbox_tiny";
    expect((await client.post(ask("a"), { "x-api-key": key })).status).toBe(200);
    expect((await client.chat(askChat("a"), { authorization: `Bearer ${key}` })).status).toBe(200);
    const refused = await client.chat(askChat("a"), { authorization: `Bearer ${key}` });
    expect([refused.status, refused.headers["retry-after"], refused.headers["x-ratelimit-remaining-requests"]]).toEqual(
      [...[429, "60", "0"]],
    );
    expect(refused.body.error).toMatchObject({ type: "rate_limit_exceeded", code: "rate_limit_exceeded", param: null });
    client.clock.advance(60_000);
    expect((await client.chat(askChat("a"), { authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it("is the cache, but only behind the breakpoints that the client sets", async () => {
    const { chat } = await openChat();
    const usage = async (messages: object[]): Promise<Parsed> =>
      (await chat({ model: "gpt-4o", messages })).body.usage.prompt_tokens_details;
    const long = { role: "user", content: "long ".repeat(4_000) };
    for (let time = 0; time < 2; time++)
      expect(await usage([long])).toMatchObject({ cached_tokens: 0, cache_write_tokens: 0 });
    const written = (await usage([cachedPart("explicit")])).cache_write_tokens;
    expect(written).toBeGreaterThan(2_048);
    expect(await usage([cachedPart("explicit")])).toMatchObject({ cached_tokens: written, cache_write_tokens: 0 });
  });

  it("is the request log, with the body as it came", async () => {
    const client = await openChat();
    await client.chat(askChat("hello"), { "x-custom": "kept" });
    await client.chat(askChat("hello", { nonsense: 1 }));
    const [good, bad] = client.sandbox.requests();
    expect(good).toMatchObject({
      ...{ method: "POST", path: "/v1/chat/completions", status: 200, aborted: false, model: "claude-opus-4-7" },
      body: askChat("hello"),
    });
    expect(Object.fromEntries(good?.headers ?? [])).toMatchObject({
      "x-custom": "kept",
      authorization: "Bearer zk_...test",
    });
    expect(bad).toMatchObject({ status: 400, usage: null, cost_usd: 0, model: null });
  });

  it("is the steering, in the prompt, in the header and from the same ids", async () => {
    const client = await openChat();
    expect(text((await client.chat(askChat("[[sandbox: text One.]]"))).body)).toBe("One.");
    expect(text((await client.chat(askChat("x"), { "x-sandbox-reply": "text Two." })).body)).toBe("Two.");
    const wrong = await client.chat(askChat("[[sandbox: nonsense]]"));
    expect([wrong.status, wrong.body.error.type]).toEqual([400, "invalid_request_error"]);
    const { chunks } = await client.chatStream(askChat("[[sandbox: deltas 37]]"));
    expect(chunks.filter(({ choices }) => (choices[0].delta.content ?? "") !== "")).toHaveLength(37);
    expect((await client.post(ask("a"))).body.id).toBe("msg_sandbox0000000000000004");
  });
});

describe("the order in which the mirror refuses a request", () => {
  const type = { "content-type": "application/json" };
  const key = { authorization: "Bearer zk_sandbox_test" };

  it("key, wallet, size, content type, JSON, validation, model, translation, rules", async () => {
    const { raw } = await openChat();
    const large = Buffer.alloc(32 * 1024 * 1024 + 1, 0x20);
    const deep = `{"a":${"[".repeat(600)}${"]".repeat(600)}}`;
    const both = JSON.stringify({ model: "gpt-5", messages: [], foo: 1 });
    const image = { type: "image_url", image_url: { url: "data:image/tiff;base64,AAAA" } };
    const refusals: [Record<string, string>, string | Buffer, number, string, string][] = [
      [{}, large, 401, "authentication_error", "Missing or invalid bearer"],
      [{ authorization: "Bearer zk_sandbox_revoked" }, "", 401, "authentication_error", "revoked"],
      [{ authorization: "Bearer sk-someone-elses" }, "", 401, "authentication_error", "no key of the sandbox"],
      [{ authorization: "Bearer zk_sandbox_empty" }, large, 402, "insufficient_credits", "Wallet balance hit zero"],
      [key, large, 413, "request_too_large", "32 MB"],
      [{ ...key, "content-type": "text/plain" }, "{}", 400, "invalid_request_error", "content-type"],
      [{ ...key, ...type }, "{", 400, "invalid_request_error", "not valid JSON"],
      [{ ...key, ...type }, deep, 400, "invalid_request_error", "nested deeper than 512 levels"],
      [{ ...key, ...type }, "[]", 400, "invalid_request_error", "valid dictionary"],
      [{ ...key, ...type }, both, 400, "invalid_request_error", "messages: List should have at least 1 item"],
      [{ ...key, ...type }, JSON.stringify(askChat("a", { model: "gpt-5", n: 2 })), 404, "not_found", "model: gpt-5"],
      [
        { ...key, ...type },
        JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: [image] }] }),
        ...([400, "invalid_request_error", "image"] as const),
      ],
    ];
    for (const [headers, body, status, kind, says] of refusals) {
      const answer = await raw("POST", "/v1/chat/completions", headers, body);
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)]);
      const { error } = JSON.parse(answer.text);
      expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
      expect(error.type).toBe(kind);
    }
  });

  const user = { role: "user", content: "q" };
  const call = { id: "call_1", type: "function", function: { name: "Bash", arguments: "{}" } };
  const called = { role: "assistant", content: null, tool_calls: [call] };
  const result = { role: "tool", tool_call_id: "call_1", content: "r" };

  it.each<[string, object, string | null]>([
    ["no messages", { messages: undefined }, "messages"],
    ["an unknown field", { foo: 1 }, "foo"],
    ["an Anthropic field", { system: "x" }, "system"],
    ["a Responses body", { messages: undefined, input: "x" }, "messages"],
    ["a temperature above 2", { temperature: 2.1 }, "temperature"],
    ["a negative temperature", { temperature: -0.1 }, "temperature"],
    ["a text for a temperature", { temperature: "1" }, "temperature"],
    ["no tokens", { max_tokens: 0 }, "max_tokens"],
    ["a fraction of tokens", { max_tokens: 1.5 }, "max_tokens"],
    ["two answers", { n: 2 }, "n"],
    ["audio", { modalities: ["text", "audio"], audio: { voice: "alloy", format: "mp3" } }, "modalities"],
    ["five stop texts", { stop: ["a", "b", "c", "d", "e"] }, "stop"],
    ["a text for stream", { stream: "yes" }, "stream"],
    ["an unknown stream option", { stream_options: { usage: true } }, "stream_options.usage"],
    ["an unknown role", { messages: [{ role: "bot", content: "x" }] }, "messages[0].role"],
    ["a message without content", { messages: [{ role: "user" }] }, "messages[0].content"],
    [
      "a part of Anthropic's",
      { messages: [{ role: "user", content: [{ type: "document", source: {} }] }] },
      "messages[0].content[0]",
    ],
    [
      "a part without its text",
      { messages: [{ role: "user", content: [{ type: "text" }] }] },
      "messages[0].content[0].text",
    ],
    ["a tool of Anthropic's", { tools: [{ name: "x", input_schema: { type: "object" } }] }, "tools[0].type"],
    ["a tool without a name", { tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    ["an unknown tool choice", { tools: [shellTool], tool_choice: "any" }, "tool_choice"],
    ["a format of another type", { response_format: { type: "xml" } }, "response_format"],
    [
      "a schema without a name",
      { response_format: { type: "json_schema", json_schema: {} } },
      "response_format.json_schema.name",
    ],
    ["an effort that there is none of", { reasoning_effort: "huge" }, "reasoning_effort"],
    ["a result without its call", { messages: [user, result] }, "messages[1].role"],
    ["a call without its result", { messages: [user, called, user], tools: [shellTool] }, "messages[1].tool_calls[0]"],
    ["two results of one call", { messages: [user, called, result, result], tools: [shellTool] }, "messages[3]"],
    [
      "a result that comes too late",
      {
        messages: [user, called, result, user, called, user, { role: "assistant", content: "a" }, result],
        tools: [shellTool],
      },
      "messages[7]",
    ],
  ])("names the field: %s", async (_, more, param) => {
    const { chat, whoami } = await openChat();
    const { status, body } = await chat({ ...askChat("a"), ...more });
    expect(status, JSON.stringify(body)).toBe(400);
    expect(body.error).toMatchObject({ type: "invalid_request_error", param });
    expect((await whoami()).total_spent_usd).toBe(0);
  });

  it.each<[string, object]>([
    ["every temperature from 0 to 2", { temperature: 1.7 }],
    ["what OpenAI has and Claude hasn't", { seed: 1, logprobs: true, frequency_penalty: 1, store: false, user: "u" }],
    ["nulls for what may be null", { temperature: null, stop: null, stream: null, max_tokens: null, seed: null }],
    ["a developer's message", { messages: [{ role: "developer", content: "d" }, user] }],
    ["a named user", { messages: [{ ...user, name: "n" }] }],
    ["legacy functions", { functions: [{ name: "f" }], function_call: "auto" }],
    ["a custom tool", { tools: [{ type: "custom", custom: { name: "c" } }] }],
    [
      "allowed tools",
      {
        tools: [shellTool],
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "Bash" } }] },
        },
      },
    ],
    [
      "its own annotations and reasoning",
      {
        messages: [
          user,
          { role: "assistant", content: "a", annotations: [], refusal: null, reasoning_content: "r" },
          user,
        ],
      },
    ],
  ])("takes %s", async (_, more) => {
    const { chat } = await openChat();
    const { status, body } = await chat({ ...askChat("a"), ...more });
    expect(status, JSON.stringify(body)).toBe(200);
  });
});

describe("determinism of the mirror", () => {
  it("gives the same bytes for the same requests in the same order", async () => {
    const run = async (client: ChatClient): Promise<string[]> => {
      const seen: string[] = [];
      const bodies = [
        askChat("hello"),
        askChat("run echo hi", { tools: [shellTool], stream: true, stream_options: { include_usage: true } }),
        askChat("x", { reasoning_effort: "high", stream: true }),
        askChat("x", { temperature: 3 }),
        { model: "gpt-4o", messages: [cachedPart("explicit")] },
        askChat("[[sandbox: cut at=2]]", { stream: true }),
        askChat("[[sandbox: error-event 502 at=2]]", { stream: true }),
      ];
      const headers = { authorization: "Bearer zk_sandbox_d", "content-type": "application/json" };
      for (const body of bodies) {
        const answer = await client.raw("POST", "/v1/chat/completions", headers, JSON.stringify(body));
        seen.push(JSON.stringify([answer.status, answer.headers, answer.text]));
        client.clock.advance(1_500);
      }
      seen.push((await client.raw("GET", "/v1/whoami", headers)).text);
      return seen;
    };
    const first = await run(await openChat());
    expect(await run(await openChat())).toEqual(first);
  });
});
