import { describe, expect, it } from "vitest";
import {
  ask,
  chunk,
  closeProxy,
  lastChunk,
  localToken,
  startChatRaw,
  streamHead,
  until,
} from "../support/chat-proxy.ts";
import {
  blockStart,
  delta,
  frameOf,
  messageEnd,
  messageStart,
  type TestEvent,
  textBlock,
} from "../support/hub-streams.ts";
import { listen, moment, quiet } from "../support/quiet-chat.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";

const frames = (...events: readonly TestEvent[]): string => events.map(frameOf).join("");
const whole = frames(messageStart(), ...textBlock(0, "Hello"), ...messageEnd("end_turn"));
const begun = frames(
  messageStart(),
  blockStart(0, { type: "text", text: "" }),
  delta(0, { type: "text_delta", text: "Hel" }),
);
const rest = whole.slice(whole.indexOf("event: content_block_stop"));

const pings = (text: string): number => text.split(": ping\n\n").length - 1;

describe("silence", () => {
  it("of an upstream without a status is answered with pings after 45 s, and a late answer is whole", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true);
    const upstream = await posted();
    clock.advance(44_900);
    await moment();
    expect(answer.status()).toBe(0);
    clock.advance(200);
    await until(() => pings(answer.text()) === 1);
    expect(answer.status()).toBe(200);
    clock.advance(15_000);
    await until(() => pings(answer.text()) === 2);
    await upstream.write(streamHead());
    await upstream.write(chunk(whole));
    await upstream.write(lastChunk);
    await until(answer.ended);
    expect(answer.text()).toContain('"content":"Hello"');
    expect(answer.text()).toMatch(/data: \[DONE\]\n\n$/);
    expect(await chat.record()).toMatchObject({ outcome: "completed", stream: true });
  });

  it("that ends with an error status is ended with an error in-band", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true);
    const upstream = await posted();
    clock.advance(45_001);
    await until(() => pings(answer.text()) === 1);
    await upstream.write(
      jsonAnswer({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, 529),
    );
    await until(answer.ended);
    const last = answer.text().split("\n\n").at(-2) ?? "";
    expect(JSON.parse(last.slice("data: ".length))).toEqual({
      error: { message: "Overloaded", type: "overloaded_error", param: null, code: "overloaded" },
    });
    expect(answer.text()).not.toContain("[DONE]");
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error" });
  });

  it.each([
    ["a page", "HTTP/1.1 503 X\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"],
    ["a redirect", "HTTP/1.1 302 X\r\nlocation: https://elsewhere.invalid/\r\ncontent-length: 0\r\n\r\n"],
    ["an answer that is no stream", jsonAnswer({ type: "message" })],
  ])("that ends with %s is ended with an error in-band", async (_name, bytes) => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true);
    const upstream = await posted();
    clock.advance(45_001);
    await until(() => pings(answer.text()) === 1);
    await upstream.write(bytes);
    await until(answer.ended);
    expect(answer.text()).toMatch(/data: \{"error":\{"message":"zenthrex: .*\n\n$/);
    expect(answer.text()).not.toContain("[DONE]");
  });

  it("in mid-stream is answered with comments every 15 s [F53]", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await until(() => answer.text().includes("Hel"));
    clock.advance(14_900);
    await moment();
    expect(pings(answer.text())).toBe(0);
    clock.advance(200);
    await until(() => pings(answer.text()) === 1);
    for (let count = 2; count <= 4; count++) {
      clock.advance(15_000);
      await until(() => pings(answer.text()) === count);
    }
    await upstream.write(chunk(rest));
    await until(answer.ended);
    expect(answer.text()).toMatch(/data: \[DONE\]\n\n$/);
  });

  it("behind the status is answered with comments too, and an error then comes in-band", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true);
    const upstream = await posted();
    await upstream.write(streamHead());
    await moment();
    expect(answer.status()).toBe(0);
    clock.advance(15_001);
    await until(() => pings(answer.text()) === 1);
    await upstream.write(chunk(frames({ type: "error", error: { type: "api_error", message: "late" } })));
    await until(answer.ended);
    expect(answer.status()).toBe(200);
    expect(answer.text()).toContain('"message":"late"');
  });

  it("of 630 s is a 504 where nothing was sent [F54]", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, false);
    const upstream = await posted();
    clock.advance(629_000);
    await moment();
    expect(answer.status()).toBe(0);
    clock.advance(1_001);
    await until(answer.ended);
    expect(answer.status()).toBe(504);
    expect(answer.text()).toContain('"code":"upstream_timeout"');
    await upstream.closed;
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_TIMEOUT" });
  });

  it("of 630 s ends an open stream with an error, and pings stop 30 s before [F54]", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await until(() => answer.text().includes("Hel"));
    for (let seconds = 0; seconds < 600; seconds += 15) {
      clock.advance(15_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await moment();
    const most = pings(answer.text());
    expect(most).toBeGreaterThanOrEqual(39);
    clock.advance(30_000);
    await until(answer.ended);
    expect(pings(answer.text())).toBeLessThanOrEqual(40);
    expect(answer.text()).toContain('"code":"upstream_timeout"');
    await upstream.closed;
  });

  it("of a caller's JSON answer is nothing as long as the upstream speaks", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, false);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    for (let count = 0; count < 3; count++) {
      await moment();
      clock.advance(600_000);
      await upstream.write(chunk(frames({ type: "ping" })));
    }
    await moment();
    await upstream.write(chunk(rest));
    await until(answer.ended);
    expect(answer.status()).toBe(200);
    expect(answer.text()).toContain('"content":"Hel"');
  });
});

describe("an upstream that says message_stop", () => {
  it.each([true, false])("but doesn't end its answer is left 2 s later (stream: %s)", async (stream) => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, stream);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(whole));
    await until(answer.ended);
    expect((await chat.record()).outcome).toBe("completed");
    await moment();
    expect(upstream.socket.destroyed).toBe(false);
    clock.advance(2_001);
    await upstream.closed;
  });

  it("and ends its answer is asked again on the same connection", async () => {
    const numbers: number[] = [];
    const chat = await startChatRaw(async (connection) => {
      for (;;) {
        await connection.readRequest();
        numbers.push(connection.number);
        await connection.write(Buffer.concat([Buffer.from(streamHead()), chunk(whole), Buffer.from(lastChunk)]));
      }
    });
    for (let count = 0; count < 4; count++) await (await chat.post({ ...ask("x"), stream: count % 2 === 0 })).text();
    expect(new Set(numbers).size).toBeLessThan(numbers.length);
  });
});

describe("a client that leaves [F3 F4 F5]", () => {
  const phases: readonly (readonly [string, (upstream: RawConnection) => Promise<void>])[] = [
    ["before the status", async () => undefined],
    ["behind the status", (upstream) => upstream.write(streamHead())],
    [
      "in mid-stream",
      async (upstream) => {
        await upstream.write(streamHead());
        await upstream.write(chunk(begun));
      },
    ],
  ];

  it.each(phases.flatMap(([name, act]) => [true, false].map((stream) => [name, stream, act] as const)))(
    "%s (stream: %s) ends the call upstream",
    async (_name, stream, act) => {
      const { chat, posted } = await quiet();
      const answer = listen(chat, stream);
      const upstream = await posted();
      await act(upstream);
      await moment();
      answer.leave();
      await upstream.closed;
      const record = await chat.record();
      expect(record.outcome).toBe("client_aborted");
      expect(chat.upstream.requests).toHaveLength(1);
    },
  );

  it("leaves the usage that was told until then in the record", async () => {
    const { chat, posted } = await quiet();
    const answer = listen(chat, true);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await until(() => answer.text().includes("Hel"));
    answer.leave();
    expect((await chat.record()).usage).toMatchObject({ inputTokens: 10, outputTokens: 1 });
  });

  it("while its body is decoded causes no call", async () => {
    const chat = await startChatRaw(() => undefined);
    const leaving = new AbortController();
    const { brotliCompressSync } = await import("node:zlib");
    const body = brotliCompressSync(Buffer.from(JSON.stringify(ask("x ".repeat(8_000_000)))));
    const asked = fetch(`${chat.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${localToken}`, "content-type": "application/json", "content-encoding": "br" },
      body,
      signal: leaving.signal,
    });
    setTimeout(() => leaving.abort(), 5);
    await asked.catch(() => undefined);
    await moment();
    expect(chat.upstream.requests.filter(({ method }) => method === "POST")).toEqual([]);
  });
});

describe("a client that reads slowly", () => {
  it("makes the upstream wait, and gets all of it in the end [F6]", async () => {
    const piece = frames(delta(0, { type: "text_delta", text: "y".repeat(16_000) }));
    const pieces = 2_000;
    let written = 0;
    const chat = await startChatRaw(async (connection) => {
      await connection.readRequest();
      await connection.write(streamHead());
      await connection.write(chunk(begun));
      for (; written < pieces; written++) await connection.write(chunk(piece));
      await connection.write(chunk(rest));
      await connection.write(lastChunk);
    });
    const response = await chat.post({ ...ask("x"), stream: true });
    const reader = response.body?.getReader();
    await reader?.read();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(written).toBeLessThan(pieces);
    let bytes = 0;
    let tail = "";
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      bytes += value.length;
      tail = (tail + Buffer.from(value).toString("latin1")).slice(-40);
    }
    expect(written).toBe(pieces);
    expect(bytes).toBeGreaterThan(pieces * 16_000);
    expect(tail).toMatch(/data: \[DONE\]\n\n$/);
  });
});

describe("a proxy that closes", () => {
  it.each([true, false])("ends what runs with an error (stream: %s)", async (stream) => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, stream);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await moment();
    await closeProxy(chat.proxy, clock);
    await until(answer.ended);
    expect(answer.status()).toBe(stream ? 200 : 503);
    expect(answer.text()).toContain('"code":"overloaded"');
    expect(answer.text()).not.toContain("[DONE]");
    expect((await chat.record()).outcome).toBe("interrupted");
  });
});
