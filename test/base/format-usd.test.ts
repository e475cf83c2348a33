import { describe, expect, it } from "vitest";
import { formatUsd } from "../../src/base/format-usd.ts";

describe("money for people", () => {
  it.each([
    [4.98, "$4.98"],
    [0, "$0.00"],
    [12.45, "$12.45"],
    [1204.5, "$1,204.50"],
    [1234567.891, "$1,234,567.89"],
    [0.01, "$0.01"],
    [0.0042, "$0.0042"],
    [0.00004, "<$0.0001"],
    [-0.05, "-$0.05"],
    [-3, "-$3.00"],
  ])("%d dollars are %s", (usd, text) => {
    expect(formatUsd(usd)).toBe(text);
  });
});
