import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { jsonAnswer, type RawUpstream, startRawUpstream } from "./raw-upstream.ts";

let upstream: RawUpstream | undefined;
afterEach(async () => {
  await upstream?.close();
  upstream = undefined;
});

describe("startRawUpstream", () => {
  it("hands over a request that arrives byte by byte, with header case, order and duplicates", async () => {
    upstream = await startRawUpstream(async (connection) => {
      await connection.readRequest();
      await connection.write(jsonAnswer({ ok: true }));
      connection.end();
    });
    const socket = connect(upstream.port, "127.0.0.1");
    for (const byte of "POST /v1/x?y HTTP/1.1\r\nHost: a\r\nX-B: 1\r\nx-b: 2\r\ncontent-length: 3\r\n\r\nabc")
      socket.write(byte);
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
    });
    await once(socket, "end");
    expect(answer).toContain('{"ok":true}');
    expect(upstream.requests).toMatchObject([
      {
        method: "POST",
        path: "/v1/x?y",
        rawHeaders: ["Host", "a", "X-B", "1", "x-b", "2", "content-length", "3"],
        complete: true,
      },
    ]);
    expect(upstream.requests[0]?.body.toString()).toBe("abc");
    socket.destroy();
  });

  it("counts a request that the script never reads, and one whose body never ends", async () => {
    upstream = await startRawUpstream(() => undefined);
    const socket = connect(upstream.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await expect.poll(() => upstream?.requests.length).toBe(2);
    await expect.poll(() => upstream?.requests[1]?.body.toString()).toBe("abc");
    expect(upstream.requests.map((request) => request.complete)).toEqual([true, false]);
    expect(upstream.connections()).toBe(1);
    socket.destroy();
  });

  it("resets for real: the peer sees ECONNRESET", async () => {
    upstream = await startRawUpstream((connection) => connection.reset());
    const socket = connect(upstream.port, "127.0.0.1");
    const [error] = await once(socket, "error");
    expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
  });

  it("throws a script's own error when it is closed, but not the peer's leaving", async () => {
    const failing = await startRawUpstream(() => {
      throw new Error("script is wrong");
    });
    const first = connect(failing.port, "127.0.0.1");
    await once(first, "connect");
    await expect.poll(() => failing.connections()).toBe(1);
    await new Promise(setImmediate);
    await expect(failing.close()).rejects.toThrow("script is wrong");
    first.destroy();

    upstream = await startRawUpstream(async (connection) => void (await connection.readRequest()));
    const second = connect(upstream.port, "127.0.0.1");
    second.end();
    await once(second, "close");
  });
});
