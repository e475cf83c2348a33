import type { Clock } from "../../src/base/clock.ts";

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves time and runs what falls due, in order. */
  advance(ms: number): void;
  /** Moves the wall clock alone, as a sleeping machine or a corrected clock does: no timer gets nearer. */
  jump(ms: number): void;
  /** How many timers wait. */
  pending(): number;
}

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** Makes a fake clock. Units: `startMs` since the epoch. */
export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  let wall = startMs;
  let elapsed = 0;
  const timers = new Set<Timer>();
  const earliest = (until: number): Timer | undefined =>
    [...timers].filter((timer) => timer.dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
  const moveTo = (time: number): void => {
    wall += time - elapsed;
    elapsed = time;
  };
  return {
    now: () => wall,
    after(delayMs, callback) {
      const timer = { dueAt: elapsed + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const end = elapsed + ms;
      for (let timer = earliest(end); timer; timer = earliest(end)) {
        timers.delete(timer);
        moveTo(Math.max(elapsed, timer.dueAt));
        timer.callback();
      }
      moveTo(end);
    },
    jump(ms) {
      wall += ms;
    },
    pending: () => timers.size,
  };
}
