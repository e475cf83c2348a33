import { formatCount } from "./format-count.ts";

/** Money for people: "$4.98", "$1,204.50"; below a cent with four digits, so that a small cost doesn't look like none. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  const digits = size > 0 && size < 0.01 ? 4 : 2;
  const smallest = 0.5 * 10 ** -digits;
  if (size > 0 && size < smallest) return `<$${(10 ** -digits).toFixed(digits)}`;
  const [whole = "0", fraction = ""] = size.toFixed(digits).split(".");
  return `${usd < 0 ? "-" : ""}$${formatCount(Number(whole))}.${fraction}`;
}
