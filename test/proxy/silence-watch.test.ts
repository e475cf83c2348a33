import { describe, expect, it } from "vitest";
import { SilenceWatch } from "../../src/proxy/silence-watch.ts";
import { createFakeClock } from "../support/fake-clock.ts";

function start() {
  const clock = createFakeClock();
  const origin = clock.now();
  const told: string[] = [];
  const note = (what: string) => (): void => void told.push(`${what} ${(clock.now() - origin) / 1000}`);
  const watch = new SilenceWatch(clock, { onLongWait: note("wait"), onPing: note("ping"), onTimeout: note("timeout") });
  return { clock, watch, told };
}

describe("SilenceWatch", () => {
  it("tells of a wait of 45 s once, and of 630 s", () => {
    const { clock, told } = start();
    clock.advance(700_000);
    expect(told).toEqual(["wait 45", "timeout 630"]);
    expect(clock.pending()).toBe(0);
  });

  it("tells of no wait once the upstream has answered", () => {
    const { clock, watch, told } = start();
    clock.advance(44_999);
    watch.answered();
    clock.advance(500_000);
    expect(told).toEqual([]);
  });

  it("pings every 15 s up to 600 s of upstream silence", () => {
    const { clock, watch, told } = start();
    watch.answered();
    watch.startPings();
    clock.advance(700_000);
    expect(told[0]).toBe("ping 15");
    expect(told.filter((what) => what.startsWith("ping"))).toHaveLength(39);
    expect(told.at(-2)).toBe("ping 585");
    expect(told.at(-1)).toBe("timeout 630");
  });

  it("starts pinging from within the long wait, at once", () => {
    const clock = createFakeClock();
    const told: string[] = [];
    const watch: SilenceWatch = new SilenceWatch(clock, {
      onLongWait: () => watch.startPings(),
      onPing: () => void told.push("ping"),
      onTimeout: () => undefined,
    });
    clock.advance(45_000);
    expect(told).toEqual(["ping"]);
    expect(clock.pending()).toBe(1);
    clock.advance(15_000);
    expect(told).toHaveLength(2);
  });

  it("counts from the last byte in each direction", () => {
    const { clock, watch, told } = start();
    watch.answered();
    watch.startPings();
    clock.advance(10_000);
    watch.spoke(true);
    clock.advance(14_000);
    watch.spoke(false);
    clock.advance(15_000);
    expect(told).toEqual(["ping 39"]);
    clock.advance(700_000);
    expect(told.at(-1)).toBe("timeout 640");
  });

  it("counts no silence of an upstream that is made to wait", () => {
    const { clock, watch, told } = start();
    watch.answered();
    watch.startPings();
    watch.hold();
    clock.advance(2_000_000);
    expect(told).toEqual([]);
    watch.release();
    clock.advance(15_000);
    expect(told).toEqual(["ping 2015"]);
    clock.advance(630_000);
    expect(told.at(-1)).toMatch(/^timeout 26/);
  });

  it.each([3_600_000, -3_600_000])(
    "takes a clock that jumped by %i ms neither for silence nor for speech",
    (jumpMs) => {
      const { clock, watch, told } = start();
      watch.answered();
      watch.startPings();
      clock.advance(10_000);
      clock.jump(jumpMs);
      watch.spoke(true);
      clock.advance(60_000);
      const pings = told.filter((what) => what.startsWith("ping")).length;
      expect(told.filter((what) => what.startsWith("timeout"))).toEqual([]);
      expect(pings).toBeGreaterThanOrEqual(2);
      expect(pings).toBeLessThanOrEqual(5);
    },
  );

  it("is over when it is stopped, also by what it tells", () => {
    const { clock, watch, told } = start();
    watch.stop();
    watch.startPings();
    clock.advance(700_000);
    expect(told).toEqual([]);
    expect(clock.pending()).toBe(0);
    const other = createFakeClock();
    const stopping: SilenceWatch = new SilenceWatch(other, {
      onLongWait: () => stopping.stop(),
      onPing: () => undefined,
      onTimeout: () => undefined,
    });
    other.advance(45_000);
    expect(other.pending()).toBe(0);
  });
});
