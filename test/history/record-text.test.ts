import { describe, expect, it } from "vitest";
import { recordFields } from "../../src/history/record-fields.ts";
import { createRecordText } from "../../src/history/record-text.ts";
import type { JournalRecord } from "../../src/history/types.ts";

const plain: JournalRecord = {
  id: "req_zx_0123456789abcdef",
  startedAtMs: Date.UTC(2026, 10, 22, 12, 30, 15, 7),
  route: "messages",
  lane: "raw",
  tool: "claude-code",
  stream: true,
  status: 200,
  outcome: "completed",
  durationMs: 1234,
  warnings: [],
};

const records: readonly (readonly [string, JournalRecord])[] = [
  ["one that knows little", plain],
  [
    "one that knows all",
    {
      ...plain,
      lane: "translated",
      modelAsked: "gpt-5",
      modelServed: "claude-opus-4-7",
      firstByteMs: 0,
      costUsd: 0.000123,
      ownKey: true,
      upstreamRequestId: "req_011CX",
      errorCode: "ZX_UPSTREAM_CUT",
      usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWrite5mTokens: 4, cacheWrite1hTokens: 5 },
      warnings: [{ code: "dropped", path: 'tools[0]."x"', reason: "no \u2028 such\nthing" }],
    },
  ],
  ["names with quotes, line ends and lone surrogates", { ...plain, tool: 'a"b\\c', modelAsked: "\ud800\n\u0000é" }],
  ["times before 1970 and between two milliseconds", { ...plain, startedAtMs: -1.5, durationMs: 0.25 }],
  ["a time before 1970", { ...plain, startedAtMs: -1 }],
  ["a duration that is none", { ...plain, durationMs: Number.NaN }],
];

describe("the text of a record", () => {
  it.each(records)("says what its fields say: %s", (_what, record) => {
    const text = createRecordText();
    const expected = JSON.parse(JSON.stringify(recordFields(record)));
    for (let round = 0; round < 2; round++) expect(JSON.parse(`{${text.ofRecord(record)}}`)).toEqual(expected);
  });

  it("says of a start what the record will say", () => {
    const { id, started_at, route, tool, model_asked } = recordFields({ ...plain, modelAsked: "opus" });
    const text = createRecordText().ofStart({ ...plain, modelAsked: "opus" });
    expect(JSON.parse(`{${text}}`)).toEqual({ id, started_at, route, tool, model_asked });
  });

  it("holds no key, wherever the caller put it, the first time and again", () => {
    const key = "zk_live_0123456789abcdef";
    const text = createRecordText();
    const warnings = [{ code: "x", path: key, reason: `Bearer ${key}` }];
    const record = { ...plain, tool: key, modelAsked: key, modelServed: key, upstreamRequestId: key, warnings };
    for (let round = 0; round < 2; round++) expect(text.ofRecord(record) + text.ofStart(record)).not.toContain(key);
  });

  it("counts seconds on as they pass", () => {
    const text = createRecordText();
    const at = (startedAtMs: number): string =>
      JSON.parse(`{${text.ofStart({ ...plain, startedAtMs })}}`).started_at as string;
    for (const ms of [999, 1000, 1999, 60_000, 999]) expect(at(ms)).toBe(new Date(ms).toISOString());
  });

  it("knows a bounded number of names", () => {
    const text = createRecordText();
    for (let index = 0; index < 3_000; index++) {
      expect(text.ofStart({ ...plain, tool: `tool ${index}` })).toContain(`"tool ${index}"`);
    }
  });
});
