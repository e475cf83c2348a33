import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { ask, type ClientAnswer, openRaw, streamBody } from "../proxy/support/client.ts";
import { localToken, posts, realKey, startPair, until } from "../proxy/support/test-proxy.ts";
import { chunk, lastChunk, streamHead } from "../support/chat-proxy.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { begun, frames, overloaded, whole } from "../support/upstream-faults.ts";

const asked: readonly (readonly [string, string])[] = [
  ["/v1/messages", streamBody],
  ["/v1/chat/completions", '{"model":"claude-opus-4-7","stream":true,"messages":[{"role":"user","content":"hi"}]}'],
  ["/v1/chat/completions", '{"model":"claude-opus-4-7","messages":[{"role":"user","content":"hi"}]}'],
  ["/v1/responses", '{"model":"claude-opus-4-7","stream":true,"input":"hi"}'],
];

const request = (port: number, path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nx-api-key: ${localToken}\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe("an upstream that says all and never ends", () => {
  it.each([
    ["says nothing more", whole],
    ["goes on with half a frame", `${whole}event: more\ndata: {`],
  ])("and %s: the client's stream ends by itself, whole, without an error", async (_name, text) => {
    const clock = createFakeClock();
    const { proxy, upstream } = await startPair(
      async ({ method }, connection) => {
        if (method === "POST") await connection.write(Buffer.concat([Buffer.from(streamHead()), chunk(text)]));
      },
      { clock },
    );
    let received = "";
    let answer: ClientAnswer | undefined;
    const done = ask(proxy.port, {
      body: streamBody,
      onData: (piece) => {
        received += piece.toString("latin1");
      },
    }).then((told) => {
      answer = told;
    });
    await until(() => received === text);
    await until(() => {
      if (answer === undefined) clock.advance(1_000);
      return answer !== undefined;
    });
    await done;
    expect(answer?.isWhole).toBe(true);
    expect(answer?.body.toString("latin1")).toBe(text);
    expect(clock.now() - createFakeClock().now()).toBeLessThan(600_000);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "completed", usage: { inputTokens: 10, outputTokens: 5 } });
    await until(() => upstream.openConnections() === 0);
  });
});

describe("an error behind a whole answer", () => {
  const error = (text: string): string => frames({ type: "error", error: { type: "api_error", message: text } });
  const split = `no ${realKey}`;

  it.each([
    ["in the same packet", [whole + overloaded]],
    ["in a packet of its own", [whole, overloaded]],
    ["and the packet before cuts the end's last byte off", [whole.slice(0, -1), `\n${overloaded}`]],
    ["that repeats the key", [whole + error(split)]],
    ["that repeats the key in two packets", [whole + error(split).slice(0, 60), error(split).slice(60)]],
    ["that repeats the key and has no end", [whole, error(split).slice(0, -1)]],
    ["that repeats the key's beginning alone", [whole, error(split).slice(0, 60)]],
  ])("%s: the row says that the client got all of it, the bytes go out, the key doesn't", async (_name, packets) => {
    for (const [path, body] of asked) {
      const { proxy } = await startPair(
        async ({ method }, connection) => {
          if (method !== "POST") return;
          await connection.write(streamHead());
          for (const packet of packets) {
            await connection.write(chunk(packet));
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          await connection.write(lastChunk);
        },
        { chat: "translate" },
      );
      const answer = await ask(proxy.port, { path, body });
      await proxy.untilEnded(1);
      expect(proxy.ended[0]).toMatchObject({ outcome: "completed", usage: { inputTokens: 10, outputTokens: 5 } });
      expect(proxy.ended[0]?.errorCode).toBeUndefined();
      expect(answer.isWhole).toBe(true);
      expect(answer.text).not.toContain(realKey);
      if (path !== "/v1/messages") continue;
      const mask = (text: string): string => text.replace(realKey, `zk_${".".repeat(realKey.length - 7)}cdef`);
      expect(answer.body.toString("latin1")).toBe(mask(packets.join("")));
      const isTold = packets.join("").endsWith("\n\n") && !_name.includes("two packets");
      expect(proxy.ended[0]?.warnings.map(({ code }) => code)).toEqual(isTold ? ["late-error"] : []);
    }
  });

  it("and one in front of the end is an error still", async () => {
    const { proxy } = await startPair(async ({ method }, connection) => {
      if (method !== "POST") return;
      await connection.write(streamHead());
      await connection.write(chunk(begun + overloaded + whole.slice(-60)));
      await connection.write(lastChunk);
    });
    await ask(proxy.port, { body: streamBody });
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_STATUS" });
  });
});

describe("a connection that is used again", () => {
  const html = "HTTP/1.1 502 X\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n<a>ab";
  const evil = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"evil":1';
  const streamed = (text: string): string => streamHead() + chunk(text).toString("latin1") + lastChunk;

  it.each([
    ["an error", "HTTP/1.1 500 X\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"],
    ["a page", html],
    ["nothing (204)", "HTTP/1.1 204 X\r\n\r\n"],
    ["an error event", streamed(overloaded)],
    ["a cut stream", streamed(begun)],
    ["two answers at once", streamed(whole) + evil],
    ["trailers", `${streamed(whole).slice(0, -2)}x-late: 1\r\nset-cookie: evil=1\r\n\r\n`],
    ["a 100 that nobody asked for and an answer", `HTTP/1.1 100 Continue\r\nx: evil\r\n\r\n${streamed(whole)}`],
    ["an early hint and an answer", `HTTP/1.1 103 Early Hints\r\nlink: </evil>\r\n\r\n${streamed(whole)}`],
  ])("behind %s gets its own answers and no other's", async (_name, first) => {
    for (const [path, body] of asked) {
      let count = 0;
      const { proxy, upstream } = await startPair(
        async ({ method }, connection) => {
          if (method === "POST") await connection.write(++count % 2 === 1 ? first : streamed(whole));
        },
        { chat: "translate" },
      );
      const client = openRaw(proxy.port);
      for (let turn = 1; turn <= 4; turn++) {
        client.socket.write(request(proxy.port, path, body));
        await proxy.untilEnded(turn);
      }
      await until(() => client.received().toString("latin1").split("HTTP/1.1 ").length === 5);
      expect(posts(upstream)).toHaveLength(4);
      expect([proxy.ended[1]?.outcome, proxy.ended[3]?.outcome]).toEqual(["completed", "completed"]);
      expect(client.received().toString("latin1")).not.toContain("evil");
      client.socket.destroy();
    }
  });
});

describe("a client that leaves", () => {
  const phases = [
    "in its headers",
    "in its body",
    "before the budget",
    "before the head",
    "behind the head",
    "in the stream",
  ];

  it.each(phases)("%s leaves at most one row, and nothing that runs", async (phase) => {
    for (const [path, body] of asked) {
      for (const leave of ["end", "resetAndDestroy"] as const) {
        let release = (): void => undefined;
        const mayGo = new Promise<void>((resolve) => {
          release = resolve;
        });
        let asksBudget = false;
        let closed = 0;
        const { proxy, upstream } = await startPair(
          async ({ method }, connection) => {
            if (method !== "POST") return;
            void connection.closed.then(() => closed++);
            if (phase === "behind the head") await connection.write(streamHead());
            if (phase === "in the stream")
              await connection.write(streamHead() + chunk(frames() + begun).toString("latin1"));
          },
          {
            chat: "translate",
            checkBudget: async () => {
              asksBudget = true;
              if (phase === "before the budget") await mayGo;
              return undefined;
            },
          },
        );
        const socket = connect(proxy.port, "127.0.0.1");
        socket.on("error", () => undefined);
        socket.on("data", () => undefined);
        const text = request(proxy.port, path, body);
        const cut = phase === "in its headers" ? 60 : phase === "in its body" ? -10 : undefined;
        await new Promise<void>((resolve) => socket.write(text.slice(0, cut), () => resolve()));
        const isSent = !["in its headers", "in its body", "before the budget"].includes(phase);
        if (phase === "before the budget") await until(() => asksBudget);
        else if (isSent) await until(() => posts(upstream)[0]?.complete === true);
        else await new Promise((resolve) => setTimeout(resolve, 20));
        socket[leave]();
        if (phase !== "in its headers") await proxy.untilEnded(1);
        release();
        if (isSent) await until(() => closed === 1);
        // Whatever it may have set going shows in the time that another request takes.
        expect((await ask(proxy.port, { path: "/healthz?nonce=0123456789abcdef", method: "GET" })).status).toBe(200);
        expect(posts(upstream)).toHaveLength(isSent ? 1 : 0);
        expect(proxy.ended.map(({ outcome }) => outcome)).toEqual(phase === "in its headers" ? [] : ["client_aborted"]);
        socket.destroy();
      }
    }
  });
});
