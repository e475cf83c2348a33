import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { completionScripts } from "../../../src/cli/completion/scripts.ts";
import { root } from "../../support/source-files.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

/** What each shell does at the Tab key with a line, in its own words: one suggestion a line. */
const atTab = {
  bash: (script: string) => `. ${script}
    read -ra COMP_WORDS <<<"$LINE"; [[ $LINE == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _zenthrex; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // The line editor isn't there without a terminal: what it would be told is printed.
  zsh: (
    script: string,
  ) => `compdef() { : }; _files() { print files }; _describe() { print -rl -- "\${(@)\${(P)2}%%:*}" }
    . ${script}; words=("\${(@s: :)LINE}"); CURRENT=\${#words}; _zenthrex`,
  fish: (script: string) => `. ${script}; complete -C "$LINE" | string replace -r '\\t.*' ''`,
} satisfies Readonly<Record<keyof typeof completionScripts, (script: string) => string>>;

const startOptions = { bash: ["--norc"], zsh: ["-f"], fish: ["-N"] };

function complete(shell: keyof typeof atTab, line: string): string[] {
  const home = temporaryHome();
  const bin = join(home, "bin");
  mkdirSync(bin);
  const program = `#!/bin/sh\nexec "${process.execPath}" "${root}bin/zenthrex.js" "$@"\n`;
  writeFileSync(join(bin, "zenthrex"), program);
  chmodSync(join(bin, "zenthrex"), 0o755);
  const script = join(home, "script");
  writeFileSync(script, completionScripts[shell]);
  const env = { PATH: `${bin}${delimiter}${process.env["PATH"]}`, HOME: home, LINE: line };
  const args = [...startOptions[shell], "-c", atTab[shell](script)];
  const { stdout, stderr } = spawnSync(shell, args, { cwd: home, env, encoding: "utf8", timeout: 60_000 });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

describe.each(Object.keys(completionScripts) as (keyof typeof atTab)[])("completion in the real %s", (shell) => {
  const isHere = spawnSync(shell, ["--version"]).status === 0;

  it.skipIf(!isHere)("offers commands, tools, options and settings", () => {
    expect(complete(shell, "zenthrex whoa")).toEqual(["whoami"]);
    expect(complete(shell, "zenthrex setup cl").toSorted()).toEqual(["claude-code", "claude-desktop", "cline"]);
    expect(complete(shell, "zenthrex setup --und")).toEqual(["--undo"]);
    expect(complete(shell, "zenthrex config get proxy.").toSorted()).toEqual([
      "proxy.allowedHosts",
      "proxy.allowedOrigins",
    ]);
  });

  it.skipIf(!isHere)("offers all that fits where nothing is typed yet", () => {
    expect(complete(shell, "zenthrex completion ").toSorted()).toEqual(["bash", "fish", "zsh"]);
  });
});
