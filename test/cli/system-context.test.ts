import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { childEnvironment, systemContext, wantsColor } from "../../src/cli/system-context.ts";
import { temporaryHome } from "../support/temporary-home.ts";

describe("wantsColor", () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: "dumb" }, true, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "" }, false, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  ])("%j on a terminal: %s -> %s", (env, isTty, expected) => {
    expect(wantsColor(env, isTty)).toBe(expected);
  });
});

describe("childEnvironment", () => {
  it("is ours without the key, however it is spelled", () => {
    expect(childEnvironment({ PATH: "/bin", ZENTHREX_KEY: "zk_x", Zenthrex_Key: "zk_x", GONE: undefined })).toEqual({
      PATH: "/bin",
    });
  });
});

describe.skipIf(process.platform === "win32")("exec", () => {
  const context = systemContext("/nowhere/bin/zenthrex.js", "0.0.0");

  function program(name: string, script: string): void {
    const folder = join(temporaryHome(), "bin");
    mkdirSync(folder);
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
    const path = process.env["PATH"] ?? "";
    process.env["PATH"] = `${folder}${delimiter}${path}`;
    onTestFinished(() => {
      process.env["PATH"] = path;
    });
  }

  it("gives the exit code and both outputs, and hands over stdin", async () => {
    program("zx-echo", 'cat; echo "args: $*"; echo problem >&2; exit 3');
    expect(await context.exec("zx-echo", ["a b", "$HOME"], { input: "in\n" })).toEqual({
      exitCode: 3,
      stdout: "in\nargs: a b $HOME",
      stderr: "problem",
    });
  });

  it("says 127 for a program that doesn't exist", async () => {
    expect(await context.exec("zx-no-such-program", [])).toMatchObject({ exitCode: 127, stdout: "" });
  });

  it("doesn't show the key to the child", async () => {
    program("zx-env", "env");
    process.env["ZENTHREX_KEY"] = "zk_live_CANARYCANARY";
    onTestFinished(() => {
      delete process.env["ZENTHREX_KEY"];
    });
    const { stdout } = await context.exec("zx-env", []);
    expect(stdout).toContain("PATH=");
    expect(stdout).not.toContain("CANARY");
  });

  it("doesn't wait for a child of the program that keeps the output open, as clipboards do", async () => {
    const mark = join(temporaryHome(), "mark");
    program("zx-clip", `cat > ${mark}; sleep 20 & exit 0`);
    const started = performance.now();
    expect(await context.exec("zx-clip", [], { input: "text" })).toMatchObject({ exitCode: 0 });
    expect(performance.now() - started).toBeLessThan(18_000);
    expect(existsSync(mark)).toBe(true);
  });

  it("doesn't run a program of the working directory", async () => {
    const hostile = temporaryHome();
    writeFileSync(join(hostile, "zx-hostile"), "#!/bin/sh\necho hostile\n");
    chmodSync(join(hostile, "zx-hostile"), 0o755);
    const before = process.cwd();
    process.chdir(hostile);
    onTestFinished(() => process.chdir(before));
    expect(await context.exec("zx-hostile", [])).toMatchObject({ exitCode: 127 });
  });
});
