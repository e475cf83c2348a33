import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonErrorOffset } from "../../src/base/json-error-offset.ts";

describe("jsonErrorOffset", () => {
  it.each([
    ['{"a": zk_live}', 6],
    ['{"a":1,}', 7],
    ['{"a":1', 6],
    ["[1,2,]", 5],
    ['{"a":"x\ny"}', 7],
    ["", 0],
    ["{} x", 3],
    ["// note\n{}", 0],
    ["{'a':1}", 1],
    ["[01]", 2],
    ["nul", 0],
  ])("finds the culprit in %j at %d", (text, offset) => {
    expect(jsonErrorOffset(text)).toBe(offset);
  });

  it("finds nothing in what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        expect(jsonErrorOffset(JSON.stringify(value, null, indent))).toBeUndefined();
      }),
    );
  });

  it("survives a string of 8 MB that never ends", () => {
    const text = `{"a":"${"x\\n".repeat(2_700_000)}`;
    expect(jsonErrorOffset(text)).toBe(text.length);
  });

  it("agrees with JSON.parse on damaged documents", () => {
    const damaged = fc
      .tuple(fc.jsonValue({ maxDepth: 4 }), fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "x", "[", "\n", "0"))
      .map(([value, at, insert]) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + insert + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(jsonErrorOffset(text) === undefined).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });
});
