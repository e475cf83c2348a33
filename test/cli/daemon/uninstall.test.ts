import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { daemonHome, processesOf, startBackground, stateFolder } from "../../support/background.ts";
import { runZenthrex, startZenthrex } from "../../support/run-child.ts";
import { runMain } from "../../support/run-main.ts";

const key = "zk_live_CANARYCANARY1234";
const configOf = (home: string): string => join(home, ".config/zenthrex/config.json");
const settingsOf = (home: string): string => join(home, ".claude/settings.json");

/** A home with a tool set up, a key, and a daemon. Shape: the port. */
async function usedHome(home: string): Promise<number> {
  mkdirSync(join(home, ".claude"));
  writeFileSync(settingsOf(home), '{\n  "model": "opus"\n}\n');
  await runZenthrex(["login", "--key-stdin", "--no-verify"], { home, input: key });
  const { port } = await startBackground(home);
  await runZenthrex(["config", "set", "port", String(port)], { home });
  const setup = await runZenthrex(["setup", "claude-code", "--yes"], { home });
  expect([setup.exitCode, readFileSync(settingsOf(home), "utf8")]).toEqual([0, expect.stringContaining(String(port))]);
  return port;
}

describe.runIf(process.platform === "linux")("uninstall", () => {
  it("restores tools, stops the daemon, and leaves no file, no key and no token behind", async () => {
    const home = daemonHome();
    const port = await usedHome(home);
    const planned = await runZenthrex(["uninstall", "--dry-run"], { home });
    expect(planned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`Stops the daemon on port ${port}`) });
    expect(processesOf(home)).toHaveLength(1);
    const { exitCode, stdout } = await runZenthrex(["uninstall", "--yes"], { home });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("byte for byte what it was before");
    expect(stdout).toContain(`Stopped the daemon on port ${port}.`);
    expect(readFileSync(settingsOf(home), "utf8")).toBe('{\n  "model": "opus"\n}\n');
    expect(processesOf(home)).toEqual([]);
    expect([existsSync(join(home, ".config/zenthrex")), existsSync(stateFolder(home))]).toEqual([false, false]);
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
    expect(texts.filter((text) => /CANARY|zxl_/.test(text))).toEqual([]);
    expect(await runZenthrex(["uninstall", "--yes"], { home })).toMatchObject({ exitCode: 0 });
  });

  it("asks once, and takes no for an answer", async () => {
    const home = daemonHome();
    await usedHome(home);
    const before = readFileSync(configOf(home), "utf8");
    const refused = await runMain(["uninstall"], { home, lines: ["n"] });
    expect(refused).toMatchObject({ exitCode: 0, out: "Nothing was changed.\n" });
    expect(refused.err).toContain("Removes the key");
    expect(readFileSync(configOf(home), "utf8")).toBe(before);
    expect(await runMain(["uninstall"], { home })).toMatchObject({ exitCode: 2 });
    expect(await runMain(["uninstall", "--json"], { home })).toMatchObject({ exitCode: 2 });
    expect(processesOf(home)).toHaveLength(1);
  });

  it("says in JSON what it did, and empties what the config file links to", async () => {
    const home = daemonHome();
    mkdirSync(join(home, "dotfiles"));
    mkdirSync(join(home, ".config/zenthrex"), { recursive: true });
    writeFileSync(join(home, "dotfiles/zenthrex.json"), "{}");
    symlinkSync(join(home, "dotfiles/zenthrex.json"), configOf(home));
    const port = await usedHome(home);
    const { exitCode, stdout } = await runZenthrex(["uninstall", "--yes", "--json"], { home });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      restored: true,
      service_removed: false,
      stopped_ports: [port],
      deleted_files: expect.arrayContaining([configOf(home)]),
    });
    expect(readFileSync(join(home, "dotfiles/zenthrex.json"), "utf8").trim()).toBe("{}");
  });
});

describe.runIf(process.platform === "linux")("the end of a daemon", () => {
  it("names the tools that still point at it, by stop and by serve itself", async () => {
    const home = daemonHome();
    const port = await usedHome(home);
    const stopped = await runZenthrex(["stop"], { home });
    expect(stopped.stderr).toMatch(/^note: Claude Code.* still points at it/);
    const child = startZenthrex(["serve", "--sandbox", "--port", String(port)], { home });
    await child.until(/Stop +Ctrl-C/);
    child.process.kill("SIGINT");
    expect((await child.ended).stderr).toMatch(/Claude Code.* still points at this daemon/);
    const other = startZenthrex(["serve", "--sandbox", "--port", "0"], { home });
    await other.until(/Stop +Ctrl-C/);
    other.process.kill("SIGINT");
    expect((await other.ended).stderr).toBe("");
  });
});
