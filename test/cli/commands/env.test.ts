import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { quoteFor, type Shell } from "../../../src/cli/setup/shell-words.ts";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const nasty = `it's "x" $(touch /tmp/never) \`id\` $HOME \\ ; & | \n \u2019 ü`;

function homeWith(): string {
  const home = temporaryHome();
  const file = join(home, ".config/zenthrex/config.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ localToken: token }), { mode: 0o600 });
  return home;
}

describe("zenthrex env", () => {
  it("prints what both SDKs read, for the shell of the user", async () => {
    const done = await runMain(["env"], { home: homeWith(), env: { SHELL: "/usr/bin/zsh", NO_PROXY: "corp" } });
    expect(done.exitCode).toBe(0);
    expect(done.out).toBe(
      [
        "unset ANTHROPIC_AUTH_TOKEN",
        "export ANTHROPIC_BASE_URL='http://127.0.0.1:19368'",
        `export ANTHROPIC_API_KEY='${token}'`,
        "export NO_PROXY='corp,127.0.0.1,localhost,::1'",
        "export OPENAI_BASE_URL='http://127.0.0.1:19368/v1'",
        `export OPENAI_API_KEY='${token}'`,
        "",
      ].join("\n"),
    );
  });

  it.each([
    ["fish", "set -gx OPENAI_BASE_URL 'http://127.0.0.1:7/v1'"],
    ["powershell", "$env:OPENAI_BASE_URL = 'http://127.0.0.1:7/v1'"],
    ["bash", "export OPENAI_BASE_URL='http://127.0.0.1:7/v1'"],
  ])("writes for %s", async (shell, line) => {
    const done = await runMain(["env", "openai-sdk", "--shell", shell, "--port", "7"], { home: homeWith() });
    expect(done.out.split("\n")[0]).toBe(line);
  });

  it("is JSON for programs, and says where variables would do nothing", async () => {
    const done = await runMain(["env", "anthropic-sdk", "--json"], { home: homeWith() });
    expect(JSON.parse(done.out)).toMatchObject({ version: 1, unset: ["ANTHROPIC_AUTH_TOKEN"] });
    const cline = await runMain(["env", "cline"], { home: homeWith() });
    expect([cline.exitCode, cline.out]).toEqual([2, ""]);
    expect(cline.err).toContain("zenthrex setup cline");
  });

  const programs: readonly (readonly [Shell, string, readonly string[]])[] = [
    ["bash", "bash", ["-c"]],
    ["zsh", "zsh", ["-c"]],
    ["fish", "fish", ["-c"]],
    ["powershell", "pwsh", ["-NoProfile", "-Command"]],
  ];
  const present = programs.filter(([, file]) => spawnSync(file, ["--version"]).status === 0);

  it.each(present)("quotes every text so that %s reads it back", (shell, file, args) => {
    const print = shell === "powershell" ? "[Console]::Out.Write" : "printf %s";
    const word = quoteFor(shell, nasty);
    const line = shell === "powershell" ? `${print}(${word})` : `${print} ${word}`;
    expect(spawnSync(file, [...args, line], { encoding: "utf8" }).stdout).toBe(nasty);
  });

  it("doubles what PowerShell takes for a quote, and escapes what fish does", () => {
    expect(quoteFor("powershell", "a'b\u2019c")).toBe("'a''b\u2019\u2019c'");
    expect(quoteFor("fish", "a'b\\c")).toBe("'a\\'b\\\\c'");
  });
});
