import { describe, expect, it } from "vitest";
import { connectionNamed, headerPairs, headerValue, headerValues } from "../../src/base/headers.ts";
import { editDistance, nearest } from "../../src/base/registry.ts";

describe("raw headers", () => {
  const block = ["Host", "a", "anthropic-beta", "x", "Anthropic-Beta", "y", "Connection", "keep-alive, X-Secret ,"];

  it("keeps duplicates, order and case", () => {
    expect([...headerPairs(block)]).toHaveLength(4);
    expect(headerValues(block, "ANTHROPIC-BETA")).toEqual(["x", "y"]);
    expect(headerValue(block, "host")).toBe("a");
    expect(headerValue(block, "absent")).toBeUndefined();
  });

  it("reads the names that Connection declares", () => {
    expect([...connectionNamed(block)]).toEqual(["keep-alive", "x-secret"]);
  });
});

describe("nearest", () => {
  it("finds a mistyped word and nothing for a foreign one", () => {
    expect(editDistance("serve", "sevre")).toBe(2);
    expect(nearest("sevre", ["serve", "setup"])).toBe("serve");
    expect(nearest("banana", ["serve", "setup"])).toBeUndefined();
  });
});
