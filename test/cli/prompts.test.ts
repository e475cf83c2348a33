import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readAll, type } from "../../src/cli/prompts.ts";

describe("a line typed in raw mode", () => {
  it.each([
    ["zk_live\r", { typed: "zk_live", end: "entered" }],
    ["zk_live\nrest is not read", { typed: "zk_live", end: "entered" }],
    ["zk_lj\u007five\r", { typed: "zk_live", end: "entered" }],
    ["wrong\u0015zk_live\r", { typed: "zk_live", end: "entered" }],
    ["zk_\u0003", { typed: "", end: "cancelled" }],
    ["\u0004", { typed: "", end: "cancelled" }],
    ["zk\u0004", { typed: "zk", end: "entered" }],
    ["\u007f\u007fzk", { typed: "zk" }],
  ])("%j", (input, line) => {
    expect(type("", input)).toEqual(line);
  });

  it("may come in pieces", () => {
    const first = type("", "zk_li");
    expect(type(first.typed, "ve\r")).toEqual({ typed: "zk_live", end: "entered" });
  });
});

describe("readAll", () => {
  it("joins characters that were split over chunks", async () => {
    const bytes = Buffer.from("zk_ü");
    expect(await readAll(Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]))).toBe("zk_ü");
  });

  it("refuses more than a megabyte", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    );
    await expect(readAll(endless)).rejects.toMatchObject({ code: "ZX_USAGE" });
  });
});
