import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import { readConfigFile, type WatchedConfig, watchConfigFile } from "../../src/config/read.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const canary = "zk_live_CANARYCANARYCANARY";
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("readConfigFile", () => {
  it("gives an empty object when there is no file, and no folder", () => {
    expect(readConfigFile(join(temporaryHome(), "config.json"))).toEqual({});
    expect(readConfigFile(join(temporaryHome(), "none/config.json"))).toEqual({});
  });

  it("reads an object, with a byte order mark or without", () => {
    const file = join(temporaryHome(), "config.json");
    writeFileSync(file, '\ufeff{"port":1}');
    expect(readConfigFile(file)).toEqual({ port: 1 });
  });

  it.each([
    ["", "is empty"],
    [" \n", "is empty"],
    [`{"key":"${canary}",\n "port":}`, "is not valid JSON at 2:9"],
    [`{"key":"${canary}"`, "is not valid JSON at 1:36"],
    [`{\r\n"key":"${canary}",}`, "is not valid JSON at 2:36"],
    [`["${canary}"]`, "holds no JSON object"],
    [`"${canary}"`, "holds no JSON object"],
    ["null", "holds no JSON object"],
    [`${'{"a":'.repeat(40)}1${"}".repeat(40)}`, "is nested too deeply"],
    [`{"key":"${canary}"}${" ".repeat(1024 * 1024)}`, "is larger than"],
  ])("refuses %j, says where, and quotes nothing of it", (text, what) => {
    const file = join(temporaryHome(), "config.json");
    writeFileSync(file, text);
    const error = caught(() => readConfigFile(file));
    expect(error.code).toBe("ZX_FILE_INVALID");
    expect(error.message).toContain(`${file} ${what}`);
    expect(`${error.message} ${error.fix} ${error.stack} ${String(error.cause)}`).not.toContain("CANARY");
  });

  it("refuses a folder, a named pipe and a link to one in the file's place, without waiting for them", () => {
    const home = temporaryHome();
    mkdirSync(join(home, "folder"));
    execFileSync("mkfifo", [join(home, "pipe")]);
    symlinkSync(join(home, "pipe"), join(home, "link"));
    for (const name of ["folder", "pipe", "link"]) {
      expect(caught(() => readConfigFile(join(home, name))).message).toContain("is not a regular file");
    }
  });
});

describe("watchConfigFile", () => {
  function watched() {
    const file = join(temporaryHome(), "config.json");
    const warnings: string[] = [];
    writeFileSync(file, '{"key":"one"}');
    const config = watchConfigFile(file, (error) => warnings.push(error.message));
    return { file, warnings, config };
  }

  it("shows a changed value in the next turn, whichever way it was written", async () => {
    const { file, config } = watched();
    expect(config.current()).toEqual({ key: "one" });
    await turn();
    writeFileSync(file, '{"key":"two"}');
    expect(config.current()).toEqual({ key: "two" });
    await turn();
    writeFileSync(`${file}.new`, '{"key":"six"}');
    renameSync(`${file}.new`, file);
    expect(config.current()).toEqual({ key: "six" });
  });

  it("sees 500 rewrites of the same size in a row, faster than the file system's clock ticks", async () => {
    const { file, config } = watched();
    for (let round = 0; round < 500; round++) {
      const key = String(1000 + round);
      writeFileSync(file, JSON.stringify({ key }));
      expect(config.current()).toEqual({ key });
      await turn();
    }
  });

  it("doesn't read again until the file changes", async () => {
    const { file, config } = watched();
    const settled = await afterItsYouth(config);
    expect(config.current()).toBe(settled);
    await turn();
    writeFileSync(file, '{"key":"one"}');
    expect(config.current()).not.toBe(settled);
  });

  it("keeps the last good values over garbage, warns once for it, and goes on with the mended file [F89]", async () => {
    const { file, warnings, config } = watched();
    writeFileSync(file, `{"key":"${canary}`);
    for (let round = 0; round < 5; round++) {
      expect(config.current()).toEqual({ key: "one" });
      await turn();
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/is not valid JSON at 1:/);
    expect(warnings[0]).not.toContain("CANARY");
    writeFileSync(file, '{"key":"three"}');
    expect(config.current()).toEqual({ key: "three" });
    await turn();
    writeFileSync(file, "again, garbage");
    config.current();
    expect(warnings).toHaveLength(2);
  });

  it("has no values while the file is gone, and has them again when it comes back", async () => {
    const { file, config } = watched();
    rmSync(file);
    expect(config.current()).toEqual({});
    await turn();
    writeFileSync(file, '{"key":"back"}');
    expect(config.current()).toEqual({ key: "back" });
  });

  it("fails at the start if the file is garbage then", () => {
    const file = join(temporaryHome(), "config.json");
    writeFileSync(file, "garbage");
    expect(() => watchConfigFile(file, () => undefined)).toThrow(/is not valid JSON at 1:1/);
  });
});

/** The values once the file's stamp is old enough to be trusted. */
async function afterItsYouth(config: WatchedConfig): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, 80));
  const values = config.current();
  await turn();
  return values;
}

function caught(action: () => unknown): ZenthrexError {
  try {
    action();
  } catch (error) {
    if (error instanceof ZenthrexError) return error;
    throw error;
  }
  throw new Error("did not throw");
}
