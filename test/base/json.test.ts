import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonDepth, lineAndColumn, parseJson } from "../../src/base/json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("jsonDepth", () => {
  it("agrees with the parsed value for random documents", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        expect(jsonDepth(bytes(JSON.stringify(value)), 1000)).toBe(depthOf(value));
      }),
      { numRuns: 500 },
    );
  });

  it("doesn't count brackets in strings, also behind escaped quotes and backslashes", () => {
    expect(jsonDepth(bytes('{"a":"[[[","b\\"[[":"\\\\","c":[1]}'), 1000)).toBe(2);
  });

  it("stops at the limit", () => {
    expect(jsonDepth(bytes("[".repeat(5_000_000)), 512)).toBe(513);
  });
});

describe("parseJson", () => {
  it("names the place of an error and quotes nothing of the body", () => {
    const secret = "zk_live_canary_0123456789";
    for (const text of [`{"a": ${secret}}`, `{"${secret}": 1,}`, `"${secret}`, `{"a":1} ${secret}`]) {
      expect(() => parseJson(bytes(text))).toThrow(/not valid JSON/);
      try {
        parseJson(bytes(text));
      } catch (error) {
        expect(String(error)).not.toContain("canary");
      }
    }
  });

  it("refuses nesting over the limit and bytes that are not UTF-8", () => {
    expect(() => parseJson(bytes("[".repeat(513) + "]".repeat(513)))).toThrow(/deeper than 512/);
    expect(parseJson(bytes("[".repeat(512) + "]".repeat(512)))).toBeDefined();
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(/UTF-8/);
  });
});

describe("lineAndColumn", () => {
  it("counts from one", () => {
    expect(lineAndColumn("ab\ncd", 0)).toEqual({ line: 1, column: 1 });
    expect(lineAndColumn("ab\ncd", 4)).toEqual({ line: 2, column: 2 });
  });
});
