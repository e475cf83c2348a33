import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root } from "../support/source-files.ts";

/** What a span is in a time zone: the zone of a process is fixed when it starts. Units: hours. */
function hoursOf(zone: string, name: string, at: string): { from: string; hours: number } {
  const script = `
    import { periodAt, localDay } from ${JSON.stringify(`${root}dist/history/periods.js`)};
    const { fromMs, toMs } = periodAt(${JSON.stringify(name)}, Date.parse(${JSON.stringify(at)}));
    console.log(JSON.stringify({ from: localDay(fromMs), hours: (toMs - fromMs) / 3600000 }));`;
  const text = execFileSync(process.execPath, ["--input-type=module", "-e", script], { env: { TZ: zone } });
  return JSON.parse(text.toString()) as { from: string; hours: number };
}

describe("local time", () => {
  it.each([
    ["Europe/Berlin", "day", "2026-03-29T10:00:00Z", "2026-03-29", 23],
    ["Europe/Berlin", "day", "2026-10-25T10:00:00Z", "2026-10-25", 25],
    ["America/New_York", "day", "2026-11-22T04:30:00Z", "2026-11-21", 24],
    ["Asia/Kathmandu", "day", "2026-11-22T18:20:00Z", "2026-11-23", 24],
    // Midnight doesn't exist there on the day that summer time begins.
    ["America/Santiago", "day", "2026-09-06T12:00:00Z", "2026-09-06", 23],
    ["Europe/Berlin", "week", "2026-11-22T12:00:00Z", "2026-11-16", 168],
    ["Europe/Berlin", "week", "2026-10-25T12:00:00Z", "2026-10-19", 169],
    ["UTC", "month", "2026-02-10T12:00:00Z", "2026-02-01", 28 * 24],
    ["Europe/Berlin", "month", "2026-03-10T12:00:00Z", "2026-03-01", 31 * 24 - 1],
  ])("in %s the %s of %s begins on %s and has %i hours", (zone, name, at, from, hours) => {
    expect(hoursOf(zone, name, at)).toEqual({ from, hours });
  });
});
