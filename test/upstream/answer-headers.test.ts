import { describe, expect, it } from "vitest";
import { isBodiless, readAnswerHead } from "../../src/upstream/answer-headers.ts";

const head = (...parts: string[]) => readAnswerHead(parts.map((part) => Buffer.from(part, "latin1")));

describe("readAnswerHead", () => {
  it("keeps names and values as they are, latin1", () => {
    expect(head("X-A", "1", "x-a", "\u00e9\u00ff").headers).toEqual(["X-A", "1", "x-a", "\u00e9\u00ff"]);
    expect(readAnswerHead([]).headers).toEqual([]);
  });

  it.each([
    [["Content-Length", "0"], true],
    [["transfer-encoding", "chunked"], true],
    [["TRANSFER-ENCODING", "gzip, Chunked "], true],
    [["transfer-encoding", "chunked, gzip"], false],
    [["transfer-encoding", "unchunked"], false],
    [["content-lengtt", "1", "x-ransfer-encodin", "chunked"], false],
    [["x", "content-length"], false],
    [[], false],
  ] as const)("tells whether the body is delimited: %j", (parts, delimited) => {
    expect(head(...parts).delimited).toBe(delimited);
  });

  it.each([
    [["Keep-Alive", "timeout=5, max=100"], 5_000],
    [["keep-alive", "max=100, Timeout=60"], 60_000],
    [["keep-alive", "max=100"], undefined],
    [["x", "timeout=5"], undefined],
  ] as const)("reads how long the connection is kept: %j", (parts, keepAliveMs) => {
    expect(head(...parts).keepAliveMs).toBe(keepAliveMs);
  });
});

describe("isBodiless", () => {
  it("knows the answers that have no body", () => {
    expect([isBodiless("HEAD", 200), isBodiless("GET", 204), isBodiless("GET", 304)]).toEqual([true, true, true]);
    expect([isBodiless("GET", 200), isBodiless("POST", 205), isBodiless("POST", 500)]).toEqual([false, false, false]);
  });
});
