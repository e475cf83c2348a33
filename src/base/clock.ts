/** What code may know of time. Everything that waits or stamps takes one, so that tests can drive it. Units: milliseconds. */
export interface Clock {
  /** Wall-clock time since the epoch. */
  now(): number;
  /** Runs the callback once after a delay; the returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
