import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createUpstreamClient, type UpstreamClientOptions } from "../../src/upstream/client.ts";
import type { UpstreamClient } from "../../src/upstream/types.ts";
import { jsonAnswer, type RawConnection, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";
import { getModels, postMessages, record } from "../support/upstream-call.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(
  script: (connection: RawConnection) => Promise<void> | void,
  options: Partial<UpstreamClientOptions> = {},
): Promise<{ upstream: RawUpstream; client: UpstreamClient }> {
  const upstream = await startRawUpstream(script);
  const client = createUpstreamClient({ origin: upstream.url, clock: systemClock, ...options });
  open.push(upstream, client);
  return { upstream, client };
}

/** Answers every request of a connection with the same bytes and goes on. */
const always =
  (bytes: string) =>
  async (connection: RawConnection): Promise<void> => {
    for (;;) {
      await connection.readRequest();
      await connection.write(bytes);
    }
  };

describe("a call", () => {
  it("tells its handler right before its first byte leaves, and is not sent where that breaks", async () => {
    const { client, upstream } = await start(always(jsonAnswer("{}")));
    let bytesBefore = -1;
    const said = (onSend: () => void): Promise<string> =>
      new Promise((resolve) => {
        client.send(postMessages, {
          onSend,
          onHeaders: () => undefined,
          onData: () => undefined,
          onEnd: () => resolve("answered"),
          onFailure: ({ code }) => resolve(code),
        });
      });
    const answered = said(() => {
      bytesBefore = upstream.bytesReceived();
    });
    expect([await answered, bytesBefore]).toEqual(["answered", 0]);
    const broken = said(() => {
      throw new Error("no");
    });
    expect([await broken, upstream.requests.length]).toEqual(["ZX_INTERNAL", 1]);
  });
});

describe("an answer", () => {
  it("arrives with status, body and raw headers: case, order, duplicates and latin1 kept", async () => {
    const raw = ["X-Second", "b", "Request-Id", "req_1", "x-second", "a\u00e9", "Content-Length", "2"];
    const head = raw.flatMap((part, index) => (index % 2 === 0 ? [`${part}: ${raw[index + 1]}\r\n`] : [])).join("");
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write(Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\nok`, "latin1"));
    });
    const call = record(client);
    await call.done;
    expect(call.events).toEqual(["headers 200", "data 2", "end delimited"]);
    expect(call.headers()).toEqual(raw);
  });

  it("is whatever status the upstream gave: redirects are handed over and not followed [T10]", async () => {
    const { client, upstream } = await start(async (connection) => {
      const { path } = await connection.readRequest();
      const status = path.slice(1);
      await connection.write(
        `HTTP/1.1 ${status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      );
      connection.end();
    });
    for (const status of [299, 301, 302, 303, 307, 308, 400, 402, 429, 529, 600]) {
      const call = record(client, { ...postMessages, path: `/${status}` });
      await call.done;
      expect(call.events).toEqual([`headers ${status}`, "end delimited"]);
    }
    expect(upstream.requests.length).toBe(11);
  });

  const early = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
  const processing = "HTTP/1.1 102 Processing\r\n\r\n";
  const goOn = "HTTP/1.1 100 Continue\r\n\r\n";
  it.each([
    ["hints", early + processing + early],
    ["a 100 that nobody asked for", goOn],
    ["all of them", early + goOn + goOn + processing + goOn + early],
    ["one that says that the connection ends", "HTTP/1.1 100 Continue\r\nconnection: close\r\n\r\n"],
    ["one of HTTP/1.0 without a reason", "HTTP/1.0 100\r\nx: y\r\n\r\n"],
    ["a thousand", goOn.repeat(1_000)],
  ])("begins behind any number of 1xx heads, also on a connection that is used again: %s", async (_name, heads) => {
    const { client, upstream } = await start(always(heads + jsonAnswer({ a: heads.length > 0 })));
    for (let count = 0; count < 3; count++) {
      const call = record(client);
      await call.done;
      expect(call.events).toEqual(["headers 200", "data 10", "end delimited"]);
      expect(call.body()).toBe('{"a":true}');
      // undici looks at an idle connection for a turn of the event loop before it uses it again.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(upstream.connections()).toBe(1);
  });

  it("begins behind 1xx heads wherever the packets are cut", async () => {
    const whole = goOn + early + goOn + jsonAnswer({});
    const { client } = await start(async (connection) => {
      for (;;) {
        const { path } = await connection.readRequest();
        const at = Number(path.slice(1));
        await connection.write(whole.slice(0, at));
        await new Promise((resolve) => setTimeout(resolve, 2));
        await connection.write(whole.slice(at));
      }
    });
    for (let at = 1; at < whole.length; at++) {
      const call = record(client, { ...postMessages, path: `/${at}` });
      await call.done;
      expect([at, ...call.events.filter((event) => !event.startsWith("data"))]).toEqual([
        at,
        "headers 200",
        "end delimited",
      ]);
      expect(call.body()).toBe("{}");
    }
  });

  it("may say 1xx in its body as it likes", async () => {
    const text = `${goOn}HTTP/1.1 100 Continue`;
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n`);
      for (const byte of text) await connection.write(byte);
    });
    const call = record(client);
    await call.done;
    expect(call.body()).toBe(text);
  });

  it.each([
    ["a HEAD answer with a length", "HEAD", "200 OK\r\ncontent-length: 5\r\n"],
    ["a HEAD answer without one", "HEAD", "200 OK\r\n"],
    ["204", "POST", "204 No Content\r\n"],
    ["304", "GET", "304 Not Modified\r\ncontent-length: 5\r\n"],
  ] as const)("without a body ends at its head and counts as delimited: %s", async (_name, method, head) => {
    const { client } = await start(always(`HTTP/1.1 ${head}\r\n`));
    const call = record(client, { method, path: "/v1/models", headers: [] });
    await call.done;
    expect(call.events).toEqual([`headers ${head.slice(0, 3)}`, "end delimited"]);
  });

  it.each([
    ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "end delimited"],
    ["with a length", "HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 2\r\n\r\nok", "end delimited"],
    ["until the end of the connection", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nok", "end open"],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nok", "end open"],
  ])("says how its end was told: %s", async (_name, bytes, end) => {
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write(bytes);
      connection.end();
    });
    const call = record(client);
    await call.done;
    expect([call.events.at(-1), call.body()]).toEqual([end, "ok"]);
  });

  it("arrives although it came before the whole request was sent [F56]", async () => {
    const { client } = await start(async (connection) => {
      await connection.readHead();
      await connection.write("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
      await connection.readRequest().catch(() => undefined);
      connection.end();
    });
    const call = record(client, { ...postMessages, body: Buffer.alloc(20_000_000, 0x20) });
    await call.done;
    expect(call.events).toEqual(["headers 413", "data 2", "end delimited"]);
  });

  it("of one byte at a time is the same answer [F59]", async () => {
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      for (const byte of "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\u00e4\r\n0\r\n\r\n") {
        await connection.write(Buffer.from(byte, "latin1"));
      }
    });
    const call = record(client);
    await call.done;
    expect(call.events).toEqual(["headers 200", "data 1", "end delimited"]);
  });
});

describe("an early end [F30 F32 F47]", () => {
  const length = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n";
  const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n";
  const cut = ["headers 200", "data 2", "failure ZX_UPSTREAM_CUT"];
  const open = ["headers 200", "data 2", "end open"];
  const reset = ["failure ZX_UPSTREAM_RESET"];
  const garbage = ["failure ZX_UPSTREAM_NOT_API"];
  it.each([
    ["FIN within a length", `${length}\r\nok`, "fin", cut],
    ["FIN within a length, connection: close", `${length}connection: close\r\n\r\nok`, "fin", cut],
    ["RST within a length", `${length}\r\nok`, "rst", cut],
    ["RST within a length, connection: close", `${length}connection: close\r\n\r\nok`, "rst", cut],
    ["FIN between chunks", `${chunked}\r\n2\r\nok\r\n`, "fin", cut],
    ["FIN between chunks, connection: close", `${chunked}connection: close\r\n\r\n2\r\nok\r\n`, "fin", cut],
    ["FIN within a chunk", `${chunked}\r\n9\r\nok`, "fin", cut],
    ["FIN within a chunk, connection: close", `${chunked}connection: close\r\n\r\n9\r\nok`, "fin", cut],
    ["RST between chunks", `${chunked}\r\n2\r\nok\r\n`, "rst", cut],
    ["RST between chunks, connection: close", `${chunked}connection: close\r\n\r\n2\r\nok\r\n`, "rst", cut],
    ["FIN behind the last chunk's size", `${chunked}\r\n2\r\nok\r\n0\r\n`, "fin", cut],
    ["a chunk size that is none", `${chunked}\r\n2\r\nok\r\nzz\r\n`, "stay", cut],
    ["FIN of a body without length", "HTTP/1.1 200 OK\r\n\r\nok", "fin", open],
    ["RST of a body without length", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok", "rst", open],
    ["FIN before a byte", "", "fin", reset],
    ["RST before a byte", "", "rst", reset],
    ["FIN within the head", "HTTP/1.1 200 OK\r\ncontent-", "fin", reset],
    ["RST within the head", "HTTP/1.1 200 OK\r\ncontent-", "rst", reset],
    ["FIN behind a 103", "HTTP/1.1 103 Early Hints\r\n\r\n", "fin", reset],
    ["a status line that is none", "220 mail.example ESMTP\r\n\r\n", "stay", garbage],
    ["an HTML page without a head", "<html><body>Log in</body></html>\r\n", "stay", garbage],
    ["a NUL in a header", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nx: a\0b\r\n\r\nabc", "stay", garbage],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc", "stay", garbage],
    ["a head of 17 KB", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(17_000)}\r\ncontent-length: 0\r\n\r\n`, "stay", garbage],
    ["FIN behind a 100", "HTTP/1.1 100 Continue\r\n\r\n", "fin", reset],
    ["FIN within the head of a 100", "HTTP/1.1 100 Conti", "fin", reset],
    ["RST behind a 100", "HTTP/1.1 100 Continue\r\n\r\n", "rst", reset],
    ["a 100 of 17 KB", `HTTP/1.1 100 Continue\r\nx: ${"a".repeat(17_000)}\r\n\r\n`, "stay", garbage],
    ["no HTTP behind a 100", "HTTP/1.1 100 Continue\r\n\r\n220 mail.example ESMTP\r\n\r\n", "stay", garbage],
    [
      "an upgrade that nobody asked for",
      "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      "stay",
      garbage,
    ],
  ] as const)(
    "is told as what it is, with sent, and nothing is sent again: %s",
    async (_name, bytes, end, expected) => {
      const { client, upstream } = await start(async (connection) => {
        await connection.readRequest();
        if (bytes !== "") await connection.write(Buffer.from(bytes, "latin1"));
        // The bytes first, or the reset would overtake them.
        if (end === "rst") await new Promise((resolve) => setTimeout(resolve, 30));
        if (end === "rst") connection.reset();
        if (end === "fin") connection.end();
        await connection.closed;
      });
      const call = record(client);
      await call.done;
      expect(call.events).toEqual(expected);
      if (call.failure()) {
        expect(call.failure()?.sent).toBe(true);
        expect(call.failure()?.message).toContain(`127.0.0.1:${upstream.port}`);
      }
      expect(upstream.requests.length).toBe(1);
      // The client is as good as before.
      expect(upstream.connections()).toBe(1);
    },
  );

  it.each([
    ["chunked", "transfer-encoding: chunked\r\n\r\n5\r\ndata:\r\n3\r\n x\n\r\n0\r\n\r\n"],
    ["chunked, closing", "connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\ndata:\r\n0\r\n\r\n"],
    ["with a length", "content-length: 9\r\n\r\ndata: xyz"],
    ["with a length, closing", "connection: close\r\ncontent-length: 9\r\n\r\ndata: xyz"],
  ])("never looks like a whole answer, at whichever byte it comes: %s", async (_name, rest) => {
    const whole = `HTTP/1.1 200 OK\r\n${rest}`;
    const { client, upstream } = await start(async (connection) => {
      const { path } = await connection.readRequest();
      await connection.write(whole.slice(0, Number(path.slice(1))));
      connection.end();
    });
    for (let length = 0; length <= whole.length; length++) {
      const call = record(client, { ...postMessages, path: `/${length}` });
      await call.done;
      const last = call.events.at(-1);
      if (length === whole.length) expect(last).toBe("end delimited");
      else expect(last).toMatch(/^failure ZX_UPSTREAM_(CUT|RESET)$/);
    }
    expect(upstream.requests.length).toBe(whole.length + 1);
  });

  it("by an upstream that never reads the request is a timeout", async () => {
    const { client } = await start(
      async (connection) => {
        connection.socket.pause();
        await connection.closed;
      },
      { headersTimeoutMs: 400 },
    );
    const call = record(client, { ...postMessages, body: Buffer.alloc(40_000_000, 0x20) });
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_TIMEOUT"]);
    expect(call.failure()?.sent).toBe(true);
  });

  it("by a refusal and a reset in the middle of the request is told once: the answer whole, or cut", async () => {
    const { client } = await start(async (connection) => {
      await connection.readHead();
      connection.socket.pause();
      await connection.write("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
      connection.reset();
    });
    for (let round = 0; round < 20; round++) {
      const call = record(client, { ...postMessages, body: Buffer.alloc(5_000_000, 0x20) });
      await call.done;
      const last = call.events.at(-1);
      if (last === "end delimited") expect([call.statuses, call.body()]).toEqual([[413], "no"]);
      else expect(call.failure()).toMatchObject({ sent: true, code: expect.stringMatching(/_(CUT|RESET)$/) });
      expect(call.events.filter((event) => /^(end|failure)/.test(event)).length).toBe(1);
    }
  });

  it("leaves no trace in the next call", async () => {
    let count = 0;
    const { client, upstream } = await start(async (connection) => {
      await connection.readRequest();
      if (++count === 1) return connection.reset();
      await connection.write(jsonAnswer({ ok: true }));
      await connection.closed;
    });
    await record(client).done;
    const second = record(client);
    await second.done;
    expect(second.body()).toBe('{"ok":true}');
    expect(upstream.requests.length).toBe(2);
  });

  it("by silence before the head is a timeout", async () => {
    const { client } = await start(async (connection) => void (await connection.closed), { headersTimeoutMs: 400 });
    const call = record(client);
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_TIMEOUT"]);
    expect(call.failure()).toMatchObject({ sent: true, message: expect.stringContaining("nothing for 0.4 s") });
  });

  it("by silence within the body is a timeout", async () => {
    const { client } = await start(always("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"), { bodyTimeoutMs: 400 });
    const call = record(client);
    await call.done;
    expect(call.events).toEqual(["headers 200", "data 2", "failure ZX_UPSTREAM_TIMEOUT"]);
  });

  it("does not come while bytes flow, however slowly [F59]", async () => {
    const { client } = await start(
      async (connection) => {
        await connection.readRequest();
        await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n");
        for (let index = 0; index < 8; index++) {
          await new Promise((resolve) => setTimeout(resolve, 250));
          await connection.write("x");
        }
      },
      { bodyTimeoutMs: 1_000 },
    );
    const call = record(client);
    await call.done;
    expect(call.events.at(-1)).toBe("end delimited");
  });
});

describe("law 3: sending again", () => {
  it("never happens to a POST whose connection died in use, on a reused connection either [F31]", async () => {
    const { client, upstream } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write(jsonAnswer({}));
      await connection.readRequest();
      connection.reset();
    });
    await record(client).done;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = record(client);
    await second.done;
    expect(second.events).toEqual(["failure ZX_UPSTREAM_RESET"]);
    expect(second.failure()?.sent).toBe(true);
    expect([upstream.requests.length, upstream.connections()]).toEqual([2, 1]);
  });

  it("does not happen to a GET that doesn't ask for it, nor to a POST that does", async () => {
    const { client, upstream } = await start(async (connection) => {
      await connection.readRequest();
      connection.reset();
    });
    await record(client, getModels).done;
    const post = record(client, { ...postMessages, retryOnce: true });
    await post.done;
    expect(post.events).toEqual(["failure ZX_UPSTREAM_RESET"]);
    expect(upstream.requests.length).toBe(2);
  });

  it("happens exactly once to a GET that asks for it", async () => {
    const { client, upstream } = await start(async (connection) => {
      await connection.readRequest();
      connection.reset();
    });
    const call = record(client, { ...getModels, retryOnce: true });
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_RESET"]);
    expect(upstream.requests.length).toBe(2);
  });

  it("helps a GET whose kept connection was closed under it [F31]", async () => {
    const { client, upstream } = await start(async (connection) => {
      if (connection.number === 1) {
        await connection.readRequest();
        return connection.reset();
      }
      await always(jsonAnswer({ ok: 1 }))(connection);
    });
    const call = record(client, { ...getModels, retryOnce: true });
    await call.done;
    expect(call.events).toEqual(["headers 200", "data 8", "end delimited"]);
    expect(upstream.requests.length).toBe(2);
  });

  it("is not done for an answer that has begun", async () => {
    const { client, upstream } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n");
      connection.end();
    });
    const call = record(client, { ...getModels, retryOnce: true });
    await call.done;
    expect(call.events).toEqual(["headers 200", "failure ZX_UPSTREAM_CUT"]);
    expect(upstream.requests.length).toBe(1);
  });
});

describe("abort", () => {
  it("before the connection exists puts no request on the wire, 100 times of 100", async () => {
    const { client, upstream } = await start(always(jsonAnswer({})));
    const calls = Array.from({ length: 100 }, () => record(client));
    for (const { call } of calls) call.abort();
    // A call after them all shows that the client still works, and that theirs would have come by now.
    await record(client, { ...postMessages, path: "/after" }).done;
    await expect.poll(() => upstream.openConnections()).toBeLessThanOrEqual(1);
    expect(upstream.requests.map(({ path }) => path)).toEqual(["/after"]);
    expect(calls.flatMap(({ events }) => events)).toEqual([]);
  });

  it("in every later phase closes the upstream's connection and ends the callbacks, 100 times of 100", async () => {
    const phases = ["sent", "headers", "data", "paused"] as const;
    const { client, upstream } = await start(async (connection) => {
      const { path } = await connection.readRequest();
      if (path !== "/sent") await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      if (path === "/data" || path === "/paused") await connection.write("2\r\nok\r\n");
      await connection.closed;
    });
    for (let round = 0; round < 25; round++) {
      for (const phase of phases) {
        const before = upstream.requests.length;
        const call = record(client, { ...postMessages, path: `/${phase}` });
        if (phase === "sent") await expect.poll(() => upstream.requests.length).toBe(before + 1);
        else await call.headed;
        if (phase === "data") await expect.poll(() => call.events.length, { interval: 1 }).toBe(2);
        if (phase === "paused") call.call.pause();
        const events = [...call.events];
        call.call.abort();
        call.call.abort();
        await expect.poll(() => upstream.openConnections(), { interval: 1 }).toBe(0);
        expect(call.events).toEqual(events);
      }
    }
    expect(upstream.requests.length).toBe(100);
  });

  it.each(["headers 200", "data 2"])("from inside the handler at %s ends the callbacks there", async (at) => {
    const { client, upstream } = await start(
      always("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n2\r\nok\r\n0\r\n\r\n"),
    );
    const call = record(client, postMessages, (event, running) => {
      if (event === at) running?.abort();
    });
    await expect.poll(() => upstream.openConnections()).toBe(0);
    await call.headed;
    expect(call.events.at(-1)).toBe(at);
  });

  it("after the end does nothing, and the connection is reused", async () => {
    const { client, upstream } = await start(always(jsonAnswer({})));
    const first = record(client);
    await first.done;
    first.call.abort();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await record(client).done;
    expect(upstream.connections()).toBe(1);
  });
});

describe("pause and resume", () => {
  it("hold the upstream back and lose nothing", async () => {
    const size = 32 * 1024 * 1024;
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
      const block = Buffer.alloc(1024 * 1024, 0x61);
      for (let sent = 0; sent < size; sent += block.length) await connection.write(block);
    });
    let received = 0;
    let whilePaused = 0;
    let pauses = 0;
    let paused = false;
    let next = 1024 * 1024;
    await new Promise<void>((resolve, reject) => {
      const call = client.send(postMessages, {
        onHeaders: () => undefined,
        onData(chunk) {
          received += chunk.length;
          if (paused) whilePaused++;
          if (received < next) return;
          next += 1024 * 1024;
          paused = true;
          pauses++;
          call.pause();
          setTimeout(() => {
            paused = false;
            call.resume();
          }, 1);
        },
        onEnd: () => resolve(),
        onFailure: ({ message }) => reject(new Error(message)),
      });
    });
    expect([received, whilePaused]).toEqual([size, 0]);
    expect(pauses).toBeGreaterThan(20);
  });

  it("may come before the connection does: no byte of the body passes a call that was paused at once", async () => {
    const { client, upstream } = await start(always(jsonAnswer({ ok: true })));
    const call = record(client);
    call.call.pause();
    await call.headed;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(call.events).toEqual(["headers 200"]);
    call.call.resume();
    await call.done;
    expect([call.body(), upstream.requests.length]).toEqual(['{"ok":true}', 1]);
  });

  it("lose nothing that came before the upstream's end", async () => {
    const size = 300_000;
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size + 1}\r\n\r\n`);
      await connection.write(Buffer.alloc(size, 0x61));
      connection.end();
    });
    const call = record(client, postMessages, (event, running) => {
      if (event.startsWith("data")) running?.pause();
    });
    const timer = setInterval(() => call.call.resume(), 1);
    await call.done;
    clearInterval(timer);
    expect([call.body().length, call.events.at(-1)]).toEqual([size, "failure ZX_UPSTREAM_CUT"]);
  });
});

describe("a handler that throws", () => {
  it.each(["headers 200", "data 2", "end delimited"])(
    "at %s is told ZX_INTERNAL with the cause, and other calls go on",
    async (at) => {
      const { client, upstream } = await start(always(jsonAnswer({})));
      const bug = new Error("a bug");
      const call = record(client, postMessages, (event) => {
        if (event === at) throw bug;
      });
      await expect.poll(() => call.failure()).toBeDefined();
      expect(call.failure()).toMatchObject({ code: "ZX_INTERNAL", cause: bug });
      const next = record(client);
      await next.done;
      expect(next.events.at(-1)).toBe("end delimited");
      expect(upstream.requests.length).toBe(2);
    },
  );
});
