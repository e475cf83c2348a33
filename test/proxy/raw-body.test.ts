import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { ask, jsonOf, streamBody, toolHeaders } from "./support/client.ts";
import { chunked, errorFramePattern, lastChunk, shortFrames } from "./support/sse.ts";
import { localToken, posts, realKey, startPair, startTestProxy, startUpstream } from "./support/test-proxy.ts";

const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-4-7",
  content: [{ type: "text", text: "Größe 東京 🙂" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 5, cache_creation_input_tokens: 7, cache_read_input_tokens: 4 },
};

describe("a JSON answer through the raw lane", () => {
  it("arrives byte for byte, with its length, and its usage and list price are read", async () => {
    const text = `\n  ${JSON.stringify(message, undefined, 1)}  \n`;
    const { proxy } = await startPair((_request, connection) =>
      connection.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nrequest-id: req_1\r\n\r\n${text}`,
      ),
    );
    const answer = await ask(proxy.port);
    expect(answer).toMatchObject({ status: 200, text, isWhole: true });
    expect(answer.headers["content-length"]).toBe(String(Buffer.byteLength(text)));
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({
      outcome: "completed",
      stream: false,
      status: 200,
      route: "messages",
      lane: "raw",
      usage: { inputTokens: 12, outputTokens: 5, cacheReadTokens: 4, cacheWrite5mTokens: 7, cacheWrite1hTokens: 0 },
      upstreamRequestId: "req_1",
    });
    expect(proxy.ended[0]!.costUsd).toBeCloseTo((12 * 5 + 5 * 25 + 4 * 0.5 + 7 * 6.25) / 1e6, 12);
  });

  it("arrives byte for byte in chunks, also 10 MB of it", async () => {
    const text = JSON.stringify({ ...message, content: [{ type: "text", text: "x".repeat(10_000_000) }] });
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
      for (let at = 0; at < text.length; at += 100_000)
        await connection.write(chunked([Buffer.from(text.slice(at, at + 100_000))]));
      await connection.write(lastChunk);
    });
    const answer = await ask(proxy.port);
    expect(answer.isWhole).toBe(true);
    expect(answer.text === text).toBe(true);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]!.usage?.inputTokens).toBe(12);
  });

  it("sends the request's body and query byte for byte, and one length [F12]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(jsonAnswer(message)));
    const body = Buffer.from(
      '{ "model":"claude-opus-4-7",\n\t"x":[1.0,1e2,"\\u00fc\\/",{"a":1,"a":2}], "bytes":"\ufffd" }  ',
    );
    body[body.length - 6] = 0xff;
    await ask(proxy.port, { body, path: "/v1/messages?beta=true&x=%20" });
    expect(upstream.requests[0]!.path).toBe("/v1/messages?beta=true&x=%20");
    expect(upstream.requests[0]!.body.equals(body)).toBe(true);
  });

  it("forwards a compressed request as it is [F17]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(jsonAnswer(message)));
    const body = gzipSync('{"model":"gpt-4o"}');
    const answer = await ask(proxy.port, { body, headers: { ...toolHeaders, "content-encoding": "gzip" } });
    expect(answer.status).toBe(200);
    expect(upstream.requests[0]!.body.equals(body)).toBe(true);
    expect(upstream.requests[0]!.head).toMatch(/content-encoding: gzip/i);
  });
});

describe("a body that the upstream does not finish [F32]", () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const text = JSON.stringify(message);

  it.each([
    ["with a length", `${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text.slice(0, 40)}`],
    ["in chunks", `${head}transfer-encoding: chunked\r\n\r\n28\r\n${text.slice(0, 40)}\r\n`],
    ["in a chunk", `${head}transfer-encoding: chunked\r\n\r\nff\r\n${text.slice(0, 40)}`],
    ["without a length", `${head}connection: close\r\n\r\n${text.slice(0, 40)}`],
  ])("is a prefix and a broken connection: %s", async (_name, bytes) => {
    for (const ending of ["end", "reset"] as const) {
      const { upstream, proxy } = await startPair(async (_request, connection) => {
        await connection.write(bytes);
        await new Promise((resolve) => setTimeout(resolve, 20));
        connection[ending]();
      });
      const answer = await ask(proxy.port);
      expect(answer.status).toBe(200);
      expect(answer.isWhole).toBe(false);
      expect(answer.text).toBe(text.slice(0, 40));
      expect(posts(upstream)).toHaveLength(1);
      await proxy.untilEnded(1);
      expect(proxy.ended[0]).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_CUT" });
    }
  });

  it("is an error with a status where not a byte of it came", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(`${head}content-length: 20\r\n\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      connection.reset();
    });
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(502);
    expect(jsonOf(answer)).toMatchObject({ type: "error", error: { type: "api_error" } });
  });

  it("is whole without a length only where it is complete JSON [F46]", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(`${head}connection: close\r\n\r\n${text}`);
      connection.end();
    });
    const answer = await ask(proxy.port);
    expect(answer).toMatchObject({ isWhole: true, text });
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "completed", usage: { inputTokens: 12 } });
  });

  it("makes the official SDK raise", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(`${head}content-length: 400\r\n\r\n${text.slice(0, 40)}`);
      connection.end();
    });
    const client = new Anthropic({ baseURL: proxy.url, apiKey: localToken, maxRetries: 0 });
    await expect(
      client.messages.create({ model: "claude-opus-4-7", max_tokens: 1, messages: [{ role: "user", content: "x" }] }),
    ).rejects.toThrow();
  });
});

describe("an upstream error", () => {
  it.each([400, 404, 413, 429, 500, 502, 503, 504, 529])("%i goes through as it is [F48 F50]", async (status) => {
    const body = {
      type: "error",
      error: { type: "some_error", message: "words of the upstream  " },
      request_id: "req_9",
    };
    const { upstream, proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer(body, status, ["retry-after: 7", "request-id: req_9"])),
    );
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(status);
    expect(answer.text).toBe(JSON.stringify(body));
    expect(answer.headers).toMatchObject({ "retry-after": "7", "request-id": "req_9" });
    expect(answer.headers["x-should-retry"]).toBeUndefined();
    expect(posts(upstream)).toHaveLength(1);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ status, outcome: "upstream_error" });
  });

  it.each([
    [401, "authentication_error", "Missing or invalid bearer", /^Missing or invalid bearer\. .*zenthrex login/],
    [402, "insufficient_credits", "Wallet balance hit zero.", /^Wallet balance hit zero\. .*zenthrex whoami/],
    [403, "permission_error", "Not for you", /^Not for you\. .*zenthrex whoami/],
  ])("%i on the daemon's key keeps status and type, and says what to do", async (status, type, text, expected) => {
    const body = { type: "error", error: { type, message: text, extra: [1] }, request_id: "req_9", more: { a: 1 } };
    const { proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer(body, status, ["x-should-retry: true"])),
    );
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(status);
    const json = jsonOf(answer);
    expect(json).toEqual({ ...body, error: { ...body.error, message: json.error["message"] } });
    expect(json.error["message"]).toMatch(expected);
    expect(answer.headers["x-should-retry"]).toBe(status === 403 ? "true" : "false");
    expect(answer.headers["content-length"]).toBe(String(answer.body.length));
  });

  it("401 on the caller's own key goes through verbatim, and still asks for no retry [F49]", async () => {
    const body = { type: "error", error: { type: "authentication_error", message: "bad key" } };
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer(body, 401)));
    const answer = await ask(proxy.port, { headers: { ...toolHeaders, "x-api-key": "zk_own_0123456789" } });
    expect(answer.text).toBe(JSON.stringify(body));
    expect(answer.headers["x-should-retry"]).toBe("false");
  });

  it("raises the SDK's own error, after one request [F48]", async () => {
    const body = { type: "error", error: { type: "insufficient_credits", message: "Wallet balance hit zero" } };
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(jsonAnswer(body, 402)));
    const client = new Anthropic({ baseURL: proxy.url, apiKey: localToken });
    const asked = client.messages.create({
      model: "claude-opus-4-7",
      max_tokens: 1,
      messages: [{ role: "user", content: "x" }],
    });
    await expect(asked).rejects.toMatchObject({ status: 402 });
    await expect(asked).rejects.toThrow(/Wallet balance hit zero/);
    expect(posts(upstream)).toHaveLength(1);
  });
});

describe("an answer that is not the API's [F50 F51]", () => {
  const page = "<!doctype html><title>Sign in</title><script>secret()</script>";
  const pageAnswer = (status: number, type = "text/html; charset=utf-8", extra = ""): string =>
    `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\n${extra}content-length: ${page.length}\r\n\r\n${page}`;

  it.each([
    [200, 502],
    [201, 502],
    [400, 502],
    [404, 502],
    [405, 502],
    [401, 401],
    [403, 403],
    [429, 429],
    [500, 500],
    [503, 503],
    [520, 520],
  ])("a page with %i becomes %i, without its text", async (status, due) => {
    const { upstream, proxy } = await startPair((_request, connection) =>
      connection.write(pageAnswer(status, undefined, "retry-after: 9\r\n")),
    );
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(due);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.text).not.toMatch(/<|secret/);
    expect(jsonOf(answer).error["message"]).toMatch(/not the hosted API.*zenthrex doctor/);
    expect(answer.headers["retry-after"]).toBe(due === 502 ? undefined : "9");
    expect(posts(upstream)).toHaveLength(1);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_NOT_API" });
  });

  it("plain text is no API either, but unlabelled JSON and SSE are", async () => {
    const bodies = new Map([
      ["text", "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"],
      ["empty", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
      ["emptyJson", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n"],
      ["emptyError", "HTTP/1.1 503 X\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n"],
      ["json", 'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n  {"id":"a"}'],
      [
        "error",
        'HTTP/1.1 500 X\r\ncontent-type: text/plain\r\ncontent-length: 36\r\n\r\n{"error":{"type":"t","message":"m"}}\n',
      ],
      [
        "sse",
        `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(shortFrames.join(""))}\r\n\r\n${shortFrames.join("")}`,
      ],
    ]);
    let wanted = "";
    const upstream = await startUpstream(async (_request, connection) => {
      await connection.write(bodies.get(wanted)!);
      connection.end();
    });
    const proxy = await startTestProxy(upstream.url);
    const answerTo = (name: string) => {
      wanted = name;
      return ask(proxy.port);
    };
    expect((await answerTo("text")).status).toBe(502);
    expect((await answerTo("empty")).status).toBe(502);
    const empty = await answerTo("emptyJson");
    expect(empty.status).toBe(502);
    expect(jsonOf(empty).error["message"]).toContain("empty body");
    expect(jsonOf(await answerTo("emptyError"))).toMatchObject({ error: { type: "overloaded_error" } });
    expect(await answerTo("json")).toMatchObject({ status: 200, text: '  {"id":"a"}' });
    expect((await answerTo("error")).status).toBe(500);
    expect(await answerTo("sse")).toMatchObject({ status: 200, text: shortFrames.join("") });
  });

  it.each([301, 302, 303, 307, 308, 304])(
    "a redirect %i is not followed: 502, naming the host only [T10 F44]",
    async (status) => {
      const second = await startUpstream((_request, connection) => connection.write(jsonAnswer(message)));
      for (const location of [`${second.url}/v1/messages?key=1`, "//evil.example/path", "/relative/path", ""]) {
        const { upstream, proxy } = await startPair((_request, connection) =>
          connection.write(
            `HTTP/1.1 ${status} X\r\n${location ? `location: ${location}\r\n` : ""}content-length: 0\r\n\r\n`,
          ),
        );
        const answer = await ask(proxy.port);
        expect(answer.status).toBe(502);
        expect(answer.headers.location).toBeUndefined();
        expect(answer.headers["x-should-retry"]).toBe("false");
        const text = String(jsonOf(answer).error["message"]);
        expect(text).toContain("redirect");
        expect(text).not.toMatch(/key=1|\/path|zk_/);
        if (location.startsWith("//")) expect(text).toContain("evil.example");
        expect(posts(upstream)).toHaveLength(1);
      }
      expect(second.requests).toHaveLength(0);
    },
  );
});

describe("a compressed answer, though none was asked for [T18]", () => {
  const packers = [
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const;
  const answerWith = (encoding: string, packed: Buffer, type = "application/json", status = 200): Buffer =>
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${packed.length}\r\n\r\n`,
      ),
      packed,
    ]);

  it.each(packers)("%s JSON is sent plain", async (encoding, pack) => {
    const text = JSON.stringify(message);
    const { proxy } = await startPair((_request, connection) => connection.write(answerWith(encoding, pack(text))));
    const answer = await ask(proxy.port);
    expect(answer).toMatchObject({ status: 200, text, isWhole: true });
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.headers["content-length"]).toBe(String(Buffer.byteLength(text)));
    await proxy.untilEnded(1);
    expect(proxy.ended[0]!.usage?.inputTokens).toBe(12);
  });

  it.each(packers)("%s SSE is sent plain, frame by frame; cut, it ends with an error frame", async (encoding, pack) => {
    const text = shortFrames.join("");
    const packed = pack(text);
    const { proxy } = await startPair((_request, connection) =>
      connection.write(answerWith(encoding, packed, "text/event-stream")),
    );
    expect(await ask(proxy.port, { body: streamBody })).toMatchObject({ status: 200, text, isWhole: true });
    const cut = await startPair((_request, connection) =>
      connection.write(answerWith(encoding, packed.subarray(0, packed.length - 20), "text/event-stream")),
    );
    const answer = await ask(cut.proxy.port, { body: streamBody });
    if (answer.status === 200) expect(answer.text).toMatch(errorFramePattern);
    else expect(answer.status).toBe(502);
  });

  it("an error stays an error, with our fix", async () => {
    const body = JSON.stringify({ type: "error", error: { type: "insufficient_credits", message: "empty" } });
    const { proxy } = await startPair((_request, connection) =>
      connection.write(answerWith("gzip", gzipSync(body), undefined, 402)),
    );
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(402);
    expect(jsonOf(answer).error["message"]).toMatch(/^empty\. Top up/);
  });

  it.each([
    ["zstd", Buffer.from("anything")],
    ["gzip, gzip", gzipSync(gzipSync("{}"))],
    ["gzip", Buffer.from("this is no gzip")],
    ["gzip", gzipSync(Buffer.alloc(80 * 1024 * 1024))],
    ["br", brotliCompressSync(Buffer.alloc(8 * 1024 * 1024))],
  ])("what is unknown, layered, broken or a bomb is a 502: %s", async (encoding, packed) => {
    for (const type of ["application/json", "text/event-stream"]) {
      const { proxy } = await startPair((_request, connection) => connection.write(answerWith(encoding, packed, type)));
      const answer = await ask(proxy.port);
      if (answer.status === 200) expect(answer.text).toMatch(errorFramePattern);
      else {
        expect(answer.status).toBe(502);
        expect(answer.headers["x-should-retry"]).toBe("false");
      }
      expect(answer.body.length).toBeLessThan(4_000);
    }
  });
});

describe("an upstream that can't be reached", () => {
  it("is a 502 that names host and port, at once and not to be retried where it is this machine's [F25]", async () => {
    const upstream = await startUpstream(() => undefined);
    await upstream.close();
    const proxy = await startTestProxy(upstream.url);
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(502);
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(jsonOf(answer).error["message"]).toContain(`127.0.0.1:${upstream.port}`);
    await proxy.untilEnded(1);
    expect(proxy.started).toHaveLength(1);
    expect(proxy.ended[0]).toMatchObject({
      outcome: "upstream_error",
      errorCode: "ZX_UPSTREAM_REFUSED_LOCAL",
      status: 502,
    });
  });

  it("is a 502 after one request where it closes before it answers [F30]", async () => {
    for (const ending of ["end", "reset"] as const) {
      const { upstream, proxy } = await startPair((_request, connection) => connection[ending]());
      const answer = await ask(proxy.port);
      expect(answer.status).toBe(502);
      expect(answer.headers["x-should-retry"]).toBeUndefined();
      expect(posts(upstream)).toHaveLength(1);
    }
  });

  it("is a 502 where it speaks no HTTP [F47]", async () => {
    const { upstream, proxy } = await startPair(async (_request, connection) => {
      await connection.write("SSH-2.0-OpenSSH_9.2\r\n");
      connection.end();
    });
    expect((await ask(proxy.port)).status).toBe(502);
    expect(posts(upstream)).toHaveLength(1);
  });

  it("never shows the key, a path or a stack [T12]", async () => {
    const { proxy } = await startPair((_request, connection) => connection.reset());
    const answer = await ask(proxy.port, { headers: { ...toolHeaders, "x-secret": "canary" } });
    expect(answer.text + JSON.stringify(proxy.logs) + JSON.stringify(proxy.ended)).not.toMatch(
      new RegExp(`${realKey}|${localToken}|canary|node_modules|\\.ts:|\\.js:`),
    );
  });
});
