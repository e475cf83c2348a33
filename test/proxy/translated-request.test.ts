import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { ask, chunk, lastChunk, startChatRaw, startChatSandbox, streamHead } from "../support/chat-proxy.ts";
import { blockStart, blockStop, frameOf, messageEnd, messageStart, textBlock } from "../support/hub-streams.ts";

type ErrorBody = { error: { message: string; type: string; param: string | null; code: string | null } };

const errorOf = async (response: Response): Promise<ErrorBody["error"]> => ((await response.json()) as ErrorBody).error;
const posts = (chat: { sandbox: { requests(): readonly { method: string; body: unknown }[] } }) =>
  chat.sandbox.requests().filter(({ method }) => method === "POST");
const nothing = (): void => undefined;

describe("a body that can't be read", () => {
  const deep = (levels: number): string =>
    `{"model":"claude-opus-4-7","messages":[{"role":"user","content":"x"}],"x":${"[".repeat(levels)}${"]".repeat(levels)}}`;

  it.each([
    ["513 levels deep", deep(513), /deeper than 512/],
    ["a million levels deep", deep(1_000_000), /deeper than 512/],
    ["unclosed", '{"model":"claude-opus-4-7","messages":[', /not valid JSON/],
    ["no UTF-8", Buffer.from('{"model":"claude-opus-4-7","messages":"\xff"}', "latin1"), /UTF-8/],
    ["an array", "[1]", /JSON object/],
    ["empty", "", /JSON object/],
  ])("%s is a 400 without a call upstream [F10 F12 F13]", async (_name, body, message) => {
    const chat = await startChatRaw(nothing);
    const response = await chat.post(body);
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ type: "invalid_request_error", code: "invalid_request_error" });
    expect(chat.upstream.requests).toEqual([]);
    expect(await chat.record()).toMatchObject({ lane: "translated", outcome: "proxy_error", status: 400 });
  });

  it("511 levels deep inside of the body is no matter of depth", async () => {
    const chat = await startChatSandbox();
    const response = await chat.post(deep(511));
    expect(response.status).toBe(200);
    expect(response.headers.get("x-zenthrex-warnings")).toBe("dropped:x");
  });
});

describe("a compressed body", () => {
  const plain = JSON.stringify(ask("[[sandbox: text read it]]"));

  it.each([
    ["gzip", gzipSync(plain)],
    ["x-gzip", gzipSync(plain)],
    ["deflate", deflateSync(plain)],
    ["deflate", deflateRawSync(plain)],
    ["br", brotliCompressSync(plain)],
    ["GZIP, identity", gzipSync(plain)],
  ])("in %s is read [F17]", async (encoding, body) => {
    const chat = await startChatSandbox();
    const response = await chat.post(body, { "content-encoding": encoding });
    const answer = (await response.json()) as OpenAI.ChatCompletion;
    expect(answer.choices[0]?.message.content).toBe("read it");
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    expect(request?.headers.some(([name]) => name.toLowerCase() === "content-encoding")).toBe(false);
  });

  it.each([
    ["zstd", gzipSync(plain), 415],
    ["gzip, gzip", gzipSync(gzipSync(plain)), 415],
    ["constructor", gzipSync(plain), 415],
    ["gzip", Buffer.from("not gzip"), 400],
    ["gzip", gzipSync(plain).subarray(0, 40), 400],
    ["br", Buffer.from("no brotli at all"), 400],
    ["gzip", gzipSync("[1]"), 400],
    ["gzip", gzipSync(Buffer.alloc(33 * 1024 * 1024, 0x20)), 413],
  ])("in %s that can't be read is refused (%#) [F17 T18]", async (encoding, body, status) => {
    const chat = await startChatRaw(nothing);
    const response = await chat.post(body, { "content-encoding": encoding });
    expect(response.status).toBe(status);
    expect((await errorOf(response)).type).toBe(status === 413 ? "request_too_large" : "invalid_request_error");
    expect(chat.upstream.requests).toEqual([]);
  });
});

describe("the model", () => {
  it.each([
    ["gpt-4o", "claude-opus-4-7"],
    ["gpt-4o-mini", "claude-haiku-4-5"],
    ["opus", "claude-opus-4-7"],
    ["anthropic/claude-haiku-4-5", "claude-haiku-4-5"],
    ["mine", "claude-haiku-4-5"],
  ])("%s is served by %s", async (name, id) => {
    const chat = await startChatSandbox({ aliases: () => ({ mine: "claude-haiku-4-5" }) });
    const answer = await chat.client().chat.completions.create({ ...ask("x"), model: name });
    expect(answer.model).toBe(id);
    expect(await chat.record()).toMatchObject({ modelAsked: name, modelServed: id });
  });

  it("that nobody knows is a 404 that a client doesn't retry", async () => {
    const chat = await startChatSandbox();
    const asked = chat.client({ maxRetries: 2 }).chat.completions.create({ ...ask("x"), model: "llama-3" });
    await expect(asked).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    await expect(asked).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    expect(posts(chat)).toEqual([]);
  });

  it("that is missing is a 400 that names it", async () => {
    const chat = await startChatSandbox();
    const response = await chat.post({ messages: [{ role: "user", content: "x" }] });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).param).toBe("model");
  });

  it("that only the live list has is asked for by its own name", async () => {
    const listed = JSON.stringify({ data: [{ id: "claude-opus-9" }] });
    const chat = await startChatRaw(async (connection) => {
      for (;;) {
        const { method } = await connection.readRequest();
        const body = method === "GET" ? listed : '{"type":"error","error":{"type":"api_error","message":"m"}}';
        await connection.write(
          `HTTP/1.1 ${method === "GET" ? 200 : 500} X\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      }
    });
    await chat.post({ ...ask("x"), model: "claude-opus-9" });
    const post = chat.upstream.requests.find(({ method }) => method === "POST");
    expect(JSON.parse(post?.body.toString() ?? "")).toMatchObject({ model: "claude-opus-9", max_tokens: 128_000 });
  });
});

describe("what can't be carried", () => {
  it("is said in a header, in the record, and once for each tool in the log", async () => {
    const chat = await startChatSandbox();
    const body = { ...ask("x"), seed: 7, logit_bias: { "1": 2 } };
    const first = await chat.post(body, { "user-agent": "OpenAI/JS 7.57.0" });
    expect(first.headers.get("x-zenthrex-warnings")).toBe("dropped:seed, dropped:logit_bias");
    await chat.post({ ...body, stream: true }, { "user-agent": "OpenAI/JS 7.57.0" });
    expect((await chat.record(2)).warnings.map(({ code }) => code)).toEqual(["dropped:seed", "dropped:logit_bias"]);
    expect(chat.logs.filter(({ level }) => level === "warn")).toHaveLength(2);
    await chat.post(body, { "user-agent": "opencode/1.0" });
    expect(chat.logs.filter(({ level }) => level === "warn")).toHaveLength(4);
  });

  it("stands beside what is said of the model", async () => {
    const chat = await startChatSandbox();
    const response = await chat.post({ ...ask("x"), model: "claude-opus-3", seed: 7 });
    expect(response.headers.get("x-zenthrex-warnings")).toBe("changed:model, dropped:seed");
  });

  it("is said on an error of the upstream too", async () => {
    const chat = await startChatSandbox();
    const response = await chat.post({ ...ask("[[sandbox: error 400]]"), seed: 7 });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-zenthrex-warnings")).toBe("dropped:seed");
  });

  it("is not said where nothing was lost", async () => {
    const chat = await startChatSandbox();
    const response = await chat.post({ ...ask("x"), prompt_cache_key: "k", user: "u-1", stream: true });
    expect(response.headers.get("x-zenthrex-warnings")).toBeNull();
    expect((await chat.record()).warnings).toEqual([]);
  });

  it("is a query too", async () => {
    const chat = await startChatSandbox();
    const client = chat.client();
    const { response } = await client.chat.completions
      .create(ask("x"), { query: { "api-version": "2024-10-21" } })
      .withResponse();
    expect(response.headers.get("x-zenthrex-warnings")).toBe("dropped:query");
    expect(chat.sandbox.requests().find(({ method }) => method === "POST")?.path).toBe("/v1/messages");
  });

  it("of an answer is said in the header of JSON, and only in the record and the log of a stream", async () => {
    const block = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} };
    const events = [
      messageStart(),
      blockStart(0, block),
      blockStop(0),
      ...textBlock(1, "found"),
      ...messageEnd("end_turn"),
    ];
    const [start, ...rest] = events.map(frameOf);
    const chat = await startChatRaw(async (connection) => {
      for (;;) {
        await connection.readRequest();
        await connection.write(streamHead());
        await connection.write(chunk(start ?? ""));
        await new Promise((resolve) => setTimeout(resolve, 20));
        await connection.write(Buffer.concat([chunk(rest.join("")), Buffer.from(lastChunk)]));
      }
    });
    const whole = await chat.post(ask("x"));
    expect(whole.headers.get("x-zenthrex-warnings")).toBe("dropped:block@content");
    const streamed = await chat.post({ ...ask("x"), stream: true });
    expect(streamed.headers.get("x-zenthrex-warnings")).toBeNull();
    expect(await streamed.text()).toContain("found");
    expect((await chat.record(2)).warnings.map(({ code }) => code)).toEqual(["dropped:block"]);
    expect(chat.logs.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("puts no line into the header, whatever a field is called", async () => {
    const chat = await startChatSandbox();
    const response = await chat.post({ ...ask("x"), "a\r\nset-cookie: b=c": 1 });
    expect(response.headers.get("x-zenthrex-warnings")).toBe("dropped:_no_name_");
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  it("is a 400 that names the field with --strict, and costs nothing", async () => {
    const chat = await startChatSandbox({ strict: true });
    const asked = chat.client().chat.completions.create({ ...ask("x"), seed: 7 });
    await expect(asked).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(asked).rejects.toMatchObject({ param: "seed" });
    const replaced = chat.client().chat.completions.create({ ...ask("x"), model: "claude-opus-3" });
    await expect(replaced).rejects.toMatchObject({ status: 400, param: "model" });
    expect(posts(chat)).toEqual([]);
    const answer = await chat.client().chat.completions.create(ask("x"));
    expect(answer.choices[0]?.finish_reason).toBe("stop");
  });

  it.each([
    [{ n: 2 }, "n"],
    [{ modalities: ["audio"] }, "modalities"],
    [
      { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: { data: "", format: "wav" } }] }] },
      /^messages\[0\]/,
    ],
    [{ messages: "x" }, "messages"],
    [{ max_tokens: 0 }, "max_tokens"],
  ])("is a 400 in any case where the answer would be another one: %j", async (more, param) => {
    const chat = await startChatSandbox();
    const response = await chat.post({ ...ask("x"), ...more });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).param).toMatch(param);
    expect(posts(chat)).toEqual([]);
  });
});

describe("the lane", () => {
  it.each(["/v1/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions"])(
    "serves %s",
    async (path) => {
      const chat = await startChatSandbox();
      const response = await fetch(chat.url + path, {
        method: "POST",
        headers: { authorization: "Bearer zxl_test_0000000000000000", "content-type": "application/json" },
        body: JSON.stringify(ask("x")),
      });
      expect(response.status).toBe(200);
      expect(((await response.json()) as OpenAI.ChatCompletion).object).toBe("chat.completion");
    },
  );

  it("forwards to the upstream's own mirror with chat: upstream", async () => {
    const answer = '{"id":"chatcmpl-1","object":"chat.completion"}';
    const chat = await startChatRaw(
      async (connection) => {
        await connection.readRequest();
        await connection.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
        );
      },
      { chat: "upstream" },
    );
    const body = JSON.stringify(ask("x"));
    expect(await (await chat.post(body)).text()).toBe(answer);
    expect(chat.upstream.requests[0]).toMatchObject({ path: "/v1/chat/completions" });
    expect(chat.upstream.requests[0]?.body.toString()).toBe(body);
    expect((await chat.record()).lane).toBe("raw");
  });

  it("lets a caller with a key of its own pay itself", async () => {
    const chat = await startChatSandbox();
    await chat.client({ apiKey: "zk_sandbox_mine000000001234" }).chat.completions.create(ask("x"));
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    const sent = request?.headers.filter(([name]) => ["x-api-key", "authorization"].includes(name.toLowerCase()));
    expect(sent).toEqual([["x-api-key", "zk_...1234"]]);
  });

  it("tells in the record what the sandbox billed", async () => {
    const chat = await startChatSandbox();
    await chat.client().chat.completions.create(ask("[[sandbox: length 4000]]"));
    const record = await chat.record();
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    expect(record.usage).toMatchObject({
      inputTokens: request?.usage?.input_tokens,
      outputTokens: request?.usage?.output_tokens,
    });
    expect(record.costUsd).toBeCloseTo(request?.cost_usd ?? 0, 6);
  });
});
