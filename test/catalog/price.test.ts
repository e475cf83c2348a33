import { describe, expect, it } from "vitest";
import { costUsd } from "../../src/catalog/price.ts";

const million = {
  inputTokens: 1_000_000,
  outputTokens: 1_000_000,
  cacheReadTokens: 1_000_000,
  cacheWrite5mTokens: 1_000_000,
  cacheWrite1hTokens: 1_000_000,
};

describe("costUsd", () => {
  it("adds each kind of token at its list price", () => {
    expect(costUsd("claude-opus-4-7", million)).toBeCloseTo(5 + 25 + 0.5 + 6.25 + 10, 9);
    expect(costUsd("claude-haiku-4-5", million)).toBeCloseTo(1 + 5 + 0.1 + 1.25 + 2, 9);
  });

  it("knows a model by its dated id, which is how answers name it", () => {
    expect(costUsd("claude-haiku-4-5-20251001", million)).toBe(costUsd("claude-haiku-4-5", million));
  });

  it("costs nothing without tokens, and is unknown for a model without a price", () => {
    const nothing = {
      ...million,
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
    };
    expect(costUsd("claude-opus-4-6", nothing)).toBe(0);
    expect(costUsd("claude-future-9", million)).toBeUndefined();
  });
});
