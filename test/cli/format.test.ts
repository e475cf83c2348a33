import { describe, expect, it } from "vitest";
import { formatCount } from "../../src/base/format-count.ts";
import {
  displayWidth,
  formatDuration,
  formatShortCount,
  oneLine,
  toJsonText,
  truncate,
  wrap,
} from "../../src/cli/format.ts";

describe("figures for people", () => {
  it.each([
    [0, "0", "0"],
    [987, "987", "987"],
    [1000, "1,000", "1.0k"],
    [41_320, "41,320", "41.3k"],
    [412_903, "412,903", "413k"],
    [999_949, "999,949", "1000k"],
    [999_950, "999,950", "1.0M"],
    [12_345_678, "12,345,678", "12.3M"],
  ])("%d tokens are %s, short %s", (count, long, short) => {
    expect(formatCount(count)).toBe(long);
    expect(formatShortCount(count)).toBe(short);
    expect(short.length).toBeLessThanOrEqual(5);
  });

  it.each([
    [0.4, "0 ms"],
    [12, "12 ms"],
    [999.6, "1.0 s"],
    [1234, "1.2 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 m 00 s"],
    [185_000, "3 m 05 s"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("foreign text", () => {
  it("becomes one line that steers no terminal", () => {
    expect(oneLine("a\u001b[2J\r\nb\t\u202ec\u0007 ")).toBe("a[2J b c");
  });

  it("is cut by columns, not by characters", () => {
    expect(displayWidth("日本語 é\u0301")).toBe(8);
    expect(truncate("日本語モデル", 7)).toBe("日本語…");
    expect(truncate("claude-opus-4-7-1m", 10)).toBe("claude-op…");
    expect(truncate("short", 10)).toBe("short");
  });

  it("is escaped in JSON and means the same", () => {
    const value = { text: "a\u001b[31m\u009b1m\u202e\u200bü日" };
    const text = toJsonText(value);
    expect(text).toBe('{"text":"a\\u001b[31m\\u009b1m\\u202e\\u200bü日"}');
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe("wrap", () => {
  it("breaks at words, indents, and leaves a long word alone on its line", () => {
    expect(wrap("one two three four", 11, 2)).toBe("  one two\n  three\n  four");
    expect(wrap("a https://example.com/long/path b", 10)).toBe("a\nhttps://example.com/long/path\nb");
    expect(wrap("", 10)).toBe("");
  });
});
