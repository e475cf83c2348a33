import { describe, expect, it } from "vitest";
import { createFakeClock } from "../support/fake-clock.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";
import { ask, jsonOf, openRaw, smallBody, streamBody } from "./support/client.ts";
import { chunked, errorFramePattern, lastChunk, shortFrames, sseHead } from "./support/sse.ts";
import { localToken, startPair, until } from "./support/test-proxy.ts";

function post(port: number, body: string): string {
  return (
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nx-api-key: ${localToken}\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
  );
}

describe("closing", () => {
  it("lets running answers end, takes no new connection, and tells open ones to come again [F78 F22]", async () => {
    const connections: RawConnection[] = [];
    const { proxy } = await startPair(async (request, connection) => {
      if (!request.body.includes("stream")) return connection.write(jsonAnswer({ ok: true }));
      connections.push(connection);
      await connection.write(sseHead + chunked([Buffer.from(shortFrames[0]!)]).toString());
    });
    const idle = openRaw(proxy.port, post(proxy.port, smallBody));
    await until(() => idle.received().includes('{"ok":true}'));
    const running = ask(proxy.port, { body: streamBody });
    await until(() => connections.length === 1);

    let isClosed = false;
    const closing = proxy.running.close(20_000).then(() => {
      isClosed = true;
    });
    idle.socket.write(post(proxy.port, smallBody));
    await idle.closed;
    const second = idle.received().toString().split('{"ok":true}')[1]!;
    expect(second).toMatch(/^HTTP\/1\.1 503 /);
    expect(second.toLowerCase()).toMatch(/retry-after: 1\r\n/);
    expect(second.toLowerCase()).toMatch(/connection: close\r\n/);
    expect(second).not.toContain("x-should-retry");
    await expect(ask(proxy.port)).rejects.toThrow(/ECONNREFUSED/);
    expect(isClosed).toBe(false);

    await connections[0]!.write(chunked([Buffer.from(shortFrames.slice(1).join(""))]).toString() + lastChunk);
    expect((await running).text).toBe(shortFrames.join(""));
    await closing;
    expect(proxy.ended.map(({ outcome }) => outcome)).toEqual(["completed", "completed"]);
  });

  it("ends what runs too long with an error that its client sees, and the upstream calls with it [F78]", async () => {
    const clock = createFakeClock();
    const connections: RawConnection[] = [];
    const { proxy } = await startPair(
      async (request, connection) => {
        connections.push(connection);
        if (request.body.includes("stream"))
          await connection.write(sseHead + chunked([Buffer.from(shortFrames[0]!)]).toString());
        if (request.body.includes("begun")) {
          await connection.write(
            'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"id":',
          );
        }
      },
      { clock },
    );
    const chunks: string[] = [];
    const streamed = ask(proxy.port, { body: streamBody, onData: (chunk) => void chunks.push(chunk.toString()) });
    const waiting = ask(proxy.port, { body: smallBody });
    const begunChunks: string[] = [];
    const begun = ask(proxy.port, {
      body: smallBody.replace("hi", "begun"),
      onData: (chunk) => void begunChunks.push(chunk.toString()),
    });
    await until(() => connections.length === 3 && chunks.length > 0 && begunChunks.length > 0);
    const closing = proxy.running.close(5_000);
    clock.advance(5_000);
    const [first, second, third] = await Promise.all([streamed, waiting, begun]);
    expect(first.text.startsWith(shortFrames[0]!)).toBe(true);
    expect(JSON.parse(errorFramePattern.exec(first.text)![1]!)).toMatchObject({ error: { type: "overloaded_error" } });
    expect(second.status).toBe(503);
    expect(jsonOf(second)).toMatchObject({ error: { type: "overloaded_error" } });
    expect(second.headers["retry-after"]).toBe("1");
    expect(third).toMatchObject({ isWhole: false, text: '{"id":' });
    await Promise.all(connections.map((connection) => connection.closed));
    clock.advance(1_000);
    await closing;
    await proxy.untilEnded(3);
    expect(new Set(proxy.ended.map(({ outcome }) => outcome))).toEqual(new Set(["interrupted"]));
  });

  it("tells also who is still sending, or asks for the wallet, to come again", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const sending = openRaw(proxy.port, post(proxy.port, smallBody).slice(0, -5));
    const wallet = ask(proxy.port, { method: "GET", path: "/v1/whoami", headers: { "x-api-key": localToken } });
    await until(() => upstream.requests.length === 1 && sending.socket.bytesWritten > 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await proxy.running.close(0);
    expect((await wallet).status).toBe(503);
    await sending.closed;
    expect(sending.received().toString()).toMatch(/^HTTP\/1\.1 503 [\s\S]*overloaded_error/);
    await until(() => upstream.openConnections() === 0);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "interrupted", route: "messages" });
  });

  it("is over at once where nothing runs, whatever stays connected, and may be asked for twice", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })));
    const idle = openRaw(proxy.port, post(proxy.port, smallBody));
    await until(() => idle.received().includes('{"ok":true}'));
    await Promise.all([proxy.running.close(60_000), proxy.running.close(60_000)]);
    await idle.closed;
    await proxy.running.close();
  });
});
