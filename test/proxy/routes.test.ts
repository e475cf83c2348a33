import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { ask, jsonOf, smallBody, toolHeaders } from "./support/client.ts";
import { sendStream, shortFrames } from "./support/sse.ts";
import { localToken, posts, startPair } from "./support/test-proxy.ts";

const answering = jsonAnswer({ ok: true });

describe("mis-shaped base URLs [F23]", () => {
  it.each([
    ["/v1/messages", "/v1/messages", undefined],
    ["/v1/messages?beta=true", "/v1/messages?beta=true", undefined],
    ["/messages", "/v1/messages", "/v1"],
    ["/v1/v1/messages?beta=true", "/v1/messages?beta=true", ""],
    ["/v1/messages/v1/messages", "/v1/messages", ""],
    ["//v1/messages", "/v1/messages", ""],
    ["/v1/chat/completions/v1/messages", "/v1/messages", ""],
    ["/v1/messages/", "/v1/messages", ""],
    ["/v1/chat/completions", "/v1/chat/completions", undefined],
    ["/chat/completions", "/v1/chat/completions", "/v1"],
    ["/v1/chat/completions/chat/completions", "/v1/chat/completions", "/v1"],
    ["/v1/v1/chat/completions/?x=1", "/v1/chat/completions?x=1", ""],
  ])("%s is sent to %s, and told", async (path, sentTo, base) => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    for (let time = 0; time < 2; time++) {
      const answer = await ask(proxy.port, { path });
      expect(answer.status).toBe(200);
      expect(answer.headers["x-zenthrex-repaired-path"]).toBe(base === undefined ? undefined : sentTo.split("?")[0]);
    }
    expect(posts(upstream).map((request) => request.path)).toEqual([sentTo, sentTo]);
    const told = proxy.logs.filter((event) => event.level === "warn");
    expect(told).toHaveLength(base === undefined ? 0 : 1);
    if (base !== undefined) expect(told[0]!.message).toMatch(new RegExp(`should be ${proxy.url}${base}; where`));
  });

  it("serve both official SDKs, whatever base they were given", async () => {
    const { proxy } = await startPair((request, connection) =>
      request.body.includes('"stream":true')
        ? sendStream(connection, [Buffer.from(shortFrames.join(""))])
        : connection.write(
            jsonAnswer({ id: "msg", type: "message", role: "assistant", content: [{ type: "text", text: "hi" }] }),
          ),
    );
    const question = { model: "claude-opus-4-7", max_tokens: 5, messages: [{ role: "user" as const, content: "x" }] };
    for (const base of ["", "/", "/v1", "/v1/", "/v1/messages", "/v1/chat/completions"]) {
      const client = new Anthropic({ baseURL: proxy.url + base, apiKey: localToken, maxRetries: 0 });
      expect((await client.messages.create(question)).id).toBe("msg");
      expect((await client.messages.stream(question).finalMessage()).stop_reason).toBe("end_turn");
    }
    for (const base of ["/v1", "/v1/", "", "/v1/chat/completions", "/v1/messages"]) {
      const client = new OpenAI({ baseURL: proxy.url + base, apiKey: localToken, maxRetries: 0 });
      expect((await client.chat.completions.create(question)).id).toBe("msg");
    }
  });
});

describe("what is not there [F23]", () => {
  it.each([
    ["/v1/embeddings", "openai", "embeddings"],
    ["/embeddings", "openai", "embeddings"],
    ["/v1/completions", "openai", "legacy completions"],
    ["/v1/messages/batches", "anthropic", "message batches"],
    ["/v1/files", "openai", "files"],
    ["/v1/responses/compact", "openai", "compaction of conversations"],
    ["/v1/responses/resp_1/output", "openai", "such a part of a response"],
  ])("%s is a 404 that says so, and is not retried", async (path, format, what) => {
    const { upstream, proxy } = await startPair(() => undefined);
    const answer = await ask(proxy.port, { path });
    expect(answer.status).toBe(404);
    expect(answer.headers["x-should-retry"]).toBe("false");
    const json = jsonOf(answer);
    expect(json.error["message"]).toContain(`the hosted API has no ${what}`);
    expect(json["type"]).toBe(format === "anthropic" ? "error" : undefined);
    expect(upstream.requests).toHaveLength(0);
    expect(proxy.ended).toEqual([]);
  });

  it.each([
    ["/v1/message", { "anthropic-version": "2023-06-01" }, "anthropic", ""],
    ["/v1/chat/completion", { authorization: "Bearer x" }, "openai", "/v1"],
    ["/nothing", { authorization: "Bearer x" }, "openai", "/v1"],
    ["/nothing", { "x-api-key": "x" }, "anthropic", ""],
    ["/v1", {}, "anthropic", ""],
    ["/favicon.ico", {}, "anthropic", ""],
  ])("%s is a 421 that names the right base URL", async (path, headers, format, base) => {
    const { upstream, proxy } = await startPair(() => undefined);
    for (const method of ["GET", "POST"]) {
      const answer = await ask(proxy.port, { method, path, headers });
      expect(answer.status).toBe(421);
      expect(answer.headers["x-should-retry"]).toBe("false");
      const json = jsonOf(answer);
      expect(json["type"]).toBe(format === "anthropic" ? "error" : undefined);
      expect(json.error["message"]).toContain(proxy.url + base);
    }
    expect(upstream.requests).toHaveLength(0);
  });

  it("GET / is a 421, HEAD / is not", async () => {
    const { proxy } = await startPair(() => undefined);
    expect((await ask(proxy.port, { method: "GET", path: "/", headers: {} })).status).toBe(421);
  });

  it.each([
    ["GET", "/v1/messages", "POST"],
    ["PUT", "/v1/messages", "POST"],
    ["DELETE", "/v1/chat/completions", "POST"],
    ["GET", "/v1/messages/count_tokens", "POST"],
    ["POST", "/v1/models", "GET, HEAD"],
    ["POST", "/v1/whoami", "GET, HEAD"],
    ["POST", "/healthz", "HEAD, GET"],
    ["POST", "/api/hello", "HEAD, GET"],
  ])("%s %s is a 405 that says what is allowed", async (method, path, allow) => {
    const { upstream, proxy } = await startPair(() => undefined);
    const answer = await ask(proxy.port, { method, path, headers: toolHeaders });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(upstream.requests).toHaveLength(0);
  });

  it("shows of a path only what is harmless", async () => {
    const { proxy } = await startPair(() => undefined);
    const answer = await ask(proxy.port, {
      method: "GET",
      path: `/zk_live_0123456789abcdef/%1b${"x".repeat(500)}?key=secret`,
      headers: {},
    });
    expect(answer.status).toBe(421);
    expect(answer.text).not.toMatch(/zk_live_0123456789|secret/);
    expect(answer.text.length).toBeLessThan(600);
  });
});

describe("the daemon's own routes", () => {
  it.each([
    ["HEAD", "/api/hello"],
    ["GET", "/api/hello"],
    ["HEAD", "/"],
    ["GET", "/healthz"],
    ["HEAD", "/healthz"],
  ])("%s %s is an empty 200 for anybody, with no fact in it", async (method, path) => {
    const { upstream, proxy } = await startPair(() => undefined);
    for (const headers of [{}, { "x-api-key": "wrong" }, { authorization: "Bearer sk-other" }]) {
      const answer = await ask(proxy.port, { method, path, headers });
      expect(answer.status).toBe(200);
      expect(answer.body).toHaveLength(0);
      expect(Object.keys(answer.headers).sort()).toEqual(["connection", "content-length", "date"]);
    }
    expect(upstream.requests).toHaveLength(0);
  });

  it("GET /healthz proves by an HMAC that it knows the token, and tells more only to who has it", async () => {
    const { createHmac } = await import("node:crypto");
    const { upstream, proxy } = await startPair(() => undefined);
    const nonce = "0123456789abcdef-_AZ";
    const proof = createHmac("sha256", localToken).update(`${nonce}:${proxy.port}`).digest("hex");
    const open = await ask(proxy.port, { method: "GET", path: `/healthz?nonce=${nonce}`, headers: {} });
    expect(JSON.parse(open.text)).toEqual({ proof });
    const known = await ask(proxy.port, {
      method: "GET",
      path: `/healthz?nonce=${nonce}`,
      headers: { "x-api-key": localToken },
    });
    expect(JSON.parse(known.text)).toEqual({
      proof,
      version: "9.9.9",
      port: proxy.port,
      upstream: upstream.url,
      pid: process.pid,
      uptimeMs: expect.any(Number),
    });
    const own = await ask(proxy.port, {
      method: "GET",
      path: "/healthz",
      headers: { "x-api-key": "zk_own_0123456789" },
    });
    expect(own.body).toHaveLength(0);
  });

  it.each([
    "short",
    "0123456789abcde",
    `${"a".repeat(129)}`,
    "0123456789abcde%00",
    "0123456789abcdef%0a",
    "0123456789abcdeü",
  ])("proves nothing over the nonce %s", async (nonce) => {
    const { proxy } = await startPair(() => undefined);
    const answer = await ask(proxy.port, { method: "GET", path: `/healthz?nonce=${encodeURI(nonce)}`, headers: {} });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("proof");
  });
});

describe("names of models", () => {
  const live = jsonAnswer({ data: [{ id: "claude-opus-4-7" }, { id: "claude-sonnet-4-6", display_name: "S" }] });
  const withModel = (name: string): string => smallBody.replace("claude-opus-4-7", name);

  it.each([
    ["gpt-4o", "claude-opus-4-7"],
    ["gpt-3.5-turbo", "claude-haiku-4-5"],
    ["opus", "claude-opus-4-7"],
    ["haiku", "claude-haiku-4-5"],
    ["claude-opus-4-7[1m]", "claude-opus-4-7-1m"],
    ["claude-haiku-4-5-20251001", "claude-haiku-4-5"],
    ["CLAUDE-OPUS-4-6", "claude-opus-4-6"],
    ["claude-opus-5-5", "claude-opus-4-7"],
    ["my-model", "claude-haiku-4-5"],
  ])("%s is sent as %s, and no other byte changes", async (name, served) => {
    const { upstream, proxy } = await startPair(
      (request, connection) => connection.write(request.method === "GET" ? live : answering),
      { aliases: () => ({ "my-model": "claude-haiku-4-5" }) },
    );
    const body = `\n{ "messages" : [{"role":"user","content":"\\"model\\":\\"${name}\\""}], "metadata":{"model":"${name}"},\t"model" : "${name}" ,"max_tokens":1}\n`;
    expect((await ask(proxy.port, { body })).status).toBe(200);
    expect((await ask(proxy.port, { body: withModel(name) })).status).toBe(200);
    const [first, second] = posts(upstream);
    expect(first!.body.toString()).toBe(body.replace(`"model" : "${name}"`, `"model" : "${served}"`));
    expect(second!.body.toString()).toBe(withModel(served));
    await proxy.untilEnded(2);
    expect(proxy.ended[0]).toMatchObject({ modelAsked: name, modelServed: served });
    expect(proxy.started[0]).toMatchObject({ modelAsked: name });
  });

  it("a name that is replaced for lack of the model is warned of once, and in the record and a header each time", async () => {
    const { upstream, proxy } = await startPair((request, connection) =>
      connection.write(request.method === "GET" ? live : answering),
    );
    for (let time = 0; time < 3; time++) {
      const answer = await ask(proxy.port, { body: withModel("claude-opus-5-5") });
      expect(answer.headers["x-zenthrex-warnings"]).toBeDefined();
    }
    expect(proxy.logs.filter((event) => event.message.includes("claude-opus-5-5"))).toHaveLength(1);
    await proxy.untilEnded(3);
    expect(proxy.ended.every((record) => record.warnings[0]?.path === "model")).toBe(true);
    expect(upstream.requests.filter((request) => request.method === "GET")).toHaveLength(1);
  });

  describe("a system message among the messages, as Claude Code sends it to newer models,", () => {
    const turns = '[{"role":"user","content":"a"},{"content":"b", "role" : "system"}]';
    const body = (model: string, messages = turns): string =>
      `{"model":"${model}","max_tokens":1,"system":"s","messages":${messages}}`;

    it.each([
      ["claude-opus-5-5", "claude-opus-4-7"],
      ["mine", "claude-haiku-4-5"],
    ])("for %s, for which %s stands in, is refused with what helps, and nothing is sent", async (asked, served) => {
      const { upstream, proxy } = await startPair(
        (request, connection) => connection.write(request.method === "GET" ? live : answering),
        { aliases: () => ({ mine: "claude-haiku-4-5" }) },
      );
      const answer = await ask(proxy.port, { body: body(asked) });
      expect([answer.status, answer.headers["x-should-retry"]]).toEqual([400, "false"]);
      const { error } = jsonOf(answer) as { error: { type: string; message: string } };
      expect(error.type).toBe("invalid_request_error");
      for (const part of [asked, `ANTHROPIC_MODEL=${served}`, "zenthrex setup claude-code"])
        expect(error.message).toContain(part);
      expect(posts(upstream)).toHaveLength(0);
      await proxy.untilEnded(1);
      expect(proxy.ended[0]).toMatchObject({ errorCode: "ZX_MODEL_STAND_IN", outcome: "proxy_error" });
    });

    it.each([
      ["for a model that is there", body("claude-opus-4-7")],
      ["that is only spoken of", body("claude-opus-5-5", '[{"role":"user","content":"{\\"role\\":\\"system\\"}"}]')],
      [
        "that is in a tool's input",
        body("claude-opus-5-5", '[{"role":"assistant","content":[{"type":"tool_use","input":{"role":"system"}}]}]'),
      ],
      ["in a body that is no JSON", `${body("claude-opus-5-5").slice(0, -2)}`],
      [
        "below too many brackets",
        body("claude-opus-5-5", `${turns.slice(0, -1)},${"[".repeat(600)}${"]".repeat(600)}]`),
      ],
    ])("%s is the upstream's to judge", async (_what, sent) => {
      const { upstream, proxy } = await startPair((request, connection) =>
        connection.write(request.method === "GET" ? live : answering),
      );
      expect((await ask(proxy.port, { body: sent })).status).toBe(200);
      expect(posts(upstream)[0]!.body.toString()).toBe(sent.replace("claude-opus-5-5", "claude-opus-4-7"));
    });
  });

  it("a model of the live list alone is sent as it is; a documented one asks for no list", async () => {
    const { upstream, proxy } = await startPair((request, connection) =>
      connection.write(request.method === "GET" ? live : answering),
    );
    await ask(proxy.port, { body: withModel("claude-opus-4-7-1m") });
    expect(upstream.requests.map((request) => request.method)).toEqual(["POST"]);
    await ask(proxy.port, { body: withModel("claude-sonnet-4-6") });
    expect(posts(upstream)[1]!.body.toString()).toBe(withModel("claude-sonnet-4-6"));
    expect(upstream.requests[1]!.head).not.toMatch(/x-api-key|authorization|zk_/i);
  });

  it("an unknown name is a 404 in the caller's format, with the list and the command", async () => {
    const { upstream, proxy } = await startPair((request, connection) =>
      connection.write(request.method === "GET" ? live : answering),
    );
    for (const [path, isAnthropic] of [
      ["/v1/messages", true],
      ["/v1/chat/completions", false],
    ] as const) {
      const answer = await ask(proxy.port, { path, body: withModel("gpt-4o-mni") });
      expect(answer.status).toBe(404);
      expect(answer.headers["x-should-retry"]).toBe("false");
      const { error } = jsonOf(answer);
      expect(error["type"]).toBe(isAnthropic ? "not_found_error" : "not_found");
      expect(error["message"]).toMatch(
        /did you mean gpt-4o-mini.*claude-opus-4-7-1m.*claude-sonnet-4-6.*aliases\.gpt-4o-mni/,
      );
    }
    expect(posts(upstream)).toHaveLength(0);
    await proxy.untilEnded(2);
    expect(proxy.ended[0]).toMatchObject({ outcome: "proxy_error", status: 404, errorCode: "ZX_MODEL_UNKNOWN" });
    expect(proxy.started).toHaveLength(2);
  });

  it("the documented table alone decides where the live list can't be read", async () => {
    const { upstream, proxy } = await startPair((request, connection) =>
      request.method === "GET" ? connection.reset() : connection.write(answering),
    );
    expect((await ask(proxy.port, { body: withModel("claude-sonnet-9") })).status).toBe(200);
    expect(posts(upstream)[0]!.body.toString()).toBe(withModel("claude-opus-4-7"));
    expect((await ask(proxy.port, { body: withModel("llama") })).status).toBe(404);
  });

  it.each(['{"max_tokens":1}', '{"model":null}', '{"model":7,"x":1}', '{"model":["a"]}', '{"model":"claude-opus-4-7"'])(
    "what has no model to read is the upstream's to refuse: %s",
    async (body) => {
      const { upstream, proxy } = await startPair((_request, connection) =>
        connection.write(jsonAnswer({ type: "error" }, 400)),
      );
      expect((await ask(proxy.port, { body })).status).toBe(400);
      expect(posts(upstream)[0]!.body.toString()).toBe(body);
    },
  );

  it.each(["constructor", "__proto__", "toString"])("%s is no alias", async (name) => {
    const { proxy } = await startPair((request, connection) =>
      connection.write(request.method === "GET" ? live : answering),
    );
    expect((await ask(proxy.port, { body: withModel(name) })).status).toBe(404);
  });
});
