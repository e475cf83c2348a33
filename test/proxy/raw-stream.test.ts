import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { generateStream, randomSizes, split } from "../support/generated-streams.ts";
import type { RawConnection } from "../support/raw-upstream.ts";
import { ask, streamBody } from "./support/client.ts";
import {
  chunked,
  errorFramePattern,
  lastChunk,
  sendStream,
  shortFrames,
  sseHead,
  streamFixtures,
} from "./support/sse.ts";
import { localToken, posts, startPair, type TestProxy } from "./support/test-proxy.ts";

const splits = (bytes: Buffer, seed: number): Buffer[][] => [
  [bytes],
  split(bytes, [1]),
  split(bytes, randomSizes(seed, 300)),
  split(bytes, [16_384]),
];

/** Boundaries of frames that end with LF LF: enough for streams of this file. */
const boundaries = (text: string): Set<number> => {
  const found = new Set([0]);
  for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n", at + 1))
    found.add(Buffer.byteLength(text.slice(0, at + 2)));
  return found;
};

function sdk(proxy: TestProxy): Anthropic {
  return new Anthropic({ baseURL: proxy.url, apiKey: localToken, maxRetries: 0 });
}

const question = { model: "claude-opus-4-7", max_tokens: 16, messages: [{ role: "user" as const, content: "hi" }] };

describe("a stream through the raw lane", () => {
  it("arrives byte for byte, whatever the split: every fixture [F37 F38 F40]", async () => {
    let pieces: readonly Buffer[] = [];
    const { upstream, proxy } = await startPair((_request, connection) => sendStream(connection, pieces));
    let asked = 0;
    for (const { name, bytes } of streamFixtures()) {
      for (const variant of splits(bytes, 11)) {
        pieces = variant;
        const answer = await ask(proxy.port, { body: streamBody });
        asked++;
        expect(answer.isWhole, name).toBe(true);
        expect(answer.body.equals(bytes), name).toBe(true);
      }
    }
    expect(posts(upstream)).toHaveLength(asked);
    await proxy.untilEnded(asked);
    expect(new Set(proxy.ended.map(({ outcome }) => outcome))).toEqual(new Set(["completed", "upstream_error"]));
    expect(proxy.ended.filter(({ outcome }) => outcome === "upstream_error")).toHaveLength(4);
  });

  it("arrives byte for byte, and its usage is read: 200 generated streams", async () => {
    let pieces: readonly Buffer[] = [];
    const { upstream, proxy } = await startPair((_request, connection) => sendStream(connection, pieces));
    let asked = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { bytes, inputTokens, outputTokens } = generateStream(seed);
      for (const variant of splits(bytes, seed)) {
        pieces = variant;
        const answer = await ask(proxy.port, { body: streamBody });
        asked++;
        if (!answer.isWhole || !answer.body.equals(bytes)) expect(answer.text, `seed ${seed}`).toBe(bytes.toString());
        await proxy.untilEnded(asked);
        expect(proxy.ended.at(-1), `seed ${seed}`).toMatchObject({
          outcome: "completed",
          stream: true,
          modelServed: "claude-opus-4-7",
          usage: { inputTokens, outputTokens },
        });
      }
    }
    expect(posts(upstream)).toHaveLength(asked);
  }, 60_000);

  it("gives the official SDK the same message as the upstream's bytes mean", async () => {
    let bytes: Buffer = Buffer.alloc(0);
    const { proxy } = await startPair((_request, connection) => sendStream(connection, split(bytes, [7])));
    for (let seed = 1; seed <= 40; seed++) {
      const stream = generateStream(seed);
      // The SDK's decoder does not know a CR by itself as the end of a line that a frame's end depends on.
      if (stream.lineEnds === "cr" || stream.lineEnds === "mixed") continue;
      bytes = stream.bytes;
      const final = await sdk(proxy).messages.stream(question).finalMessage();
      const text = final.content.map((block) => (block.type === "text" ? block.text : "")).join("");
      expect(text, `seed ${seed}`).toBe(stream.text);
      expect(final.usage.output_tokens).toBe(stream.outputTokens);
    }
  });

  it("sends a frame when it is whole, and not before", async () => {
    const gates: (() => void)[] = [];
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(sseHead);
      const bytes = Buffer.from(shortFrames.join(""));
      const cutAt = shortFrames[0]!.length + 10;
      for (const piece of [bytes.subarray(0, cutAt), bytes.subarray(cutAt)]) {
        await connection.write(chunked([piece]));
        await new Promise<void>((resolve) => gates.push(resolve));
      }
      await connection.write(lastChunk);
    });
    const seen: string[] = [];
    const answer = ask(proxy.port, {
      body: streamBody,
      onData: (chunk) => {
        seen.push(chunk.toString());
        gates.shift()?.();
      },
    });
    expect((await answer).text).toBe(shortFrames.join(""));
    expect(seen[0]).toBe(shortFrames[0]);
  });

  it("keeps status and headers, without what belongs to a connection, to cookies or to another bill", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nRequest-Id: req_up\r\nX-Twice: 1\r\nx-twice: 2\r\nSet-Cookie: a=b\r\n" +
          "Access-Control-Allow-Origin: *\r\nanthropic-ratelimit-requests-remaining: 5\r\nanthropic-ratelimit-unified-status: ok\r\n" +
          "Keep-Alive: timeout=5\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      await connection.write(Buffer.concat([chunked([Buffer.from(shortFrames.join(""))]), Buffer.from(lastChunk)]));
    });
    const { headers, rawHeaders } = await ask(proxy.port, { body: streamBody });
    expect(headers).toMatchObject({
      "content-type": "text/event-stream",
      "request-id": "req_up",
      "anthropic-ratelimit-requests-remaining": "5",
    });
    expect(rawHeaders.filter((text) => text.toLowerCase() === "x-twice")).toEqual(["X-Twice", "x-twice"]);
    for (const name of ["set-cookie", "access-control-allow-origin", "anthropic-ratelimit-unified-status", "x-hop"]) {
      expect(headers[name]).toBeUndefined();
    }
    expect(headers["content-length"]).toBeUndefined();
    await proxy.untilEnded(1);
    expect(proxy.ended[0]!.upstreamRequestId).toBe("req_up");
  });
});

type Ending = (connection: RawConnection) => Promise<void> | void;

const endings: readonly (readonly [name: string, end: Ending])[] = [
  ["ended well", (connection) => connection.write(lastChunk)],
  ["closed", (connection) => connection.end()],
  ["reset", (connection) => connection.reset()],
];

describe("a stream that the upstream does not finish", () => {
  const whole = Buffer.from(shortFrames.join(""));
  const places = boundaries(whole.toString());

  it.each(endings)(
    "is a prefix of whole frames and one error frame: %s behind every byte [F32 F33 F34 F36]",
    async (name, end) => {
      let cutAt = 0;
      const { upstream, proxy } = await startPair(async (_request, connection) => {
        await connection.write(sseHead);
        if (cutAt > 0) await connection.write(chunked([whole.subarray(0, cutAt)]));
        // A reset may overtake bytes that were not read yet: whatever arrives, the answer must be honest.
        await end(connection);
      });
      for (cutAt = 0; cutAt < whole.length; cutAt++) {
        const answer = await ask(proxy.port, { body: streamBody });
        if (answer.status === 502) {
          expect(name).toBe("reset");
          continue;
        }
        expect(answer.status).toBe(200);
        const found = errorFramePattern.exec(answer.text);
        expect(found, `cut at ${cutAt}: ${answer.text}`).not.toBeNull();
        const prefix = answer.body.subarray(0, answer.body.length - Buffer.byteLength(found![0]));
        expect(places.has(prefix.length)).toBe(true);
        expect(prefix.length).toBeLessThanOrEqual(cutAt);
        expect(whole.subarray(0, prefix.length).equals(prefix)).toBe(true);
        if (name !== "reset") expect(prefix.length).toBe(Math.max(...[...places].filter((place) => place <= cutAt)));
        expect(JSON.parse(found![1]!)).toMatchObject({ type: "error", error: { type: "api_error" } });
        expect(answer.text).not.toContain("message_stop\ndata");
      }
      expect(posts(upstream)).toHaveLength(whole.length);
      await proxy.untilEnded(whole.length);
      expect(
        proxy.ended.every(({ outcome, errorCode }) => outcome === "upstream_error" && errorCode !== undefined),
      ).toBe(true);
    },
  );

  it("makes the official SDK raise, cut behind every byte, and never lets it succeed [F33 F34]", async () => {
    let cutAt = 0;
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(sseHead);
      if (cutAt > 0) await connection.write(chunked([whole.subarray(0, cutAt)]));
      await connection.write(lastChunk);
    });
    const client = sdk(proxy);
    for (cutAt = 0; cutAt < whole.length; cutAt++) {
      const iterated = (async () => {
        for await (const _event of await client.messages.create({ ...question, stream: true }));
      })();
      await expect(iterated, `cut at ${cutAt}`).rejects.toThrow(Anthropic.APIError);
    }
    await expect(client.messages.stream(question).finalMessage()).resolves.toMatchObject({ stop_reason: "end_turn" });
  });

  it("makes OpenAI's SDK raise on the mirror route, cut behind every byte", async () => {
    const chunks = ["Hel", "lo"].map(
      (content) =>
        `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { content } }] })}\n\n`,
    );
    const stream = Buffer.from(`${chunks.join("")}data: [DONE]\n\n`);
    let cutAt = 0;
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(sseHead);
      if (cutAt > 0) await connection.write(chunked([stream.subarray(0, cutAt)]));
      await connection.write(lastChunk);
    });
    const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: localToken, maxRetries: 0 });
    const iterate = async (): Promise<number> => {
      let count = 0;
      for await (const _chunk of await client.chat.completions.create({ ...question, stream: true })) count++;
      return count;
    };
    for (cutAt = 0; cutAt < stream.length; cutAt++)
      await expect(iterate(), `cut at ${cutAt}`).rejects.toThrow(OpenAI.APIError);
    expect(await iterate()).toBe(2);
  });

  it("is cut behind every byte of the terminal frame, with every line end [F33 F37]", async () => {
    let bytes: Buffer = Buffer.alloc(0);
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(sseHead);
      await connection.write(chunked([bytes]));
      await connection.write(lastChunk);
    });
    for (const lineEnd of ["\n", "\r\n", "\r"]) {
      const text = shortFrames.join("").replaceAll("\n", lineEnd);
      const terminal = text.length - shortFrames.at(-1)!.replaceAll("\n", lineEnd).length;
      for (let cutAt = terminal; cutAt < text.length; cutAt++) {
        bytes = Buffer.from(text.slice(0, cutAt));
        expect((await ask(proxy.port, { body: streamBody })).text, JSON.stringify(lineEnd)).toMatch(errorFramePattern);
      }
      bytes = Buffer.from(text);
      expect((await ask(proxy.port, { body: streamBody })).text).toBe(text);
    }
  });

  it("ends well where only the connection broke behind the terminal event", async () => {
    for (const [, end] of endings) {
      const { proxy } = await startPair(async (_request, connection) => {
        await connection.write(Buffer.concat([Buffer.from(sseHead), chunked([whole])]));
        await new Promise((resolve) => setTimeout(resolve, 20));
        await end(connection);
      });
      const answer = await ask(proxy.port, { body: streamBody });
      expect(answer.isWhole).toBe(true);
      expect(answer.text).toBe(whole.toString());
    }
  });

  it("adds nothing behind the upstream's own error event [F42]", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      const error =
        'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
      await connection.write(Buffer.concat([Buffer.from(sseHead), chunked([Buffer.from(shortFrames[0]! + error)])]));
      connection.end();
    });
    const answer = await ask(proxy.port, { body: streamBody });
    expect(answer.text.match(/event: error/g)).toHaveLength(1);
    expect(answer.text).toContain("Overloaded");
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "upstream_error", status: 200 });
  });

  it("knows no terminal event that a text only talks of", async () => {
    const talk =
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"event: message_stop\\n\\n"}}\n\n';
    const { proxy } = await startPair(async (_request, connection) => {
      await sendStream(connection, [Buffer.from(shortFrames[0]! + talk)]);
    });
    expect((await ask(proxy.port, { body: streamBody })).text).toMatch(errorFramePattern);
  });

  it("takes an event of more than 64 MiB for broken [F39]", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(Buffer.concat([Buffer.from(sseHead), chunked([Buffer.from(shortFrames[0]!)])]));
      const block = chunked([Buffer.alloc(1024 * 1024, 0x61)]);
      for (let sent = 0; sent < 70; sent++) await connection.write(block);
    });
    const answer = await ask(proxy.port, { body: streamBody });
    expect(answer.text.startsWith(shortFrames[0]!)).toBe(true);
    expect(answer.text).toMatch(errorFramePattern);
    expect(answer.text).toContain("64 MiB");
  });

  it("passes an event of 20 MB on whole [F39]", async () => {
    const big = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${"x".repeat(20_000_000)}"}}\n\n`;
    const bytes = Buffer.from(shortFrames[0]! + big + shortFrames.at(-1)!);
    const { proxy } = await startPair((_request, connection) => sendStream(connection, split(bytes, [65_536])));
    expect((await ask(proxy.port, { body: streamBody })).body.equals(bytes)).toBe(true);
  });
});
