import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coversLoopback, mergeNoProxy, unmergeNoProxy } from "../../../src/integrations/detect/no-proxy.ts";

describe("NO_PROXY", () => {
  it.each([
    [undefined, "127.0.0.1,localhost,::1"],
    ["", "127.0.0.1,localhost,::1"],
    ["corp.example", "corp.example,127.0.0.1,localhost,::1"],
    ["corp.example, .internal ,", "corp.example, .internal,127.0.0.1,localhost,::1"],
    ["LOCALHOST", "LOCALHOST,127.0.0.1,::1"],
    ["127.0.0.1 localhost [::1]", "127.0.0.1 localhost [::1]"],
    ["*", "*"],
    ["localhost,127.0.0.1,::1", "localhost,127.0.0.1,::1"],
  ])("%j becomes %j: what was there stays, loopback is added once", (before, after) => {
    expect(mergeNoProxy(before)).toBe(after);
    expect(mergeNoProxy(after)).toBe(after);
    expect(coversLoopback(after)).toBe(true);
  });

  it("is taken apart again into what was there before", () => {
    const entry = fc
      .stringMatching(/^[a-z0-9.-]{1,8}$/)
      .filter((text) => !["localhost", "127.0.0.1", "::1"].includes(text));
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        expect(unmergeNoProxy(mergeNoProxy(entries.join(",")))).toBe(entries.join(","));
      }),
    );
    expect(unmergeNoProxy(mergeNoProxy(undefined))).toBeUndefined();
  });

  it("that is absent covers nothing", () => {
    expect(coversLoopback(undefined)).toBe(false);
    expect(coversLoopback("corp.example,localhost")).toBe(false);
  });
});
