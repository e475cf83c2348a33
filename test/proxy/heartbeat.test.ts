import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../support/fake-clock.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";
import { ask, jsonOf, openRaw, smallBody, streamBody, toolHeaders } from "./support/client.ts";
import { chunked, errorFramePattern, lastChunk, ping, sendStream, shortFrames, sseHead } from "./support/sse.ts";
import { localToken, posts, startPair, until } from "./support/test-proxy.ts";

const seconds = (count: number): number => count * 1_000;

/** A pair whose upstream says what the test lets it say, when. */
async function startSilent(path = "/v1/messages", body = streamBody) {
  const clock = createFakeClock();
  const connections: RawConnection[] = [];
  const { upstream, proxy } = await startPair((_request, connection) => void connections.push(connection), { clock });
  let text = "";
  let isOver = false;
  const note = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  const answered = ask(proxy.port, { path, body, onData: note }).finally(() => {
    isOver = true;
  });
  await until(() => connections.length === 1);
  const connection = connections[0]!;
  return {
    clock,
    upstream,
    proxy,
    connection,
    answered,
    text: () => text,
    isOver: () => isOver,
    send: (bytes: string) => connection.write(bytes),
    /** Lets the upstream send frames, and waits until the client has them. */
    async frames(frames: string) {
      await connection.write(chunked([Buffer.from(frames)]));
      await until(() => text.endsWith(frames));
    },
    /** Waits until the client has heard that many pings in all. */
    heard: (pings: number, frame = ping) => until(() => text.split(frame).length - 1 === pings),
  };
}

describe("the heartbeat of an open stream", () => {
  it("pings after each 15 s without a byte, between whole frames, and is not in the upstream's bytes [F53]", async () => {
    const { clock, answered, send, frames, heard, connection } = await startSilent();
    await send(sseHead);
    await frames(shortFrames[0]!);
    clock.advance(seconds(14.9));
    clock.advance(seconds(0.1));
    await heard(1);
    clock.advance(seconds(15));
    await heard(2);
    await connection.write(chunked([Buffer.from(shortFrames[1]!.slice(0, 10))]));
    clock.advance(seconds(15));
    await heard(3);
    await connection.write(chunked([Buffer.from(shortFrames[1]!.slice(10) + shortFrames.slice(2).join(""))]));
    await connection.write(lastChunk);
    const answer = await answered;
    expect(answer.text).toBe(shortFrames[0]! + ping.repeat(3) + shortFrames.slice(1).join(""));
  });

  it("is silent while the upstream is not", async () => {
    const { clock, answered, send, frames } = await startSilent();
    await send(sseHead);
    for (const frame of shortFrames.slice(0, -1)) {
      await frames(frame);
      clock.advance(seconds(10));
    }
    await frames(shortFrames.at(-1)!);
    clock.advance(seconds(60));
    await send(lastChunk);
    expect((await answered).text).toBe(shortFrames.join(""));
  });

  it("stops at 600 s of upstream silence, and at 630 s ends the stream with an error frame [F54]", async () => {
    const { clock, proxy, connection, answered, text, send, frames, heard, upstream } = await startSilent();
    await send(sseHead);
    await frames(shortFrames[0]!);
    for (let count = 1; count <= 39; count++) {
      clock.advance(seconds(15));
      await heard(count);
    }
    clock.advance(seconds(44));
    expect(text().split(ping)).toHaveLength(40);
    clock.advance(seconds(1));
    const answer = await answered;
    expect(answer.isWhole).toBe(true);
    expect(answer.text).toMatch(errorFramePattern);
    expect(JSON.parse(errorFramePattern.exec(answer.text)![1]!)).toMatchObject({ error: { type: "timeout_error" } });
    await connection.closed;
    expect(posts(upstream)).toHaveLength(1);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_TIMEOUT" });
  });

  it("does not take a clock that was set forward, or a machine that slept, for silence [F85 F91]", async () => {
    const { clock, answered, send, frames } = await startSilent();
    await send(sseHead);
    await frames(shortFrames[0]!);
    clock.jump(3_600_000);
    clock.advance(seconds(30));
    clock.jump(-7_200_000);
    clock.advance(seconds(30));
    await send(chunked([Buffer.from(shortFrames.slice(1).join(""))]).toString() + lastChunk);
    const { text } = await answered;
    expect(text.replaceAll(ping, "")).toBe(shortFrames.join(""));
  });

  it("pings OpenAI clients with a comment, in the raw lane to the upstream's own mirror", async () => {
    const { clock, answered, send, frames, heard } = await startSilent("/v1/chat/completions");
    await send(sseHead);
    const chunk = 'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[]}\n\n';
    await frames(chunk);
    clock.advance(seconds(15));
    await heard(1, ": ping\n\n");
    await frames("data: [DONE]\n\n");
    await send(lastChunk);
    expect((await answered).text).toBe(`${chunk}: ping\n\ndata: [DONE]\n\n`);
  });
});

describe("a long wait for the upstream's status", () => {
  it("sends nothing for 45 s, so that a late error keeps its status [F52]", async () => {
    const { clock, answered, send, text } = await startSilent();
    clock.advance(seconds(44.9));
    await send(jsonAnswer({ type: "error", error: { type: "rate_limit_error", message: "slow" } }, 429));
    expect((await answered).status).toBe(429);
    expect(text()).not.toContain("ping");
  });

  it("opens the stream at 45 s with pings, and the answer follows in it [F53]", async () => {
    const { clock, answered, heard, connection } = await startSilent();
    clock.advance(seconds(45));
    await heard(1);
    clock.advance(seconds(15));
    await heard(2);
    await sendStream(connection, [Buffer.from(shortFrames.join(""))]);
    const answer = await answered;
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(answer.text).toBe(ping.repeat(2) + shortFrames.join(""));
  });

  it.each([
    [
      "an error",
      jsonAnswer({ type: "error", error: { type: "overloaded_error", message: "full" } }, 529),
      "overloaded_error",
      "full",
    ],
    [
      "an error about the key",
      jsonAnswer({ type: "error", error: { type: "authentication_error", message: "no" } }, 401),
      "authentication_error",
      "no. Run `zenthrex login`",
    ],
    [
      "a page",
      "HTTP/1.1 503 X\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
      "overloaded_error",
      "503",
    ],
    [
      "a redirect",
      "HTTP/1.1 302 X\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n",
      "api_error",
      "evil.example",
    ],
    ["JSON where a stream was asked for", jsonAnswer({ id: "msg" }), "api_error", "not the hosted API"],
  ])("tells %s that came later in-band", async (_name, bytes, type, words) => {
    const { clock, answered, heard, send, proxy } = await startSilent();
    clock.advance(seconds(45));
    await heard(1);
    await send(bytes);
    const answer = await answered;
    expect(answer.status).toBe(200);
    const error = JSON.parse(errorFramePattern.exec(answer.text)![1]!) as { error: { type: string; message: string } };
    expect(error.error.type).toBe(type);
    expect(error.error.message).toContain(words);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]!.outcome).toBe("upstream_error");
  });

  it("makes both official SDKs raise where the late answer is an error", async () => {
    const clock = createFakeClock();
    const connections: RawConnection[] = [];
    const { proxy } = await startPair((_request, connection) => void connections.push(connection), { clock });
    const anthropic = new Anthropic({ baseURL: proxy.url, apiKey: localToken, maxRetries: 0 });
    const openai = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: localToken, maxRetries: 0 });
    const question = { model: "claude-opus-4-7", max_tokens: 1, messages: [{ role: "user" as const, content: "x" }] };
    const error = jsonAnswer(
      { type: "error", error: { type: "overloaded_error", message: "full", param: null, code: null } },
      503,
    );
    const asks = [
      async () => {
        for await (const _event of await anthropic.messages.create({ ...question, stream: true }));
      },
      async () => {
        for await (const _chunk of await openai.chat.completions.create({ ...question, stream: true }));
      },
    ];
    for (const [index, run] of asks.entries()) {
      const asked = run();
      const raised = expect(asked).rejects.toThrow(/full/);
      await until(() => connections.length === index + 1);
      clock.advance(seconds(45));
      await connections[index]!.write(error);
      await raised;
    }
  });

  it("at 630 s is a 504 where nothing was sent, in-band where the stream is open [F54]", async () => {
    const plain = await startSilent("/v1/messages", smallBody);
    plain.clock.advance(seconds(629));
    expect(plain.text()).toBe("");
    plain.clock.advance(seconds(1));
    const answer = await plain.answered;
    expect(answer.status).toBe(504);
    expect(jsonOf(answer)).toMatchObject({ type: "error", error: { type: "timeout_error" } });
    expect(answer.headers["x-should-retry"]).toBeUndefined();
    await plain.connection.closed;

    const streamed = await startSilent();
    for (let waited = 0; waited < 630; waited += 15) streamed.clock.advance(seconds(15));
    const late = await streamed.answered;
    expect(late.status).toBe(200);
    expect(late.text).toMatch(errorFramePattern);
    await streamed.connection.closed;
  });

  it("opens no stream for who asked for none, also where the word stands in the text", async () => {
    const body = smallBody.replace('"hi"', '"\\"stream\\":true"').replace("{", '{"stream":false,');
    const { clock, answered, send } = await startSilent("/v1/messages", body);
    clock.advance(seconds(300));
    await send(jsonAnswer({ id: "msg" }));
    expect(await answered).toMatchObject({ status: 200, text: '{"id":"msg"}' });
  });
});

describe("a client that doesn't read", () => {
  it("makes the upstream wait, is owed no ping meanwhile, gets all when it reads, and does not count as upstream silence [F6]", async () => {
    const clock = createFakeClock();
    const block = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${"x".repeat(60_000)}"}}\n\n`;
    const blocks = 400;
    let sent = 0;
    const { proxy } = await startPair(
      async (_request, connection) => {
        await connection.write(sseHead + chunked([Buffer.from(shortFrames[0]!)]).toString());
        for (; sent < blocks; sent++) await connection.write(chunked([Buffer.from(block)]));
        await connection.write(chunked([Buffer.from(shortFrames.at(-1)!)]).toString() + lastChunk);
      },
      { clock },
    );
    const client = openRaw(
      proxy.port,
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
        `x-api-key: ${toolHeaders["x-api-key"]}\r\ncontent-length: ${streamBody.length}\r\n\r\n${streamBody}`,
    );
    await until(() => client.received().length > 0);
    client.socket.pause();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(sent).toBeLessThan(blocks);
    clock.advance(seconds(599));
    client.socket.resume();
    await client.closed;
    const text = client.received().toString();
    expect(text).not.toContain(ping);
    expect(text.split("content_block_delta\ndata")).toHaveLength(blocks + 1);
    expect(text).toContain("event: message_stop");
    await proxy.untilEnded(1);
    expect(proxy.ended[0]!.outcome).toBe("completed");
  });

  it("is cut after 600 s, and its upstream call with it [F7]", async () => {
    const clock = createFakeClock();
    let gone = false;
    const { upstream, proxy } = await startPair(
      async (_request, connection) => {
        void connection.closed.then(() => {
          gone = true;
        });
        await connection.write(sseHead);
        const block = chunked([Buffer.from(`: ${"x".repeat(60_000)}\n\n`)]);
        while (!gone) {
          await Promise.race([connection.write(block), connection.closed]);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      { clock },
    );
    const client = openRaw(
      proxy.port,
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\ncontent-type: application/json\r\n` +
        `x-api-key: ${toolHeaders["x-api-key"]}\r\ncontent-length: ${streamBody.length}\r\n\r\n${streamBody}`,
    );
    await until(() => client.received().length > 0);
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    clock.advance(seconds(600));
    await until(() => gone);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]!.outcome).toBe("client_stalled");
    expect(posts(upstream)).toHaveLength(1);
    client.socket.destroy();
  });
});
