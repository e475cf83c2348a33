import { describe, expect, it } from "vitest";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { ask, streamBody, toolHeaders } from "./support/client.ts";
import { chunked, frame, lastChunk, shortFrames, sseHead } from "./support/sse.ts";
import { startPair } from "./support/test-proxy.ts";

const key = "zk_odd/0123456789+abcdef=";
const error = (text: string) => ({ type: "error", error: { type: "odd_error", message: text } });
const masked = (spelling: string) => `zk_${".".repeat(spelling.length - 7)}${spelling.slice(-4)}`;

describe("an upstream that repeats the key", () => {
  it("in an error has it masked, its length as announced, wherever the bytes are cut [T12]", async () => {
    const spellings = [key, encodeURIComponent(key), key.replaceAll("/", "\\/")];
    const body = `{"type":"error","error":{"message":"zk_ zk_odd ${spellings.join(" ")} é zk_odd/0123"}}zk_o`;
    const bytes = Buffer.from(body);
    const expected = spellings.reduce((text, spelling) => text.replace(spelling, masked(spelling)), body);
    let at = 0;
    const { proxy } = await startPair(
      async (_request, connection) => {
        const head = "HTTP/1.1 500 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        await connection.write(head);
        for (const piece of [bytes.subarray(0, at), bytes.subarray(at, at + 3), bytes.subarray(at + 3)]) {
          if (piece.length > 0) await connection.write(chunked([piece]));
        }
        await connection.write(lastChunk);
      },
      { apiKey: () => key },
    );
    for (at = 0; at < bytes.length; at++) {
      const { status, text, isWhole } = await ask(proxy.port);
      expect([at, status, text, isWhole]).toEqual([at, 500, expected, true]);
    }
  });

  it("in a header has it masked there, of every status [T12]", async () => {
    const headers = [
      `x-echo: a${key}b`,
      `x-link: https://x.example/?k=${encodeURIComponent(key)}`,
      "x-plain: zk_odd/0123",
    ];
    for (const status of [200, 429]) {
      const { proxy } = await startPair(
        (_request, connection) => connection.write(jsonAnswer({ type: "message" }, status, headers)),
        { apiKey: () => key },
      );
      const told = await ask(proxy.port);
      expect(told.headers["x-echo"]).toBe(`a${masked(key)}b`);
      expect(told.headers["x-link"]).toBe(`https://x.example/?k=${masked(encodeURIComponent(key))}`);
      expect(told.headers["x-plain"]).toBe("zk_odd/0123");
    }
  });

  it("in an error event has it masked; every other frame is as it came [T12]", async () => {
    const text = shortFrames.slice(0, 3).join("");
    const { proxy } = await startPair(
      async (_request, connection) => {
        await connection.write(sseHead);
        await connection.write(chunked([Buffer.from(text)]));
        await connection.write(chunked([Buffer.from(frame(error(`bad ${key}`)))]));
        await connection.write(lastChunk);
      },
      { apiKey: () => key },
    );
    const told = await ask(proxy.port, { body: streamBody });
    expect(told.text).toBe(text + frame(error(`bad ${masked(key)}`)));
    expect(told.text).not.toContain(key);
  });

  it("in an answer that succeeds is passed on byte for byte: it may be what was asked for", async () => {
    const message = { type: "message", content: [{ type: "text", text: `the file says ${key}` }] };
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer(message)), {
      apiKey: () => key,
    });
    expect((await ask(proxy.port, { headers: toolHeaders })).text).toBe(JSON.stringify(message));
  });
});
