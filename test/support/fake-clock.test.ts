import { describe, expect, it } from "vitest";
import { createFakeClock } from "./fake-clock.ts";

describe("createFakeClock", () => {
  it("runs timers in order, also those that timers set, and none too early", () => {
    const clock = createFakeClock(1_000);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b${clock.now()}`));
    clock.after(10, () => {
      seen.push(`a${clock.now()}`);
      clock.after(5, () => seen.push(`c${clock.now()}`));
    });
    const cancel = clock.after(12, () => seen.push("never"));
    cancel();
    clock.advance(19);
    expect(seen).toEqual(["a1010", "c1015"]);
    clock.advance(1);
    expect(seen).toEqual(["a1010", "c1015", "b1020"]);
    expect(clock.pending()).toBe(0);
  });

  it("jumps the wall without moving timers", () => {
    const clock = createFakeClock(0);
    let ran = false;
    clock.after(10, () => {
      ran = true;
    });
    clock.jump(60_000);
    expect([clock.now(), ran]).toEqual([60_000, false]);
    clock.advance(10);
    expect(ran).toBe(true);
  });
});
