import { describe, expect, it } from "vitest";
import { createCalibration } from "../../src/proxy/calibration.ts";

const usage = (inputTokens: number, cacheReadTokens = 0, write5m = 0, write1h = 0) => ({
  inputTokens,
  outputTokens: 999,
  cacheReadTokens,
  cacheWrite5mTokens: write5m,
  cacheWrite1hTokens: write1h,
});

function start() {
  let now = 0;
  const calibration = createCalibration(() => now);
  const advance = (ms: number): void => {
    now += ms;
  };
  return { calibration, advance };
}

describe("calibration", () => {
  it("adds 15 % until it has five samples, then takes the largest ratio", () => {
    const { calibration } = start();
    for (const real of [90, 120, 100, 110]) calibration.learn("4.7", "curl", 100, usage(real));
    expect(calibration.factor("4.7", "curl")).toBe(1.15);
    calibration.learn("4.7", "curl", 100, usage(80));
    expect(calibration.factor("4.7", "curl")).toBe(1.2);
  });

  it("counts cached tokens, and no output", () => {
    const { calibration } = start();
    for (let time = 0; time < 5; time++) calibration.learn("4.7", "curl", 100, usage(10, 50, 30, 20));
    expect(calibration.factor("4.7", "curl")).toBe(1.1);
  });

  it("keeps within 0.7 and 2", () => {
    const { calibration } = start();
    for (let time = 0; time < 5; time++) calibration.learn("4.7", "low", 100, usage(1));
    for (let time = 0; time < 5; time++) calibration.learn("4.7", "high", 100, usage(10_000));
    expect(calibration.factor("4.7", "low")).toBe(0.7);
    expect(calibration.factor("4.7", "high")).toBe(2);
  });

  it("forgets what is older than 64 samples", () => {
    const { calibration } = start();
    calibration.learn("4.7", "curl", 100, usage(190));
    for (let time = 0; time < 63; time++) calibration.learn("4.7", "curl", 100, usage(100));
    expect(calibration.factor("4.7", "curl")).toBe(1.9);
    calibration.learn("4.7", "curl", 100, usage(100));
    expect(calibration.factor("4.7", "curl")).toBe(1);
  });

  it("keeps tokenizers and tools apart, and learns nothing from nothing", () => {
    const { calibration } = start();
    for (let time = 0; time < 5; time++) {
      calibration.learn("4.7", "a", 100, usage(150));
      calibration.learn("4.7", "b", 0, usage(150));
      calibration.learn("before-4.7", "a", 100, usage(0));
    }
    expect(calibration.factor("4.7", "a")).toBe(1.5);
    expect(calibration.factor("4.7", "b")).toBe(1.15);
    expect(calibration.factor("before-4.7", "a")).toBe(1.15);
  });

  it("wants one request a second of each kind, and stays small", () => {
    const { calibration, advance } = start();
    expect(calibration.wants("4.7", "a")).toBe(true);
    expect(calibration.wants("4.7", "a")).toBe(false);
    expect(calibration.wants("4.7", "b")).toBe(true);
    advance(1_000);
    expect(calibration.wants("4.7", "a")).toBe(true);
    for (let tool = 0; tool < 2_000; tool++) expect(calibration.wants("4.7", `tool-${tool}`)).toBe(true);
  });
});
