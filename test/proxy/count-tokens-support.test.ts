import { describe, expect, it } from "vitest";
import { createCountTokensSupport } from "../../src/proxy/count-tokens-support.ts";

describe("what is known of the upstream's count_tokens", () => {
  it("lets the first one through and the others wait for what it finds", async () => {
    const support = createCountTokensSupport(() => 0);
    expect(await support.mayForward()).toBe(true);
    let answered = 0;
    const others = Array.from({ length: 3 }, () => support.mayForward().finally(() => answered++));
    await Promise.resolve();
    expect(answered).toBe(0);
    support.report("unsupported");
    expect(await Promise.all(others)).toEqual([false, false, false]);
  });

  it("lets all through where the first one came to nothing", async () => {
    const support = createCountTokensSupport(() => 0);
    await support.mayForward();
    const others = [support.mayForward(), support.mayForward()];
    support.report("unsure");
    expect(await Promise.all(others)).toEqual([true, true]);
    expect(await support.mayForward()).toBe(true);
  });

  it("remembers for 10 minutes", async () => {
    let now = 0;
    const support = createCountTokensSupport(() => now);
    await support.mayForward();
    support.report("unsupported");
    now = 599_999;
    expect(await support.mayForward()).toBe(false);
    now = 600_000;
    expect(await support.mayForward()).toBe(true);
    support.report("supported");
    expect(await support.mayForward()).toBe(true);
  });

  it("remembers no longer because the clock was set back", async () => {
    let now = 3_600_000;
    const support = createCountTokensSupport(() => now);
    await support.mayForward();
    support.report("unsupported");
    now = 0;
    expect(await support.mayForward()).toBe(true);
  });
});
