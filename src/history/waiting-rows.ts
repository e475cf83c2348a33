import { monthOf } from "./folder.ts";

/** Rows that are kept while the disk refuses them. */
export const mostWaitingRows = 10_000;

/** Rows of one month's file, in order. */
export interface RowsOfMonth {
  readonly month: string;
  readonly ids: readonly string[];
  readonly lines: readonly string[];
}

interface WaitingRow {
  readonly month: string;
  readonly line: string;
}

/** The rows that are to be written, oldest first, up to a bound: where more come, the oldest are given up and counted. */
export class WaitingRows {
  /** By request: the end of a request takes the place of its start while both wait, as it says all that the start does. */
  readonly #rows = new Map<string, WaitingRow>();
  #monthSpan = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY, month: "" };
  /** How many rows were put back; names them while they wait. */
  #again = 0;

  get size(): number {
    return this.#rows.size;
  }

  /** Puts a row behind all others. Shape: true where the oldest had to be given up for it. */
  add(id: string, atMs: number, line: string): boolean {
    const isFull = this.#rows.size >= mostWaitingRows && !this.#rows.has(id);
    const [oldest] = isFull ? this.#rows.keys() : [];
    if (oldest !== undefined) this.#rows.delete(oldest);
    this.#rows.delete(id);
    this.#rows.set(id, { month: this.monthAt(atMs), line });
    return isFull;
  }

  /** Puts lines that were written in vain before all others. */
  addFirst(month: string, lines: readonly string[]): void {
    const waiting = [...this.#rows];
    this.#rows.clear();
    for (const line of lines) this.#rows.set(`again ${++this.#again}`, { month, line });
    for (const [id, row] of waiting) this.#rows.set(id, row);
  }

  /** The oldest rows that go into one file; undefined where none waits. */
  oldest(): RowsOfMonth | undefined {
    const [first] = this.#rows.values();
    if (first === undefined) return undefined;
    const ids: string[] = [];
    const lines: string[] = [];
    for (const [id, row] of this.#rows) {
      if (row.month !== first.month) break;
      ids.push(id);
      lines.push(row.line);
    }
    return { month: first.month, ids, lines };
  }

  /** Forgets rows that are written. */
  done(ids: readonly string[]): void {
    for (const id of ids) this.#rows.delete(id);
  }

  /** The month of a moment; its bounds are remembered: making a date of every row would cost as much as writing it. */
  monthAt(atMs: number): string {
    const span = this.#monthSpan;
    if (atMs >= span.fromMs && atMs < span.toMs) return span.month;
    const date = new Date(atMs);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    this.#monthSpan = { fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1), month: monthOf(atMs) };
    return this.#monthSpan.month;
  }
}
