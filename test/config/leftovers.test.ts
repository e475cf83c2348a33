import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sweepCopies, sweepTemporaries, tightenModes } from "../../src/config/leftovers.ts";
import { type ConfigPaths, configPaths } from "../../src/config/paths.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const secret = "zk_live_0123456789abcdef";

function newPaths(): ConfigPaths {
  const paths = configPaths({ env: {}, home: temporaryHome(), platform: "linux" });
  mkdirSync(paths.directory, { recursive: true });
  return paths;
}

describe("sweepTemporaries", () => {
  it("deletes temporary files, also those beside the file that a link leads to", () => {
    const paths = newPaths();
    const dotfiles = temporaryHome();
    writeFileSync(join(dotfiles, "zenthrex.json"), "{}");
    symlinkSync(join(dotfiles, "zenthrex.json"), paths.file);
    const leftovers = [`${paths.file}.tmp-17324521870a1b2c`, join(dotfiles, "zenthrex.json.tmp-17324521870a1b2d")];
    const others = [join(dotfiles, "other.json.tmp-17324521870a1b2c"), join(paths.directory, "notes.txt")];
    for (const path of [...leftovers, ...others]) writeFileSync(path, secret);
    expect([...sweepTemporaries(paths)].sort()).toEqual(leftovers.sort());
    expect([...leftovers, ...others].map((path) => existsSync(path))).toEqual([false, false, true, true]);
  });

  it("does nothing where there is no folder", () => {
    const paths = configPaths({ env: {}, home: temporaryHome(), platform: "linux" });
    expect(sweepTemporaries(paths)).toEqual([]);
  });
});

describe("sweepCopies", () => {
  it("deletes backups of the config file that hold the key, and names other files that do", () => {
    const paths = newPaths();
    const text = `{"key":"${secret}"}`;
    const copies = ["config.json~", "config.json.bak", ".config.json.swp", "config.json.tmp-17324521870a1b2c"];
    for (const name of [...copies, "mine.txt"]) writeFileSync(join(paths.directory, name), text);
    writeFileSync(join(paths.directory, "config.json.old"), "{}");
    writeFileSync(paths.file, "{}");
    const { deleted, kept } = sweepCopies(paths, secret);
    expect([...deleted].sort()).toEqual(copies.map((name) => join(paths.directory, name)).sort());
    expect(kept).toEqual([join(paths.directory, "mine.txt")]);
    expect(readdirSync(paths.directory).sort()).toEqual(["config.json", "config.json.old", "mine.txt"]);
  });
});

describe("tightenModes", () => {
  it("takes group and other rights away and says where", () => {
    const paths = newPaths();
    writeFileSync(paths.file, "{}");
    chmodSync(paths.directory, 0o755);
    chmodSync(paths.file, 0o664);
    expect(tightenModes(paths)).toEqual([paths.directory, paths.file]);
    expect((statSync(paths.file).mode & 0o777).toString(8)).toBe("600");
    expect(tightenModes(paths)).toEqual([]);
  });

  it("has nothing to do on Windows", () => {
    const paths = configPaths({ env: {}, home: "C:\\Users\\ann", platform: "win32" });
    expect(tightenModes(paths)).toEqual([]);
  });
});
