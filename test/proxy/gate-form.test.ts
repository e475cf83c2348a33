import { connect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { describe, expect, it } from "vitest";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { ask, jsonOf, openRaw, sendRaw, smallBody, toolHeaders } from "./support/client.ts";
import { localToken, posts, startPair, until } from "./support/test-proxy.ts";

const answering = jsonAnswer({ ok: true });

function head(port: number, extra = "", method = "POST"): string {
  return (
    `${method} /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
    `X-Api-Key: ${localToken}\r\n${extra}`
  );
}

describe("the form of a request", () => {
  const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  it.each([
    ["gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", [400]],
    ["gzip", "Transfer-Encoding: gzip\r\n", [400]],
    ["xchunked", "Transfer-Encoding: xchunked\r\n", [400]],
    ["chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", [400]],
    ["chunked, chunked", "Transfer-Encoding: chunked, chunked\r\n", [400]],
    ["chunked with a length", "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", [400]],
    ["two lengths", "Content-Length: 2\r\nContent-Length: 2\r\n", [400]],
    ["different lengths", "Content-Length: 2\r\nContent-Length: 3\r\n", [400]],
    ["a folded header", "X-Folded: a\r\n b\r\nContent-Length: 2\r\n", [400]],
    ["a blank before the colon", "X-Blank : a\r\nContent-Length: 2\r\n", [400]],
    ["a NUL in a value", "X-Nul: a\u0000b\r\nContent-Length: 2\r\n", [400]],
  ])("refuses %s [T17 F19]", async (_name, extra, statuses) => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const { status } = await sendRaw(proxy.port, `${head(proxy.port, extra)}\r\n${chunked("{}")}`);
    expect(statuses).toContain(status);
    expect(upstream.requests).toHaveLength(0);
  });

  it.each(["keep-alive", "close"])(
    "refuses chunks of HTTP/1.0, which had none, and takes nothing more from the connection: %s [T17]",
    async (connection) => {
      const { upstream, proxy } = await startPair((_request, peer) => peer.write(answering));
      const old = `${head(proxy.port, `Connection: ${connection}\r\n`)}`.replace("HTTP/1.1", "HTTP/1.0");
      const next = `${head(proxy.port)}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`;
      const client = openRaw(proxy.port, `${old}Transfer-Encoding: chunked\r\n\r\n${chunked(smallBody)}${next}`);
      await client.closed;
      expect(client.received().toString()).toMatch(/^HTTP\/1\.1 400 /);
      expect(upstream.requests).toHaveLength(0);
      // By its length it is a request as any other.
      expect((await sendRaw(proxy.port, `${old}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`)).status).toBe(
        200,
      );
    },
  );

  it.each(["HTTP/2.0", "HTTP/0.9"])("refuses a version that is not spoken here: %s [T17]", async (version) => {
    const { upstream, proxy } = await startPair((_request, peer) => peer.write(answering));
    const bytes = `${head(proxy.port)}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`;
    expect((await sendRaw(proxy.port, bytes.replace("HTTP/1.1", version))).status).toBe(400);
    expect(upstream.requests).toHaveLength(0);
  });

  it.each(["Connection: close", "Proxy-Connection: close"])(
    "answers a request that says that it is the last, whatever comes behind it: %s [T17 F21]",
    async (last) => {
      for (const behind of ["\u0000 garbage", head(0), "GET / HTTP/1.1\r\n\r\n"]) {
        let respond = (): void => undefined;
        const { upstream, proxy } = await startPair(async (_request, peer) => {
          await new Promise<void>((resolve) => {
            respond = resolve;
          });
          await peer.write(answering);
        });
        const first = `${head(proxy.port, `${last}\r\n`)}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`;
        const client = openRaw(proxy.port, first + behind);
        await until(() => upstream.requests.length === 1);
        client.socket.write(behind);
        respond();
        await client.closed;
        const answers = client.received().toString().split("HTTP/1.1 ");
        expect([answers.length, answers[1]?.slice(0, 3)]).toEqual([2, "200"]);
        expect(upstream.requests).toHaveLength(1);
        await proxy.untilEnded(1);
        expect(proxy.ended.map(({ outcome }) => outcome)).toEqual(["completed"]);
      }
    },
  );

  it("ends the call of one that says that it is the last, and leaves [F5]", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const first = `${head(proxy.port, "Connection: close\r\n")}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`;
    const client = openRaw(proxy.port, `${first}GET / HTTP/1.1\r\n\r\n`);
    await until(() => upstream.requests.length === 1);
    client.socket.destroy();
    await proxy.untilEnded(1);
    expect(proxy.ended.map(({ outcome }) => outcome)).toEqual(["client_aborted"]);
    await until(() => upstream.openConnections() === 0);
  });

  it("takes a chunked body, in single bytes, with extensions and trailers [F19]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const body = [...smallBody].map((letter) => `1;ext=1\r\n${letter}\r\n`).join("");
    const bytes = `${head(proxy.port, "transfer-encoding: Chunked\r\n")}\r\n${body}0\r\nX-Trailer: 1\r\n\r\n`;
    expect((await sendRaw(proxy.port, bytes)).status).toBe(200);
    expect(upstream.requests[0]!.body.toString()).toBe(smallBody);
    expect(upstream.requests[0]!.head).not.toMatch(/trailer|transfer-encoding/i);
  });

  it.each([
    ["a size that is none", "zz\r\n{}\r\n0\r\n\r\n"],
    ["a size too long for a number", "ffffffffffffffffff\r\n{}\r\n"],
    ["no line end behind a chunk", "2\r\n{}0\r\n\r\n"],
  ])("refuses a chunked body with %s, and sends nothing on [T17 F19]", async (_name, body) => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const { status, text } = await sendRaw(
      proxy.port,
      `${head(proxy.port, "Transfer-Encoding: chunked\r\n")}\r\n${body}`,
    );
    expect(status).toBe(400);
    expect(text).toContain("invalid_request_error");
    expect(upstream.requests).toHaveLength(0);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "proxy_error", status: 400, errorCode: "ZX_GATE_REQUEST" });
  });

  it("upgrades nothing, but answers a client that only offers h2c [T5]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const rest = `Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`;
    const webSocket = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n`;
    expect((await sendRaw(proxy.port, head(proxy.port, webSocket) + rest)).status).toBe(426);
    expect(upstream.requests).toHaveLength(0);
    const get = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n${webSocket}\r\n`;
    const refused = openRaw(proxy.port, get);
    await refused.closed;
    expect(refused.received().toString()).toMatch(/^HTTP\/1\.1 426 .*\r\nupgrade: HTTP\/1\.1\r\n/is);
    const java = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n`;
    expect((await sendRaw(proxy.port, head(proxy.port, java) + rest)).status).toBe(200);
    expect(upstream.requests[0]!.head).not.toMatch(/upgrade|http2-settings/i);
  });

  it("closes a CONNECT [T17]", async () => {
    const { proxy } = await startPair(() => undefined);
    const client = openRaw(proxy.port, `CONNECT evil.com:443 HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`);
    await client.closed;
    expect(client.received().toString()).not.toMatch(/ 200 /);
  });

  it("answers the right format before it has a route: 400, 431, and it goes on serving [T17 F24]", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(answering));
    expect((await sendRaw(proxy.port, "NONSENSE\r\n\r\n")).status).toBe(400);
    expect((await sendRaw(proxy.port, head(proxy.port, `X-Big: ${"a".repeat(40_000)}\r\n\r\n`))).status).toBe(431);
    expect((await sendRaw(proxy.port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).status).toBe(400);
    expect((await ask(proxy.port)).status).toBe(200);
  });

  it("tells once in the log of a tool that speaks https [F24]", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(answering));
    for (let time = 0; time < 2; time++) {
      const socket = tlsConnect({ host: "127.0.0.1", port: proxy.port, rejectUnauthorized: false });
      await new Promise<void>((resolve) => socket.once("error", () => resolve()));
      socket.destroy();
    }
    const told = proxy.logs.filter((event) => event.message.includes("https"));
    expect(told).toHaveLength(1);
    expect(told[0]!.message).toContain(`http://127.0.0.1:${proxy.port}`);
  });

  it("never writes a parser's error into a running answer [T17 F21]", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{");
    });
    const client = openRaw(proxy.port, `${head(proxy.port)}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`);
    await until(() => client.received().includes("{"));
    client.socket.write("\u0000 garbage that is no request\r\n\r\n");
    await client.closed;
    expect(
      client
        .received()
        .toString()
        .match(/HTTP\/1\.1/g),
    ).toHaveLength(1);
  });

  it("takes garbage behind a request for a client that leaves, and gives no answer twice [F21]", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const client = openRaw(proxy.port, `${head(proxy.port)}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`);
    await until(() => upstream.requests.length === 1);
    client.socket.write("\u0000 garbage that is no request\r\n\r\n");
    await client.closed;
    await until(() => upstream.openConnections() === 0);
    expect(client.received()).toHaveLength(0);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "client_aborted" });
  });

  it("tells a client to continue only behind the gate, and for a size that it takes [F18]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const expecting = (extra: string): string => `${head(proxy.port, extra)}Expect: 100-continue\r\n\r\n`;
    const good = openRaw(proxy.port, expecting(`Content-Length: ${smallBody.length}\r\n`));
    await until(() => good.received().includes("\r\n\r\n"));
    expect(good.received().toString()).toMatch(/^HTTP\/1\.1 100 Continue/);
    good.socket.write(smallBody);
    await until(() => good.received().includes("200 OK"));
    good.socket.destroy();
    for (const [request, status] of [
      [expecting("Content-Length: 67108865\r\n"), 413],
      [expecting("Content-Length: 2\r\n").replace(localToken, "zxl_wrong"), 401],
    ] as const) {
      const client = openRaw(proxy.port, request);
      await client.closed;
      const text = client.received().toString();
      expect(text).not.toContain("100 Continue");
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    const other = await sendRaw(
      proxy.port,
      `${head(proxy.port)}Expect: 200-ok\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );
    expect(other.status).toBe(417);
    expect(posts(upstream)).toHaveLength(1);
  });

  it("forwards one credential, one host and one length, whatever the client repeats or names hop-by-hop [T16]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const hostile =
      "Connection: close, x-secret, anthropic-beta\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Authorization: Basic x\r\n" +
      "Cookie: a=b\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil\r\nForwarded: for=1\r\nSec-Fetch-Mode: cors\r\nAccept-Encoding: gzip\r\n" +
      "Anthropic-Beta: dropped-by-connection\r\nX-Kept: yes\r\n";
    await sendRaw(proxy.port, `${head(proxy.port, hostile)}Content-Length: ${smallBody.length}\r\n\r\n${smallBody}`);
    const names = upstream.requests[0]!.rawHeaders.filter((_text, index) => index % 2 === 0).map((name) =>
      name.toLowerCase(),
    );
    expect([...names].sort()).toEqual(
      [
        "accept-encoding",
        "anthropic-version",
        "connection",
        "content-length",
        "content-type",
        "host",
        "x-api-key",
        "x-kept",
      ].sort(),
    );
    expect(upstream.requests[0]!.head).toMatch(/accept-encoding: identity/i);
    expect(upstream.requests[0]!.head).toContain(`127.0.0.1:${upstream.port}`);
  });
});

describe("a body over 64 MiB", () => {
  it("is answered 413 at once by its announced size, and the client sees the answer though it goes on sending [F9]", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const answer = await ask(proxy.port, { body: Buffer.alloc(70 * 1024 * 1024, 0x20) });
    expect(answer.status).toBe(413);
    expect(answer.headers.connection).toBe("close");
    expect(jsonOf(answer)).toMatchObject({ type: "error", error: { type: "request_too_large" } });
    expect(upstream.requests).toHaveLength(0);
  });

  it("is answered 413 where the limit is passed when nothing was announced [F9]", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const socket = connect(proxy.port, "127.0.0.1");
    socket.on("error", () => undefined);
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.write(`${head(proxy.port, "Transfer-Encoding: chunked\r\n")}\r\n`);
    const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(1024 * 1024, 0x20), Buffer.from("\r\n")]);
    for (let sent = 0; sent < 66 && received === ""; sent++) {
      await new Promise((resolve) => socket.write(chunk, () => resolve(undefined)));
    }
    await until(() => received.includes("request_too_large"));
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    expect(upstream.requests).toHaveLength(0);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ status: 413, outcome: "proxy_error", errorCode: "ZX_BODY_TOO_LARGE" });
  });

  it("is refused 503 where too many large bodies are announced at once, and served again when they are gone [F83]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const announcing = `${head(proxy.port, `Content-Length: ${60 * 1024 * 1024}\r\n`)}\r\n{`;
    const holders = Array.from({ length: 4 }, () => openRaw(proxy.port, announcing));
    await until(() => holders.every(({ socket }) => socket.bytesWritten > 0));
    let answer = await ask(proxy.port, { body: `{"x":"${"a".repeat(20 * 1024 * 1024)}"}` });
    // The four may not have been read yet when the fifth was.
    while (answer.status !== 503) answer = await ask(proxy.port, { body: `{"x":"${"a".repeat(20 * 1024 * 1024)}"}` });
    expect(jsonOf(answer)).toMatchObject({ error: { type: "overloaded_error" } });
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.headers["x-should-retry"]).toBeUndefined();
    for (const { socket } of holders) socket.destroy();
    await proxy.untilEnded(4);
    await until(() => proxy.ended.filter(({ outcome }) => outcome === "client_aborted").length === 4);
    expect((await ask(proxy.port, { headers: { ...toolHeaders } })).status).toBe(200);
    expect(posts(upstream).length).toBeGreaterThan(0);
  });
});

describe("a body that is no JSON object", () => {
  it.each(["", "[]", "null", '"text"', "12", "   ", "<html>"])(
    "%j is refused before the upstream [F11]",
    async (body) => {
      const { upstream, proxy } = await startPair(() => undefined);
      const answer = await ask(proxy.port, { body });
      expect(answer.status).toBe(400);
      expect(jsonOf(answer)).toMatchObject({ error: { type: "invalid_request_error" } });
      expect(upstream.requests).toHaveLength(0);
    },
  );
});
