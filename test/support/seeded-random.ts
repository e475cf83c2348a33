/** Random numbers from a seed, the same on every run. */
export interface SeededRandom {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** One of a list. */
  one<T>(list: readonly T[]): T;
  /** Random bytes as latin1 text. */
  text(length: number): string;
}

/** Makes a generator (mulberry32). */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    one: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    text: (length) => String.fromCharCode(...Array.from({ length }, () => below(256))),
  };
}
