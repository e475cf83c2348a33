import { describe, expect, it } from "vitest";
import { createPaint } from "../../../src/cli/output.ts";
import { requestHeading, requestLine } from "../../../src/cli/serve/request-line.ts";
import { recordFields } from "../../../src/history/record-fields.ts";
import type { RequestRecord } from "../../../src/proxy/options.ts";

const plain = createPaint(false);

const record: RequestRecord = {
  id: "req_zx_1",
  startedAtMs: new Date(2026, 10, 22, 14, 3, 9).getTime(),
  route: "messages",
  lane: "raw",
  tool: "claude-code",
  modelAsked: "opus",
  modelServed: "claude-opus-4-7-1m",
  stream: true,
  status: 200,
  outcome: "completed",
  firstByteMs: 412,
  durationMs: 12_345,
  usage: {
    inputTokens: 1200,
    outputTokens: 830,
    cacheReadTokens: 40_000,
    cacheWrite5mTokens: 100,
    cacheWrite1hTokens: 20,
  },
  costUsd: 0.0467,
  warnings: [],
};

describe("requestLine", () => {
  it("tells a request in one line under its heading", () => {
    expect([requestHeading(), requestLine(record, plain)].join("\n")).toBe(
      [
        "time     tool        model         lane was first/all s      tokens  hit ~cost",
        "14:03:09 claude-code opus-4-7-1m   raw  200   0.41/12.3   41.3k>830  96% $0.0467",
      ].join("\n"),
    );
  });

  it.each<[string, Partial<RequestRecord>, string]>([
    [
      "another's refusal",
      { status: 429, usage: undefined as never, costUsd: undefined as never },
      "429   0.41/12.3  refused by upstream",
    ],
    [
      "an error of ours",
      { status: 502, outcome: "upstream_error", errorCode: "ZX_UPSTREAM_DNS", firstByteMs: undefined as never },
      "502      -/12.3  upstream dns $0.0467",
    ],
    [
      "a refused key, with where to look",
      { status: 401, usage: undefined as never, costUsd: undefined as never },
      "401   0.41/12.3  refused by upstream: zenthrex doctor claude-code",
    ],
    [
      "a path that isn't there, of a program that the doctor doesn't know",
      { status: 404, tool: "my-app", usage: undefined as never, costUsd: undefined as never },
      "404   0.41/12.3  refused by upstream: zenthrex doctor",
    ],
    [
      "a proof of ours, which is no failure,",
      {
        tool: "self-check",
        status: 400,
        outcome: "upstream_error",
        errorCode: "ZX_UPSTREAM_STATUS",
        usage: undefined as never,
        costUsd: undefined as never,
      },
      "400   0.41/12.3  proves the way, free",
    ],
    [
      "a proof that failed",
      { tool: "self-check", status: 402, usage: undefined as never, costUsd: undefined as never },
      "402   0.41/12.3  refused by upstream",
    ],
    ["a client that left", { outcome: "client_aborted" }, "200   0.41/12.3  tool left $0.0467"],
    [
      "an answer without usage",
      { usage: undefined as never, costUsd: undefined as never },
      "200   0.41/12.3           -",
    ],
    ["a model without a price", { costUsd: undefined as never }, "41.3k>830  96% -"],
    ["a dear request", { costUsd: 12.345 }, "96% $12.35"],
    ["a long one", { durationMs: 456_000 }, "200    0.41/456"],
  ])("tells %s", (_what, change, expected) => {
    expect(requestLine({ ...record, ...change }, plain)).toContain(expected);
  });

  it("has at most 80 columns, whatever the names are, and lets none of them steer the terminal [T20]", () => {
    const odd = {
      ...record,
      tool: "evil\u001b[2Jtool-with-a-long-name",
      modelServed: "日本語モデル日本語モデル\n",
      costUsd: 0.9999,
    };
    const line = requestLine(odd, plain);
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line.length).toBeLessThanOrEqual(80);
    const figures = {
      inputTokens: 999_000,
      outputTokens: 99_900,
      cacheReadTokens: 1,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
    };
    expect(
      requestLine({ ...record, usage: figures, firstByteMs: 629_999, durationMs: 999_999 }, plain).length,
    ).toBeLessThanOrEqual(80);
  });

  it("never shows a full hit when something was not cached", () => {
    const usage = {
      inputTokens: 1,
      outputTokens: 1,
      cacheReadTokens: 99_999,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
    };
    expect(requestLine({ ...record, usage }, plain)).toContain(" 99% ");
  });

  it("paints the status by what it means", () => {
    const paint = createPaint(true);
    expect(requestLine(record, paint)).toContain("\u001b[32m200\u001b[39m");
    expect(requestLine({ ...record, status: 404 }, paint)).toContain("\u001b[33m404\u001b[39m");
    expect(requestLine({ ...record, status: 502 }, paint)).toContain("\u001b[31m502\u001b[39m");
    for (const code of [31, 32, 33])
      expect(requestLine({ ...record, status: 400, tool: "self-check" }, paint)).not.toContain(`\u001b[${code}m`);
  });
});

describe("recordFields", () => {
  it("is flat, in snake_case, with null for what isn't known", () => {
    const { modelAsked: _asked, usage: _usage, costUsd: _cost, ...bare } = record;
    expect(recordFields(record)).toMatchObject({
      model_asked: "opus",
      usage: { cache_read_tokens: 40_000 },
      list_price_usd: 0.0467,
    });
    expect(recordFields(bare)).toMatchObject({
      model_asked: null,
      usage: null,
      list_price_usd: null,
      error_code: null,
    });
    expect(Object.keys(recordFields(record)).every((name) => /^[a-z0-9_]+$/.test(name))).toBe(true);
  });
});
