import { describe, expect, it } from "vitest";
import { createIdMap, createNameMap } from "../../../src/formats/openai/names.ts";

describe("tool names", () => {
  it("stay where the hub takes them", () => {
    const names = createNameMap();
    for (const name of ["f", "get_weather", "mcp__a-b__c", "x".repeat(128)]) expect(names.toHub(name)).toBe(name);
    expect(names.changed.size).toBe(0);
  });

  it("become legal otherwise, each another, and are found again", () => {
    const names = createNameMap();
    const odd = ["a.b", "a:b", "a b", "é", "日本", "x".repeat(129), "x".repeat(130), "", "a/b"];
    const mapped = odd.map((name) => names.toHub(name));
    for (const name of mapped) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
    expect(new Set(mapped).size).toBe(odd.length);
    for (const [index, name] of mapped.entries()) expect(names.changed.get(name)).toBe(odd[index]);
  });

  it("don't depend on the names that come later", () => {
    const short = createNameMap();
    const long = createNameMap();
    const first = ["a.b", "c"].map((name) => short.toHub(name));
    expect(["a.b", "c", "a_b", "d!"].map((name) => long.toHub(name)).slice(0, 2)).toEqual(first);
  });

  it("give way where a legal name looks like a stand-in", () => {
    const names = createNameMap();
    const standIn = names.toHub("a.b");
    const other = names.toHub(standIn);
    expect(other).not.toBe(standIn);
    expect(names.changed.get(other)).toBe(standIn);
  });
});

describe("tool-call ids", () => {
  it("stay at their first use and get a number when a client repeats them", () => {
    const ids = createIdMap();
    expect([ids.claim("call_0"), ids.claim("call_1"), ids.claim("call_0"), ids.claim("call_0")]).toEqual([
      "call_0",
      "call_1",
      "call_0_2",
      "call_0_3",
    ]);
    expect(ids.claim("call_0_2")).toBe("call_0_2_2");
    expect(ids.has("call_1")).toBe(true);
    expect(ids.has("call_9")).toBe(false);
  });

  it("become legal, each another, also empty ones", () => {
    const ids = createIdMap();
    const mapped = ["call.1:x", "call:1.x", "", "ü"].map((id) => ids.claim(id));
    for (const id of mapped) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(new Set(mapped).size).toBe(4);
  });
});
