import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { integrations } from "../../../src/integrations/registry.ts";
import { daemonHome, processesOf, startBackground } from "../../support/background.ts";
import type { FakeContextOptions } from "../../support/fake-context.ts";
import { fakeSystemd, kill, unitOf } from "../../support/fake-systemd.ts";
import { freePort } from "../../support/free-port.ts";
import { runMain } from "../../support/run-main.ts";

const key = "zk_live_CANARYCANARY1234";

/** A home with Cline installed and a stored key, whose daemon is to serve on a free port. */
async function home(config: object = { key }): Promise<{ readonly home: string; readonly port: number }> {
  const folder = daemonHome();
  const port = await freePort();
  mkdirSync(join(folder, ".local/bin"), { recursive: true });
  writeFileSync(join(folder, ".local/bin/cline"), "#!/bin/sh\n", { mode: 0o755 });
  mkdirSync(join(folder, ".config/zenthrex"), { recursive: true, mode: 0o700 });
  const settings = JSON.stringify({ port, upstream: "http://127.0.0.1:9", ...config });
  writeFileSync(join(folder, ".config/zenthrex/config.json"), settings, { mode: 0o600 });
  return { home: folder, port };
}

const run = (line: string, options: FakeContextOptions) =>
  runMain(line.split(" "), {
    kill,
    columns: 200,
    env: { PATH: join(options.home, ".local/bin"), HOME: options.home },
    ...options,
  });
const notesOf = (err: string): string[] => err.split("\n").filter((line) => line.startsWith("note:"));
const providersOf = (folder: string): string => join(folder, ".cline/data/settings/providers.json");

// Daemons are started here: on a busy machine that takes a while.
describe.runIf(process.platform === "linux")("the offer of a daemon", { timeout: 120_000 }, () => {
  it("asks on a terminal for the service, installs it, and proves the tool then", async () => {
    const at = await home();
    const { programs } = fakeSystemd(at.home);
    const done = await run("setup cline", { ...at, programs, tty: true, lines: ["y", ""] });
    expect(done.exitCode).toBe(0);
    expect(done.err).toMatch(/The daemon is not running[\s\S]*service of systemd[\s\S]*zenthrex service uninstall/);
    expect(done.out).toMatch(/Cline now uses [\s\S]*● zenthrex is a service of systemd now and serves on /);
    // Its upstream is a closed port: the proof was tried, and says so.
    expect(done.err).toMatch(/not verified: 502: [\s\S]*127\.0\.0\.1:9/);
    expect(existsSync(unitOf(at.home))).toBe(true);
    expect(processesOf(at.home)).toHaveLength(1);

    const again = await run("setup cline", { ...at, programs, tty: true, lines: [] });
    expect(again.err).not.toMatch(/service|not running/);
  });

  it.each(["n", "no", "cancelled"])("takes %s for a no, and says how to start it", async (answer) => {
    const at = await home();
    const { lines, programs } = fakeSystemd(at.home);
    const done = await run("setup cline", {
      ...at,
      programs,
      tty: true,
      lines: answer === "cancelled" ? ["y"] : ["y", answer],
    });
    expect(done.exitCode).toBe(0);
    expect(done.err).toContain("zenthrex serve --background");
    expect(existsSync(providersOf(at.home))).toBe(true);
    expect(existsSync(unitOf(at.home))).toBe(false);
    expect(lines.filter((line) => !line.includes("show"))).toEqual([]);
  });

  it("is not made where the change itself was refused, nor for what needs no daemon", async () => {
    const at = await home();
    const { programs } = fakeSystemd(at.home);
    const refused = await run("setup cline", { ...at, programs, tty: true, lines: ["n"] });
    expect(refused).toMatchObject({ exitCode: 0, out: "Nothing was changed.\n" });
    for (const line of ["setup cursor", "setup cline --direct --yes", "setup cline --print-env"]) {
      const done = await run(line, { ...at, programs, tty: true, lines: [] });
      expect(done.err).not.toMatch(/not running|service/);
    }
  });

  it.each([
    ["no terminal", "setup cline", {}],
    ["--yes", "setup cline --yes", { tty: true, lines: [] }],
    ["--json", "setup cline --json", { tty: true, lines: [] }],
    ["--dry-run", "setup cline --dry-run", { tty: true, lines: [] }],
    ["--all", "setup --all", {}],
    ["a library", "setup openai-sdk", { tty: true, lines: [] }],
    ["curl", "setup curl", { tty: true, lines: [] }],
  ])("is one line on stderr with %s", async (_name, line, more) => {
    const at = await home();
    const { lines, programs } = fakeSystemd(at.home);
    const done = await run(line, { ...at, programs, ...more });
    expect(done.exitCode).toBe(0);
    expect(notesOf(done.err).filter((note) => note.includes("not running"))).toEqual([
      `note: the daemon is not running on http://127.0.0.1:${at.port}: \`zenthrex service install\`, or \`zenthrex serve --background\``,
    ]);
    expect(done.out).not.toContain("service install");
    expect(lines.filter((called) => !called.includes("show"))).toEqual([]);
  });

  it("leaves --json as it was: one object, and the daemon's state in it", async () => {
    const at = await home();
    const { programs } = fakeSystemd(at.home);
    const done = await run("setup cline --json", { ...at, programs, tty: true, lines: [] });
    expect(JSON.parse(done.out)).toMatchObject({ tool: "cline", daemon: "not running", verified: null });
    const all = await run("setup --all --json", { ...at, programs, tty: true, lines: [] });
    expect(JSON.parse(all.out)).toMatchObject({ version: 1, tools: [{ tool: "cline" }] });
    expect(JSON.parse((await run("setup --list --json", { ...at, programs })).out).tools).toHaveLength(
      Object.keys(integrations).length,
    );
  });

  it("says nothing where the daemon serves", async () => {
    const at = await home();
    await startBackground(at.home, ["--sandbox", "--port", String(at.port)]);
    const { programs } = fakeSystemd(at.home);
    for (const line of ["setup cline", "setup --all", "setup --list", "setup curl", "setup cline --dry-run"]) {
      const done = await run(line, { ...at, programs });
      expect(done.exitCode).toBe(0);
      expect(done.err).not.toMatch(/not running|service install/);
    }
  });

  it("offers no service where one is installed already, only its start", async () => {
    const at = await home();
    const { programs } = fakeSystemd(at.home);
    mkdirSync(join(at.home, ".config/systemd/user"), { recursive: true });
    writeFileSync(unitOf(at.home), "[Unit]\n");
    const done = await run("setup cline --yes", { ...at, programs });
    expect(notesOf(done.err)).toContain(
      `note: the daemon is not running on http://127.0.0.1:${at.port}, though it is a service: \`zenthrex service status\``,
    );
  });

  it.each<[string, object, Partial<FakeContextOptions>]>([
    ["there is no systemd for this user", { key }, { programs: {} }],
    ["the key is only in the environment", {}, { env: { ZENTHREX_KEY: key } }],
    ["the program lies in npx's cache", { key }, { programPath: "/home/ann/.npm/_npx/ab/bin/zenthrex.js" }],
    ["the system has no services that we know", { key }, { platform: "freebsd" }],
  ])("names a daemon in the background alone where %s", async (_why, config, more) => {
    const at = await home(config);
    const { programs } = fakeSystemd(at.home);
    const done = await run("setup cline --yes", { ...at, programs, ...more });
    expect(done.exitCode).toBe(0);
    expect(done.err).toContain(
      `note: the daemon is not running on http://127.0.0.1:${at.port}: \`zenthrex serve --background\``,
    );
    expect(done.err).not.toContain("service");
  });

  it("starts one in the background where there can be no service, on the tool's port", async () => {
    const at = await home();
    const port = await freePort();
    const { programs } = fakeSystemd(at.home);
    const done = await run(`setup cline --port ${port}`, { ...at, programs, tty: true, lines: ["", ""] });
    expect(done.exitCode).toBe(0);
    expect(done.err).toContain("It can go on without a terminal");
    expect(done.out).toContain(`serves on http://127.0.0.1:${port}`);
    expect(processesOf(at.home)).toHaveLength(1);
    expect(readFileSync(providersOf(at.home), "utf8")).toContain(`127.0.0.1:${port}`);
  });

  it("names the port where it is not the configured one", async () => {
    const at = await home();
    const port = await freePort();
    const done = await run(`setup cline --yes --port ${port}`, { ...at, programs: fakeSystemd(at.home).programs });
    expect(notesOf(done.err)).toContain(
      `note: the daemon is not running on http://127.0.0.1:${port}: \`zenthrex serve --background --port ${port}\``,
    );
  });

  it("keeps the exit code of the set-up where the service can't be installed, and says why", async () => {
    const at = await home();
    const refusal = { exitCode: 1, stderr: "Unit is masked.\n" };
    const { programs } = fakeSystemd(at.home, (line) => (line.includes("enable") ? refusal : undefined));
    const done = await run("setup cline", { ...at, programs, tty: true, lines: ["", ""] });
    expect(done.exitCode).toBe(0);
    expect(done.err).toMatch(/warning: .*Unit is masked[\s\S]*serve --background/);
  });

  it("comes at the end of the table too, where a tool points at a daemon that is down", async () => {
    const at = await home();
    const { programs } = fakeSystemd(at.home);
    await run("setup cline --yes", { ...at, programs });
    const listed = await run("setup --list", { ...at, programs, tty: true, lines: [] });
    expect(listed.err).toContain("not running");
    const asked = await run("setup", { ...at, programs, tty: true, lines: ["y"] });
    expect(asked.out).toContain("is a service of systemd now");
    const empty = await home();
    expect((await run("setup --list", { ...empty, programs })).err).not.toContain("not running");
  });

  it("is taken back in words after an undo: no tool points at what still runs", async () => {
    const at = await home();
    await run("setup cline --yes", at);
    await startBackground(at.home, ["--sandbox", "--port", String(at.port)]);
    const shown = await run("setup cline --undo --dry-run", at);
    expect(shown.err).not.toContain("no tool");
    const done = await run("setup cline --undo --json", at);
    expect(done.err).toContain("note: no tool points at the daemon any more: `zenthrex stop`");
    expect(JSON.parse(done.out)).toMatchObject({ tool: "cline" });
    mkdirSync(join(at.home, ".config/systemd/user"), { recursive: true });
    writeFileSync(unitOf(at.home), "[Unit]\n");
    await run("setup cline --yes", at);
    expect((await run("setup --undo --all", at)).err).toContain("any more: `zenthrex service uninstall`");
  });
});
