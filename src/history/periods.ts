/** A span of local time, its end excluded. Units: milliseconds since the epoch. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What spending is counted by. */
export type PeriodName = "day" | "week" | "month";

/**
 * The local day, week (from Monday) or month that a moment lies in. The calendar decides, not the clock: a day in which summer time
 * begins or ends has 23 or 25 hours.
 */
export function periodAt(name: PeriodName, atMs: number): Period {
  const at = new Date(atMs);
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()];
  if (name === "month") return between(year, month, 1, year, month + 1, 1);
  if (name === "day") return between(year, month, day, year, month, day + 1);
  const monday = day - ((at.getDay() + 6) % 7);
  return between(year, month, monday, year, month, monday + 7);
}

/** The local date of a moment. Shape: "2026-11-22". */
export function localDay(atMs: number): string {
  const at = new Date(atMs);
  const parts = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, "0")).join("-");
}

function between(
  ...[year, month, day, toYear, toMonth, toDay]: [number, number, number, number, number, number]
): Period {
  return { fromMs: new Date(year, month, day).getTime(), toMs: new Date(toYear, toMonth, toDay).getTime() };
}
