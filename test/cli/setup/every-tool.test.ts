import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

/** A home where Claude Code and Cline are installed; the port is one where nothing listens. */
function homeWithTools(): string {
  const home = temporaryHome();
  for (const name of ["claude", "cline"]) {
    mkdirSync(join(home, ".local/bin"), { recursive: true });
    writeFileSync(join(home, ".local/bin", name), "#!/bin/sh\n", { mode: 0o755 });
  }
  mkdirSync(join(home, ".claude"));
  writeFileSync(join(home, ".claude/settings.json"), '{"model": "opus"}');
  mkdirSync(join(home, ".config/zenthrex"), { recursive: true });
  writeFileSync(join(home, ".config/zenthrex/config.json"), '{"port": 1, "sonnetModel": "claude-haiku-4-5"}', {
    mode: 0o600,
  });
  return home;
}

const run = (line: string, home: string, more: object = {}) =>
  runMain(line.split(" "), { home, env: { PATH: join(home, ".local/bin") }, ...more });
const claudeOf = (home: string): string => readFileSync(join(home, ".claude/settings.json"), "utf8");
const clineFile = ".cline/data/settings/providers.json";

describe("setup of every tool", () => {
  it.each(["--all", "--yes"])("%s sets up what is installed and can be written for", async (option) => {
    const home = homeWithTools();
    const done = await run(`setup ${option}`, home);
    expect(done.exitCode).toBe(0);
    expect(claudeOf(home)).toContain("http://127.0.0.1:1");
    expect(readFileSync(join(home, clineFile), "utf8")).toContain("http://127.0.0.1:1/v1");
    expect(existsSync(join(home, ".config/zenthrex/roo-code-settings.json"))).toBe(false);
    expect((await run("setup --all", home)).out).toMatch(/Claude Code is already set up[\s\S]*Cline is already set up/);
  });

  it("--all --dry-run writes nothing", async () => {
    const home = homeWithTools();
    const done = await run("setup --all --dry-run", home);
    expect(done.out).toContain("+++ ");
    expect(existsSync(join(home, ".cline"))).toBe(false);
  });

  it("--undo --all restores all of it without a daemon, and knows when there is nothing", async () => {
    const home = homeWithTools();
    await run("setup --all", home);
    const done = await run("setup --undo --all", home);
    expect(done.exitCode).toBe(0);
    expect(claudeOf(home)).toBe('{"model": "opus"}');
    expect(existsSync(join(home, ".cline"))).toBe(false);
    expect(readdirSync(join(home, ".config/zenthrex/receipts"))).toEqual([]);
    expect((await run("setup --undo --all", home)).out).toBe("There is nothing to undo.\n");
  });

  it("takes back a tool that this version doesn't know any more", async () => {
    const home = homeWithTools();
    await run("setup claude-code", home);
    const receipts = join(home, ".config/zenthrex/receipts");
    const receipt = JSON.parse(readFileSync(join(receipts, "claude-code.json"), "utf8"));
    writeFileSync(join(receipts, "old-tool.json"), JSON.stringify({ ...receipt, tool: "old-tool" }));
    writeFileSync(join(receipts, "claude-code.json"), JSON.stringify({ ...receipt, files: [] }));
    await run("setup --undo --all", home);
    expect(claudeOf(home)).toBe('{"model": "opus"}');
  });

  it("goes on with the others where one tool's settings are broken, and tells it", async () => {
    const home = homeWithTools();
    writeFileSync(join(home, ".claude/settings.json"), "{broken");
    const done = await run("setup --all", home);
    expect(done.exitCode).toBe(6);
    expect(done.err).toMatch(/error: Claude Code: .*settings\.json:1:2/);
    expect(existsSync(join(home, clineFile))).toBe(true);
    const json = JSON.parse((await run("setup --all --json", home)).out);
    expect(json.tools).toMatchObject([{ tool: "claude-code", error: { code: "ZX_FILE_INVALID" } }, { tool: "cline" }]);
  });

  it("is offered on a terminal, and each change is shown before it is made", async () => {
    const home = homeWithTools();
    const no = await run("setup", home, { tty: true, lines: [""] });
    expect(no.out).toMatch(/^cline +yes +nothing/m);
    expect(existsSync(join(home, clineFile))).toBe(false);
    const yes = await run("setup", home, { tty: true, lines: ["y", "", ""] });
    expect(yes.exitCode).toBe(0);
    expect(yes.err).toContain("+++ ");
    expect(claudeOf(home)).toContain("ANTHROPIC_BASE_URL");
    expect(existsSync(join(home, clineFile))).toBe(true);
    // Nothing is left to offer.
    expect((await run("setup", home, { tty: true, lines: [] })).exitCode).toBe(0);
    expect((await run("setup --list", home, { tty: true, lines: [] })).exitCode).toBe(0);
  });

  it("says so where nothing is installed", async () => {
    const home = temporaryHome();
    expect((await run("setup --all", home)).out).toMatch(/^No tool that setup can write for was found here/);
  });

  it.each([
    ["setup --undo", /name the tool to set up, or say --all/],
    ["setup --model opus", /name the tool/],
    ["setup cline --all", /--all means nothing beside the name/],
    ["setup --list --all", /--all means nothing beside --list/],
    ["setup --undo --all --verify", /--verify means nothing beside --undo/],
    ["setup cline --verify=maybe", /Allowed choices are free, live/],
  ])("%s is refused", async (line, message) => {
    const done = await run(line, temporaryHome());
    expect(done.exitCode).toBe(2);
    expect(done.err).toMatch(message);
  });

  it("keeps what it cannot undo from being forgotten", async () => {
    const home = homeWithTools();
    await run("setup roo-code", home);
    const path = join(home, ".config/zenthrex/roo-code-settings.json");
    expect(existsSync(path)).toBe(true);
    const undone = await run("setup roo-code --undo", home);
    expect(undone.err).toContain("Roo Code keeps a profile that it has imported");
    expect(existsSync(dirname(path))).toBe(true);
    expect(existsSync(path)).toBe(false);
  });
});
