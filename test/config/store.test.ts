import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureLocalToken } from "../../src/config/local-token.ts";
import { type ConfigPaths, configPaths } from "../../src/config/paths.ts";
import { readConfigFile } from "../../src/config/read.ts";
import { updateConfig } from "../../src/config/store.ts";
import { startNode } from "../support/run-child.ts";
import { root } from "../support/source-files.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

function newPaths(): ConfigPaths {
  return configPaths({ env: {}, home: temporaryHome(), platform: "linux" });
}

/** Node's own argument list for a script that changes the config file, with the built modules. */
function writerScript(paths: ConfigPaths, body: string): string[] {
  const head = `import { updateConfig } from ${JSON.stringify(`${root}dist/config/store.js`)}; const paths = ${JSON.stringify(paths)};`;
  return ["--input-type=module", "-e", `${head}\n${body}`];
}

describe("updateConfig", () => {
  it("writes 0600 in a folder of 0700, the first time and later [T7]", async () => {
    const paths = newPaths();
    for (const port of [1, 2]) {
      await updateConfig(paths, (values) => ({ ...values, port }));
      expect(readConfigFile(paths.file)).toEqual({ port });
      expect([modeOf(paths.file), modeOf(paths.directory)]).toEqual(["600", "700"]);
    }
  });

  it("takes rights away that an editor or a copy gave to others", async () => {
    const paths = newPaths();
    mkdirSync(paths.directory, { recursive: true, mode: 0o755 });
    writeFileSync(paths.file, "{}", { mode: 0o644 });
    await updateConfig(paths, () => undefined);
    expect([modeOf(paths.file), modeOf(paths.directory)]).toEqual(["600", "700"]);
  });

  it("keeps names with dots as they are, and values that it doesn't know", async () => {
    const paths = newPaths();
    const values = { aliases: { "gpt-4.1": "claude-opus-4-7", "a.b.c": "x" }, "x.y": 1, later: { deep: [null] } };
    await updateConfig(paths, () => values);
    await updateConfig(paths, (old) => ({ ...old, port: 1 }));
    expect(readConfigFile(paths.file)).toEqual({ ...values, port: 1 });
  });

  it("writes nothing when nothing is to change", async () => {
    const paths = newPaths();
    await updateConfig(paths, () => ({ port: 1 }));
    const before = statSync(paths.file, { bigint: true });
    await updateConfig(paths, () => undefined);
    const after = statSync(paths.file, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
  });

  it("keeps a link and writes what it leads to", async () => {
    const paths = newPaths();
    const dotfiles = join(temporaryHome(), "dotfiles");
    mkdirSync(dotfiles);
    mkdirSync(paths.directory, { recursive: true });
    writeFileSync(join(dotfiles, "zenthrex.json"), '{"port":1}');
    symlinkSync(join(dotfiles, "zenthrex.json"), paths.file);
    await updateConfig(paths, (values) => ({ ...values, strict: true }));
    expect(lstatSync(paths.file).isSymbolicLink()).toBe(true);
    expect(readConfigFile(join(dotfiles, "zenthrex.json"))).toEqual({ port: 1, strict: true });
    expect(modeOf(join(dotfiles, "zenthrex.json"))).toBe("600");
    expect(readdirSync(dotfiles)).toEqual(["zenthrex.json"]);
  });

  it("refuses to write over a file that it can't read, and leaves it alone", async () => {
    const paths = newPaths();
    mkdirSync(paths.directory, { recursive: true });
    const text = '{"key":"zk_live_CANARYCANARY",';
    writeFileSync(paths.file, text);
    const update = updateConfig(paths, (values) => ({ ...values, port: 1 }));
    await expect(update).rejects.toMatchObject({
      code: "ZX_FILE_INVALID",
      message: expect.not.stringContaining("CANARY"),
    });
    expect(readFileSync(paths.file, "utf8")).toBe(text);
    expect(readdirSync(paths.directory)).toEqual(["config.json"]);
  });

  it("leaves the file as it was when the change throws", async () => {
    const paths = newPaths();
    await updateConfig(paths, () => ({ port: 1 }));
    const failing = updateConfig(paths, () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(readConfigFile(paths.file)).toEqual({ port: 1 });
    expect(readdirSync(paths.directory)).toEqual(["config.json"]);
  });

  it("says so when a file is in the folder's place", async () => {
    const paths = newPaths();
    mkdirSync(join(paths.directory, ".."), { recursive: true });
    writeFileSync(paths.directory, "");
    const update = updateConfig(paths, () => ({}));
    await expect(update).rejects.toMatchObject({
      code: "ZX_FILE_ACCESS",
      message: expect.stringContaining("a file is in its place"),
    });
  });

  it("sweeps the temporary files of killed writers, and nothing else", async () => {
    const paths = newPaths();
    await updateConfig(paths, () => ({ key: "zk_live_0123456789" }));
    writeFileSync(`${paths.file}.tmp-17324521870a1b2c`, '{"key":"zk_live_0123456789"}');
    writeFileSync(`${paths.file}.bak`, "mine");
    await updateConfig(paths, () => undefined);
    expect(readdirSync(paths.directory).sort()).toEqual(["config.json", "config.json.bak"]);
  });

  it("loses no update of two processes that write 100 times each, and leaves nothing lying about [F71]", async () => {
    const paths = newPaths();
    const body = (name: string): string =>
      `for (let i = 1; i <= 100; i++) await updateConfig(paths, (v) => ({ ...v, ${name}: (v.${name} ?? 0) + 1, both: (v.both ?? 0) + 1 }));`;
    const writers = ["a", "b"].map((name) => startNode(writerScript(paths, body(name)), { home: temporaryHome() }));
    const ends = await Promise.all(writers.map(({ ended }) => ended));
    expect(ends.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(readConfigFile(paths.file)).toEqual({ a: 100, b: 100, both: 200 });
    expect(readdirSync(paths.directory)).toEqual(["config.json"]);
  }, 60_000);

  it("is whole after kill -9 at any moment, and takes over what the dead left [F72]", async () => {
    const paths = newPaths();
    const key = "zk_live_0123456789abcdef";
    await updateConfig(paths, () => ({ key, count: 0 }));
    const body = "console.log('go'); for (;;) await updateConfig(paths, (v) => ({ ...v, count: v.count + 1 }));";
    for (let round = 0; round < 8; round++) {
      const writer = startNode(writerScript(paths, body), { home: temporaryHome() });
      await writer.until(/go/);
      await new Promise((resolve) => setTimeout(resolve, 40 + 17 * round));
      writer.process.kill("SIGKILL");
      await writer.ended;
      expect(readConfigFile(paths.file)).toMatchObject({ key, count: expect.any(Number) });
      ageLock(paths);
    }
    await updateConfig(paths, (values) => ({ ...values, after: true }));
    expect(readConfigFile(paths.file)).toMatchObject({ key, after: true });
    expect(readdirSync(paths.directory)).toEqual(["config.json"]);
  }, 60_000);
});

describe("the lock", () => {
  it("is taken over from an owner that died in it, by one at a time", async () => {
    const paths = newPaths();
    mkdirSync(lockOf(paths), { recursive: true });
    writeFileSync(join(lockOf(paths), "owner.json"), '{"id":"x","pid":1,"host":"elsewhere"}');
    ageLock(paths);
    const updates = Array.from({ length: 10 }, () =>
      updateConfig(paths, (values) => ({ ...values, count: Number(values["count"] ?? 0) + 1 })),
    );
    await Promise.all(updates);
    expect(readConfigFile(paths.file)).toEqual({ count: 10 });
    expect(readdirSync(paths.directory)).toEqual(["config.json"]);
  });

  it("is refused to a writer that slept through its takeover", async () => {
    const paths = newPaths();
    const update = updateConfig(paths, () => {
      writeFileSync(join(lockOf(paths), "owner.json"), '{"id":"somebody else","pid":1,"host":"elsewhere"}');
      return { port: 1 };
    });
    await expect(update).rejects.toMatchObject({ code: "ZX_FILE_CHANGED" });
    expect(readConfigFile(paths.file)).toEqual({});
  });
});

describe("ensureLocalToken", () => {
  it("makes a token once, keeps what else is there, and gives the same to everybody", async () => {
    const paths = newPaths();
    await updateConfig(paths, () => ({ port: 1 }));
    const random = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size));
    const tokens = await Promise.all(Array.from({ length: 8 }, () => ensureLocalToken(paths, random)));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^zxl_[A-Za-z0-9_-]{43}$/);
    expect(readConfigFile(paths.file)).toEqual({ port: 1, localToken: tokens[0] });
  });

  it("replaces a token that somebody made too short", async () => {
    const paths = newPaths();
    await updateConfig(paths, () => ({ localToken: "zxl_short" }));
    expect(await ensureLocalToken(paths, (size) => new Uint8Array(size))).toBe(`zxl_${"A".repeat(43)}`);
  });
});

function lockOf(paths: ConfigPaths): string {
  return `${paths.file}.zenthrex-lock`;
}

function ageLock(paths: ConfigPaths): void {
  const past = Date.now() / 1000 - 60;
  try {
    utimesSync(lockOf(paths), past, past);
  } catch {
    // The dead writer held no lock.
  }
  chmodSync(paths.directory, 0o700);
}
