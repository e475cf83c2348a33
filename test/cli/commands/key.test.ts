import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const key = "zk_live_CANARYCANARY1234";
const fileOf = (home: string): string => join(home, ".config/zenthrex/config.json");

function homeWithKey(): string {
  const home = temporaryHome();
  mkdirSync(dirname(fileOf(home)), { recursive: true });
  writeFileSync(fileOf(home), JSON.stringify({ key }), { mode: 0o600 });
  return home;
}

describe("zenthrex key copy", () => {
  it.each([
    ["darwin", {}, "pbcopy", []],
    ["win32", {}, "clip", []],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, "wl-copy", ["--trim-newline"]],
    ["linux", {}, "xclip", ["-selection", "clipboard"]],
    ["linux", {}, "xsel", ["--clipboard", "--input"]],
    ["linux", {}, "clip.exe", []],
  ] as const)(
    "on %s with %j hands the key to %s by stdin, never by its arguments",
    async (platform, env, program, args) => {
      const home = temporaryHome();
      const { exitCode, out, err, context } = await runMain(["key", "copy"], {
        home,
        platform,
        env: { ...env, ZENTHREX_KEY: key, APPDATA: home },
        programs: { [program]: () => ({ exitCode: 0 }) },
      });
      expect([exitCode, err]).toEqual([0, ""]);
      expect(context.ran.at(-1)).toEqual({ file: program, args, input: key });
      expect(JSON.stringify(context.ran.map((ran) => ran.args))).not.toContain("CANARY");
      expect(out).toMatch(new RegExp(`^Copied zk_\\.\\.\\.1234 by ${program}\\.`));
      expect(out).not.toContain("CANARY");
    },
  );

  it("says what to do when there is no clipboard, with exit code 1", async () => {
    const { exitCode, out, err, context } = await runMain(["key", "copy"], { home: homeWithKey() });
    expect([exitCode, out]).toEqual([1, ""]);
    expect(err).toMatch(/no clipboard here: none of xclip, xsel, wl-copy, clip\.exe worked\nfix: {3}Install one/);
    expect(context.ran.map((ran) => ran.file)).toEqual(["xclip", "xsel", "wl-copy", "clip.exe"]);
    expect(err).not.toContain("CANARY");
  });

  it("needs a key", async () => {
    const { exitCode, err } = await runMain(["key", "copy"], { home: temporaryHome() });
    expect(exitCode).toBe(3);
    expect(err).toContain("Run `zenthrex login`");
  });
});

describe("zenthrex key token", () => {
  it("prints the local token, made once, and nothing else", async () => {
    const home = homeWithKey();
    const first = await runMain(["key", "token"], { home });
    expect(first).toMatchObject({ exitCode: 0, err: "" });
    expect(first.out).toMatch(/^zxl_[A-Za-z0-9_-]{43}\n$/);
    expect((await runMain(["key", "token"], { home })).out).toBe(first.out);
    expect(JSON.parse((await runMain(["key", "token", "--json"], { home })).out)).toEqual({
      version: 1,
      token: first.out.trim(),
    });
    expect(JSON.parse(readFileSync(fileOf(home), "utf8"))).toEqual({ key, localToken: first.out.trim() });
  });
});

describe("zenthrex key status", () => {
  it("shows both secrets masked, and where the key comes from", async () => {
    const home = homeWithKey();
    const stored = await runMain(["key"], { home });
    expect(stored.exitCode).toBe(0);
    expect(stored.out).toBe(
      `Key          zk_...1234 (${fileOf(home)})\nLocal token  none yet: made when it is first needed\n`,
    );
    const fromEnv = await runMain(["key", "status", "--json"], { home, env: { ZENTHREX_KEY: "zk_other_key_9999" } });
    expect(JSON.parse(fromEnv.out)).toEqual({
      version: 1,
      key: "zk_...9999",
      from: "environment",
      token: null,
      file: fileOf(home),
    });
  });

  it("says when what is there can't be a key, and never repeats it", async () => {
    const env = { ZENTHREX_KEY: "sk-ant-CANARYCANARY" };
    const { exitCode, err } = await runMain(["key"], { home: temporaryHome(), env });
    expect(exitCode).toBe(3);
    expect(err).toContain("ZENTHREX_KEY holds no usable key: this is an Anthropic key");
    expect(err).not.toContain("CANARY");
  });

  it("refuses another action", async () => {
    expect(await runMain(["key", "show"], { home: homeWithKey() })).toMatchObject({ exitCode: 2, out: "" });
  });
});
