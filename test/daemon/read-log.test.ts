import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { followLog, lastLines, sizeOf } from "../../src/daemon/read-log.ts";
import { temporaryHome } from "../support/temporary-home.ts";

describe("lastLines", () => {
  it("reads on in the rotated files, oldest line first", () => {
    const file = join(temporaryHome(), "x.log");
    writeFileSync(`${file}.2`, "a\nb\n");
    writeFileSync(`${file}.1`, "c\nd\n");
    writeFileSync(file, "e\nhalf");
    expect(lastLines(file, 100)).toEqual(["a", "b", "c", "d", "e", "half"]);
    expect(lastLines(file, 3)).toEqual(["d", "e", "half"]);
    expect(lastLines(file, 1)).toEqual(["half"]);
    expect(lastLines(file, 0)).toEqual([]);
  });

  it("keeps to a piece of the current file", () => {
    const file = join(temporaryHome(), "x.log");
    writeFileSync(`${file}.1`, "old\n");
    writeFileSync(file, "one\ntwo\nthree\n");
    expect(lastLines(file, 9, { fromByte: 4 })).toEqual(["two", "three"]);
    expect(lastLines(file, 9, { toByte: 8 })).toEqual(["old", "one", "two"]);
    expect(lastLines(file, 9, { fromByte: 14 })).toEqual([]);
    // The file was rotated meanwhile: all of the new one is behind the place.
    expect(lastLines(file, 9, { fromByte: 5000 })).toEqual(["one", "two", "three"]);
  });

  it("has no lines of a file that isn't there, and says of one that can't be read what it is", () => {
    const home = temporaryHome();
    expect(lastLines(join(home, "none.log"), 5)).toEqual([]);
    expect(sizeOf(join(home, "none.log"))).toBe(0);
    writeFileSync(join(home, "file"), "");
    expect(() => lastLines(join(home, "file/x.log"), 5)).toThrow(/can't read .*x\.log/);
    expect(sizeOf(join(home, "file/x.log"))).toBe(0);
    expect(() => lastLines(home, 5)).toThrow(/can't read .*: a folder is in its place/);
  });
});

describe("followLog", () => {
  it("gives every line once, through rotation, deletion and cutting; the rest of a line with its end", async () => {
    const file = join(temporaryHome(), "x.log");
    writeFileSync(file, "before\n");
    const lines: string[] = [];
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const ended = followLog(file, sizeOf(file), (line) => lines.push(line), stop.signal);
    const seen = async (last: string): Promise<void> => {
      while (lines.at(-1) !== last) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    appendFileSync(file, "one\ntw");
    await seen("one");
    appendFileSync(file, "o\n");
    await seen("two");
    appendFileSync(file, "three\n");
    renameSync(file, `${file}.1`);
    writeFileSync(file, "four\n");
    await seen("four");
    rmSync(file);
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(file, "five\n");
    await seen("five");
    writeFileSync(file, "6\n");
    await seen("6");
    stop.abort();
    await ended;
    expect(lines).toEqual(["one", "two", "three", "four", "five", "6"]);
  });
});
