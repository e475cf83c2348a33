import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask, chunk, daemonKey, lastChunk, startChatRaw, startChatSandbox, streamHead } from "../support/chat-proxy.ts";
import { frameOf, messageEnd, messageStart, textBlock } from "../support/hub-streams.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";

type ErrorBody = { error: { message: string; type: string; param: string | null; code: string | null } };

const answering = (answer: string | Buffer) => async (connection: RawConnection) => {
  for (;;) {
    await connection.readRequest();
    await connection.write(answer);
  }
};

const anthropic = (type: string, message = "m") => ({
  type: "error",
  error: { type, message },
  request_id: "req_body",
});

/** Status and body of the upstream, and what an OpenAI client is told. Source: the tables of both APIs' error pages. */
const table: readonly (readonly [number, object, number, string, string, string | null])[] = [
  [
    400,
    anthropic("invalid_request_error", "max_tokens: too large"),
    400,
    "invalid_request_error",
    "invalid_request_error",
    null,
  ],
  [401, anthropic("authentication_error"), 401, "authentication_error", "invalid_api_key", "false"],
  [
    402,
    { error: { type: "insufficient_credits", message: "Wallet balance hit zero" } },
    402,
    "insufficient_credits",
    "insufficient_credits",
    "false",
  ],
  [402, anthropic("billing_error"), 402, "insufficient_credits", "insufficient_credits", "false"],
  [403, anthropic("permission_error"), 403, "permission_error", "permission_denied", "false"],
  [404, anthropic("not_found_error", "model: claude-x"), 404, "not_found", "model_not_found", "false"],
  [413, anthropic("request_too_large"), 413, "request_too_large", "request_too_large", null],
  [429, anthropic("rate_limit_error"), 429, "rate_limit_exceeded", "rate_limit_exceeded", null],
  [500, anthropic("api_error"), 500, "api_error", "api_error", null],
  [502, { error: { type: "upstream_error", message: "m" } }, 502, "upstream_error", "upstream_error", null],
  [504, { error: { type: "upstream_timeout", message: "m" } }, 504, "upstream_timeout", "upstream_timeout", null],
  [529, anthropic("overloaded_error", "Overloaded"), 503, "overloaded_error", "overloaded", null],
  [200, anthropic("overloaded_error", "Overloaded"), 503, "overloaded_error", "overloaded", null],
];

describe("an error of the upstream before the answer", () => {
  it.each(table)("%i %j becomes %i %s %s [F48 F49 F50 F51]", async (status, body, told, type, code, retry) => {
    const chat = await startChatRaw(answering(jsonAnswer(body, status, ["request-id: req_head", "retry-after: 7"])));
    for (const stream of [true, false]) {
      const response = await chat.post({ ...ask("x"), stream });
      expect(response.status).toBe(told);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(response.headers.get("x-request-id")).toBe("req_head");
      expect(response.headers.get("retry-after")).toBe("7");
      expect(response.headers.get("x-should-retry")).toBe(retry);
      expect(((await response.json()) as ErrorBody).error).toMatchObject({ type, code });
    }
    expect(await chat.record(2)).toMatchObject({
      outcome: "upstream_error",
      status: told,
      upstreamRequestId: "req_head",
    });
  });

  it("names the field that it is about", async () => {
    const message = "messages.3.content.0: Input should be a valid string";
    const chat = await startChatRaw(answering(jsonAnswer(anthropic("invalid_request_error", message), 400)));
    const body = (await (await chat.post(ask("x"))).json()) as ErrorBody;
    expect(body.error).toEqual({
      message,
      type: "invalid_request_error",
      param: "messages[3].content[0]",
      code: "invalid_request_error",
    });
  });

  it("says what to do about the daemon's key, but not about a caller's own", async () => {
    const chat = await startChatRaw(answering(jsonAnswer(anthropic("authentication_error", "invalid x-api-key"), 401)));
    const own = (await (await chat.post(ask("x"), { authorization: "Bearer zk_own_00000000" })).json()) as ErrorBody;
    const ours = (await (await chat.post(ask("x"))).json()) as ErrorBody;
    expect(own.error.message).toBe("invalid x-api-key");
    expect(ours.error.message).toBe("invalid x-api-key. Run `zenthrex login` with a valid key.");
    expect((await chat.record(2)).errorCode).toBe("ZX_AUTH_KEY_REJECTED");
  });

  it("repeats no key of the upstream's text [T12]", async () => {
    const chat = await startChatRaw(answering(jsonAnswer(anthropic("authentication_error", `no ${daemonKey}`), 401)));
    expect(await (await chat.post(ask("x"))).text()).not.toContain(daemonKey);
  });

  it("tells 2 KB of a long text at most [F51]", async () => {
    const chat = await startChatRaw(answering(jsonAnswer(anthropic("api_error", "long ".repeat(500_000)), 500)));
    expect((await (await chat.post(ask("x"))).text()).length).toBeLessThan(4_096);
  });

  it.each([
    [gzipSync, "gzip"],
    [deflateSync, "deflate"],
    [brotliCompressSync, "br"],
  ] as const)("is read where it is compressed (%#)", async (compress, encoding) => {
    const body = compress(Buffer.from(JSON.stringify(anthropic("rate_limit_error", "slow down"))));
    const head = `HTTP/1.1 429 X\r\ncontent-type: application/json\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
    const chat = await startChatRaw(answering(Buffer.concat([Buffer.from(head), body])));
    const response = await chat.post(ask("x"));
    expect(response.status).toBe(429);
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(((await response.json()) as ErrorBody).error.message).toBe("slow down");
  });
});

describe("an answer that isn't the hosted API's", () => {
  const page = (status: number, type: string, body: string): string =>
    `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  it.each([
    ["a login page", page(200, "text/html", "<html>login</html>"), 502],
    ["a gateway's page", page(503, "text/html", "<html>secret words</html>"), 503],
    ["plain text", page(500, "text/plain", "secret words"), 500],
    ["a message as JSON", jsonAnswer({ type: "message", content: [] }), 502],
    ["an empty answer", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 502],
    ["a status beyond all", page(600, "application/json", "{}"), 502],
    ["a redirect", "HTTP/1.1 307 X\r\nlocation: https://elsewhere.invalid/v1\r\ncontent-length: 0\r\n\r\n", 502],
    ["garbage", "HTTQ/1.1 200 OK\r\n\r\n", 502],
  ])("%s is an error in the caller's form", async (_name, answer, status) => {
    const chat = await startChatRaw(answering(answer));
    for (const stream of [true, false]) {
      const response = await chat.post({ ...ask("x"), stream });
      expect(response.status).toBe(status);
      const text = await response.text();
      expect(text).not.toMatch(/secret words|<html/);
      expect(Object.keys((JSON.parse(text) as ErrorBody).error).sort()).toEqual(["code", "message", "param", "type"]);
    }
    expect((await chat.record(2)).outcome).toBe("upstream_error");
  });

  it("a redirect takes the key nowhere [T10 F44]", async () => {
    const chat = await startChatRaw(
      answering("HTTP/1.1 307 X\r\nlocation: https://elsewhere.invalid/v1\r\ncontent-length: 0\r\n\r\n"),
    );
    const body = (await (await chat.post(ask("x"))).json()) as ErrorBody;
    expect(body.error.message).toContain("elsewhere.invalid");
    expect(chat.upstream.requests).toHaveLength(1);
  });
});

describe("a compressed stream", () => {
  const events = [messageStart(), ...textBlock(0, "Grüße"), ...messageEnd("end_turn")];
  const bytes = Buffer.from(events.map(frameOf).join(""), "latin1");

  it.each([
    [gzipSync, "gzip"],
    [deflateSync, "deflate"],
    [brotliCompressSync, "br"],
  ] as const)("is decoded (%#)", async (compress, encoding) => {
    const head = streamHead(`content-encoding: ${encoding}\r\n`);
    const chat = await startChatRaw(
      answering(Buffer.concat([Buffer.from(head), chunk(compress(bytes)), Buffer.from(lastChunk)])),
    );
    const answer = await chat.client().chat.completions.create(ask("x"));
    expect(answer.choices[0]?.message.content).toBe("Grüße");
    const streamed = await chat.client().chat.completions.stream(ask("x")).finalContent();
    expect(streamed).toBe("Grüße");
  });

  it.each([true, false])("that breaks off is an error (stream: %s)", async (stream) => {
    const cut = gzipSync(bytes).subarray(0, 60);
    const head = streamHead("content-encoding: gzip\r\n");
    const chat = await startChatRaw(answering(Buffer.concat([Buffer.from(head), chunk(cut), Buffer.from(lastChunk)])));
    const text = await (await chat.post({ ...ask("x"), stream })).text();
    expect(text).toContain('"error"');
    expect(text).not.toContain("[DONE]");
    expect((await chat.record()).outcome).toBe("upstream_error");
  });

  it.each([true, false])("in a compression that nobody knows is a 502 (stream: %s)", async (stream) => {
    const chat = await startChatRaw(answering(streamHead("content-encoding: zz\r\n") + lastChunk));
    expect((await chat.post({ ...ask("x"), stream })).status).toBe(502);
    expect((await chat.record()).errorCode).toBe("ZX_UPSTREAM_ENCODING");
  });
});

describe("the answer's headers", () => {
  it("speak the caller's language", async () => {
    const extra = [
      "anthropic-ratelimit-requests-limit: 600",
      "anthropic-ratelimit-requests-remaining: 599",
      "anthropic-ratelimit-unified-status: allowed",
      "anthropic-organization-id: org_1",
      "x-request-id: req_other",
      "set-cookie: a=b",
      "access-control-allow-origin: *",
    ];
    const body = [messageStart(), ...textBlock(0, "x"), ...messageEnd("end_turn")].map(frameOf).join("");
    const chat = await startChatRaw(
      answering(
        Buffer.concat([
          Buffer.from(streamHead(extra.map((line) => `${line}\r\n`).join(""))),
          chunk(body),
          Buffer.from(lastChunk),
        ]),
      ),
    );
    for (const stream of [true, false]) {
      const { headers } = await chat.post({ ...ask("x"), stream });
      expect(headers.get("x-request-id")).toBe("req_upstream_1");
      expect(headers.get("x-ratelimit-limit-requests")).toBe("600");
      expect(headers.get("x-ratelimit-remaining-requests")).toBe("599");
      expect(headers.get("content-type")).toBe(stream ? "text/event-stream; charset=utf-8" : "application/json");
      expect([...headers.keys()].filter((name) => /^(anthropic-|set-cookie|access-control-)/.test(name))).toEqual([]);
    }
  });
});

describe("the request's headers", () => {
  it("hold the daemon's key and the documented version, and no credential of the caller's", async () => {
    const chat = await startChatSandbox();
    const client = chat.client({ headers: { "OpenAI-Organization": "org-x", "x-mine": "kept", cookie: "a=b" } });
    await client.chat.completions.create(ask("x"));
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    const headers = new Map(request?.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(headers.get("x-api-key")).toMatch(/^zk_\.\.\./);
    expect(headers.get("anthropic-version")).toBe("2023-06-01");
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("accept-encoding")).toBe("identity");
    expect(headers.get("x-mine")).toBe("kept");
    for (const name of ["authorization", "cookie", "openai-organization", "anthropic-beta", "content-encoding"]) {
      expect(headers.has(name)).toBe(false);
    }
  });

  it("keep an anthropic-beta that the caller sends, and no newer version than the documented one", async () => {
    const chat = await startChatSandbox();
    const headers = { "anthropic-beta": "interleaved-thinking-2025-05-14", "anthropic-version": "2026-10-21" };
    await chat.client({ headers }).chat.completions.create(ask("x"));
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    const sent = new Map(request?.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(sent.get("anthropic-beta")).toBe("interleaved-thinking-2025-05-14");
    expect(sent.get("anthropic-version")).toBe("2023-06-01");
  });
});
