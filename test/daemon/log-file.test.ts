import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type LogFileOptions, openLogFile } from "../../src/daemon/log-file.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const lostLine: LogFileOptions["lostLine"] = (count, reason) => `lost ${count}: ${reason}\n`;

describe("a log file", () => {
  it("is appended to, and only its user may read it, also where it could be read by others before", () => {
    const path = join(temporaryHome(), "a/b/x.log");
    openLogFile(path, { lostLine }).write("one\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    openLogFile(path, { lostLine }).write("two\n");
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is rotated before a line that would make it too long; the oldest of its files goes [F86]", () => {
    const home = temporaryHome();
    const path = join(home, "x.log");
    const log = openLogFile(path, { maxBytes: 10, files: 3, lostLine });
    for (const line of ["1111\n", "2222\n", "3333\n", "4444\n", "5555\n", "6666\n", "7777\n"]) log.write(line);
    expect(readdirSync(home).sort()).toEqual(["x.log", "x.log.1", "x.log.2"]);
    expect(["x.log.2", "x.log.1", "x.log"].map((name) => readFileSync(join(home, name), "utf8"))).toEqual([
      "3333\n4444\n",
      "5555\n6666\n",
      "7777\n",
    ]);
    expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600);
  });

  it("counts what was there before it was opened, and takes a line that is longer than a file alone", () => {
    const path = join(temporaryHome(), "x.log");
    writeFileSync(path, "12345678\n");
    const log = openLogFile(path, { maxBytes: 10, lostLine });
    log.write(`${"x".repeat(50)}\n`);
    log.write("y\n");
    expect(readFileSync(`${path}.2`, "utf8")).toBe("12345678\n");
    expect(readFileSync(`${path}.1`, "utf8")).toBe(`${"x".repeat(50)}\n`);
    expect(readFileSync(path, "utf8")).toBe("y\n");
  });

  it("is 5 MB long at most, five times", () => {
    const home = temporaryHome();
    const log = openLogFile(join(home, "x.log"), { lostLine });
    const line = `${"x".repeat(1023)}\n`;
    for (let count = 0; count < 5120; count++) log.write(line);
    expect(readdirSync(home)).toEqual(["x.log"]);
    for (let count = 0; count < 5 * 5120; count++) log.write(line);
    expect(readdirSync(home).sort()).toEqual(["x.log", "x.log.1", "x.log.2", "x.log.3", "x.log.4"]);
    expect(statSync(join(home, "x.log.4")).size).toBe(5 * 1024 * 1024);
  });

  it("is made anew after somebody deleted or moved it: within a second, or at once when told [F86]", () => {
    const path = join(temporaryHome(), "x.log");
    let now = 0;
    const log = openLogFile(path, { lostLine, now: () => now });
    log.write("one\n");
    rmSync(path);
    now += 1000;
    log.write("two\n");
    expect(readFileSync(path, "utf8")).toBe("two\n");
    renameSync(path, `${path}.old`);
    log.reopen();
    log.write("three\n");
    expect(readFileSync(path, "utf8")).toBe("three\n");
    expect(readFileSync(`${path}.old`, "utf8")).toBe("two\n");
  });

  it("never stops its writer: what can't be written is counted and told once it can again [F86]", () => {
    const home = temporaryHome();
    const path = join(home, "logs/x.log");
    let now = 0;
    const log = openLogFile(path, { lostLine, now: () => now });
    log.write("one\n");
    rmSync(join(home, "logs"), { recursive: true });
    writeFileSync(join(home, "logs"), "in its place");
    now += 1000;
    log.write("two\n");
    log.write("three\n");
    log.reopen();
    rmSync(join(home, "logs"));
    log.write("four\n");
    log.write("five\n");
    expect(readFileSync(path, "utf8")).toMatch(/^lost 2: [A-Z]+\nfour\nfive\n$/);
    log.close();
    log.close();
  });

  it.runIf(existsSync("/dev/full"))("outlives a full disk", () => {
    const log = openLogFile("/dev/full", { lostLine });
    log.write("one\n");
    log.write("two\n");
    log.close();
  });

  it("says at the start that it can't be opened", () => {
    const home = temporaryHome();
    mkdirSync(join(home, "x.log"));
    expect(() => openLogFile(join(home, "x.log"), { lostLine })).toThrow(
      /can't write .*x\.log: a folder is in its place/,
    );
  });
});
