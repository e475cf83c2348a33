import { describe, expect, it } from "vitest";
import { commands } from "../../../src/cli/commands/registry.ts";
import { suggest } from "../../../src/cli/completion/suggest.ts";
import { integrations } from "../../../src/integrations/registry.ts";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

/** The words that fit; the last of the given ones is under the cursor. */
const fitting = async (...words: string[]): Promise<string[]> =>
  (await suggest(words, commands)).map(({ word }) => word);

describe("the words that fit", () => {
  it("are the commands of the registry first, with what they do", async () => {
    expect(await fitting("")).toEqual(Object.keys(commands));
    expect(await suggest(["whoa"], commands)).toEqual([
      { word: "whoami", description: "show the wallet: balance, spending, tokens" },
    ]);
    expect(await fitting("help", "who")).toEqual(["whoami"]);
    expect(await fitting("--json", "whoa")).toEqual(["whoami"]);
  });

  it.each(["setup", "doctor"])("are the tools behind %s, wherever options stand", async (command) => {
    expect(await fitting(command, "")).toEqual(Object.keys(integrations));
    expect(await fitting(command, "--json", "cl")).toEqual(["claude-code", "cline", "claude-desktop"]);
    expect(await fitting(command, "cline", "")).toEqual([]);
  });

  it("are the options that may still be given", async () => {
    expect(await fitting("setup", "--u")).toEqual(["--undo"]);
    expect(await fitting("setup", "--undo", "--u")).toEqual([]);
    expect(await fitting("--js")).toEqual(["--json"]);
  });

  it.each([
    [["env", "--shell", "f"], ["fish"]],
    [["env", "--shell=f"], ["--shell=fish"]],
    [["env", "--shell", "=", "f"], ["fish"]],
    [
      ["env", "--shell", "="],
      ["bash", "zsh", "fish", "powershell"],
    ],
    [["env", "--shell", "fish", "anth"], ["anthropic-sdk"]],
    [["serve", "--port", ""], []],
  ])("of an option's values: %j", async (typed, words) => {
    expect(await fitting(...typed)).toEqual(words);
  });

  it("depend on the argument before, where a command's meaning does", async () => {
    expect(await fitting("config", "g")).toEqual(["get"]);
    expect(await fitting("config", "get", "netw")).toEqual(["network.proxy", "network.noProxy", "network.caFile"]);
    expect(await fitting("config", "list", "")).toEqual([]);
    expect(await fitting("budget", "clear", "")).toEqual(["day", "month"]);
    expect(await fitting("budget", "set", "")).toEqual([]);
  });

  it("are programs of tools behind run, and nothing behind those: the rest is theirs", async () => {
    expect(await fitting("run", "cl")).toEqual(["claude"]);
    expect(await fitting("run", "--sandbox", "cod")).toEqual(["codex"]);
    expect(await fitting("run", "claude", "--")).toEqual([]);
  });

  it("are none behind a command that doesn't exist", async () => {
    expect(await fitting("constructor", "")).toEqual([]);
    expect(await fitting("nope", "")).toEqual([]);
  });
});

describe("zenthrex completion", () => {
  it("prints a word a line with what it means, or JSON, and nothing for a typed secret", async () => {
    const home = temporaryHome();
    const lines = await runMain(["completion", "--suggest", "--", "logi"], { home });
    expect(lines).toMatchObject({ exitCode: 0, out: "login\tstore the key of the hosted API\n", err: "" });
    const json = await runMain(["completion", "--suggest", "--json", "--", "env", "--shell", "z"], { home });
    expect(JSON.parse(json.out)).toEqual({ version: 1, suggestions: [{ word: "zsh", description: "" }] });
    const secret = await runMain(["completion", "--suggest", "--", "login", "zk_live_CANARYCANARY1234"], { home });
    expect(secret.out + secret.err).not.toContain("CANARY");
  });

  it.each([[[]], [["tcsh"]], [["bash", "zsh"]]])("names the shells that it knows for %j", async (args) => {
    const { exitCode, out, err } = await runMain(["completion", ...args], { home: temporaryHome() });
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toContain("bash, zsh, fish");
  });
});
