import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { startTestSandbox } from "../../support/start-test-sandbox.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const key = "zk_sandbox_CANARYCANARY1234";
const fileOf = (home: string): string => join(home, ".config/zenthrex/config.json");
const storedKey = (home: string): unknown => JSON.parse(readFileSync(fileOf(home), "utf8")).key;

describe("zenthrex login", () => {
  it("asks without echo, checks the key with the upstream, and stores it 0600", async () => {
    const { url, requests } = await startTestSandbox();
    const home = temporaryHome();
    const { exitCode, out, err } = await runMain(["login", "--upstream", url], { home, secrets: [key] });
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toBe(
      `Logged in with zk_...1234: $5.00 left.\nStored in ${fileOf(home)}, readable by you only.\nNext: zenthrex serve, then zenthrex setup claude-code.\n`,
    );
    expect(storedKey(home)).toBe(key);
    expect(statSync(fileOf(home)).mode & 0o777).toBe(0o600);
    expect(requests().map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /v1/whoami"]);
  });

  it.each(["\n", "\r\n", ""])("takes the key from stdin, ended by %j", async (end) => {
    const { url } = await startTestSandbox();
    const home = temporaryHome();
    const { exitCode, out } = await runMain(["login", "--key-stdin", "--json", "--upstream", url], {
      home,
      stdinText: key + end,
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({
      version: 1,
      key: "zk_...1234",
      verified: true,
      balance_usd: 5,
      file: fileOf(home),
    });
    expect(storedKey(home)).toBe(key);
  });

  it("stores an unchecked key with --no-verify, and asks nobody", async () => {
    const home = temporaryHome();
    const { exitCode, out } = await runMain(
      ["login", "--key-stdin", "--no-verify", "--upstream", "http://127.0.0.1:9"],
      { home, stdinText: key },
    );
    expect(exitCode).toBe(0);
    expect(out).toContain("not checked");
    expect(storedKey(home)).toBe(key);
  });

  it("keeps everything else that the file holds", async () => {
    const home = temporaryHome();
    mkdirSync(dirname(fileOf(home)), { recursive: true });
    writeFileSync(fileOf(home), '{"port":1,"aliases":{"gpt-4.1":"claude-haiku-4-5"},"key":"zk_old_key_0000"}');
    await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: key });
    expect(JSON.parse(readFileSync(fileOf(home), "utf8"))).toEqual({
      port: 1,
      aliases: { "gpt-4.1": "claude-haiku-4-5" },
      key,
    });
  });

  it.each([
    ["sk-ant-api03-CANARYCANARY", "an Anthropic key"],
    [`"${key}"`, "in quotes"],
    [`${key} `, "white space"],
    [`${key}\n\n`, "white space"],
    [`${key}\u200b`, "invisible"],
    ["", "empty"],
  ])("refuses %j with the reason before anybody is asked, exit code 3", async (text, reason) => {
    const { url, requests } = await startTestSandbox();
    const home = temporaryHome();
    const { exitCode, out, err } = await runMain(["login", "--key-stdin", "--upstream", url], {
      home,
      stdinText: text,
    });
    expect([exitCode, out]).toEqual([3, ""]);
    expect(err).toContain(reason);
    expect(err).not.toContain("CANARY");
    expect(requests()).toEqual([]);
    expect(() => statSync(fileOf(home))).toThrow();
  });

  it("stores nothing that the upstream refuses, exit code 3", async () => {
    const { url } = await startTestSandbox();
    const home = temporaryHome();
    const { exitCode, err } = await runMain(["login", "--key-stdin", "--upstream", url], {
      home,
      stdinText: "zk_sandbox_revoked_CANARY",
    });
    expect(exitCode).toBe(3);
    expect(err).toMatch(
      /refused the key with 401: .*revoked; the key is not stored\nfix: {3}Copy the key again from the ZenthrexApi dashboard\./,
    );
    expect(err).not.toContain("CANARY");
    expect(() => statSync(fileOf(home))).toThrow();
  });

  it("stores nothing while the upstream can't be reached, exit code 5, and says how to", async () => {
    const home = temporaryHome();
    const { exitCode, err } = await runMain(["login", "--key-stdin", "--upstream", "http://127.0.0.1:9"], {
      home,
      stdinText: key,
    });
    expect(exitCode).toBe(5);
    expect(err).toMatch(/127\.0\.0\.1:9.*; the key is not stored\nfix: {3}.*--no-verify/);
    expect(() => statSync(fileOf(home))).toThrow();
  });

  it("needs a terminal or --key-stdin", async () => {
    const { exitCode, err } = await runMain(["login"], { home: temporaryHome() });
    expect(exitCode).toBe(2);
    expect(err).toContain("zenthrex login --key-stdin < file");
  });

  it("never takes a key from the arguments, and says that it is known to others now", async () => {
    for (const argv of [
      ["login", key],
      ["login", `--key=${key}`],
      ["login", "--key-stdin", key],
    ]) {
      const { exitCode, err } = await runMain(argv, { home: temporaryHome() });
      expect(exitCode).toBe(2);
      expect(err).toMatch(/can be read by every user of this machine\nfix: .*replace this key/);
      expect(err).not.toContain("CANARY");
    }
  });

  it("warns that a variable wins, and that the wallet is low or empty", async () => {
    const { url } = await startTestSandbox();
    const run = (secret: string, env = {}) =>
      runMain(["login", "--key-stdin", "--upstream", url], { home: temporaryHome(), stdinText: secret, env });
    expect((await run(key, { ZENTHREX_KEY: "zk_other_key_9999" })).err).toMatch(
      /^warning: ZENTHREX_KEY is set and wins/,
    );
    expect((await run("zk_sandbox_low_1")).err).toBe(
      "warning: the wallet is low; top it up in the ZenthrexApi dashboard\n",
    );
    expect(await run("zk_sandbox_empty_1")).toMatchObject({
      exitCode: 0,
      err: "warning: the wallet is empty; top it up in the ZenthrexApi dashboard\n",
    });
  });
});

describe("zenthrex logout", () => {
  it("removes the key and its copies, keeps the rest, and says what else holds one [T22]", async () => {
    const home = temporaryHome();
    const folder = dirname(fileOf(home));
    await runMain(["config", "set", "port", "1"], { home });
    await runMain(["key", "token"], { home });
    await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: key });
    for (const name of ["config.json~", "config.json.tmp-17324521870a1b2c", "notes.txt"])
      writeFileSync(join(folder, name), `x ${key}`);
    const { exitCode, out, err } = await runMain(["logout"], { home, env: { ZENTHREX_KEY: "zk_other_key_9999" } });
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out.split("\n")).toEqual([
      "The key is removed.",
      `Deleted a leftover copy: ${join(folder, "config.json~")}`,
      `Still holds a key: ${join(folder, "notes.txt")}`,
      "Still holds a key: ZENTHREX_KEY in this shell: unset it, also where it is set for new shells",
      "",
    ]);
    expect(JSON.parse(readFileSync(fileOf(home), "utf8"))).toEqual({
      port: 1,
      localToken: expect.stringMatching(/^zxl_/),
    });
    expect(readdirSync(folder).sort()).toEqual(["config.json", "notes.txt"]);
  });

  it("leaves no copy below the home directory [T22]", async () => {
    const home = temporaryHome();
    for (const secret of [key, "zk_sandbox_CANARYCANARY5678"]) {
      await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: secret });
    }
    await runMain(["logout"], { home });
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const entry of files) expect(readFileSync(join(entry.parentPath, entry.name), "utf8")).not.toContain("CANARY");
  });

  it("is no error without a key, also in JSON", async () => {
    const { exitCode, out } = await runMain(["logout", "--json"], { home: temporaryHome() });
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({ version: 1, removed: false, deleted_files: [], still_held_by: [] });
  });

  it("names a tool that was set up with the key itself", async () => {
    const home = temporaryHome();
    mkdirSync(join(home, ".claude"));
    const env = { ANTHROPIC_BASE_URL: "https://api.zentherixapi.xyz", ANTHROPIC_AUTH_TOKEN: key };
    writeFileSync(join(home, ".claude/settings.json"), JSON.stringify({ env }));
    const { out } = await runMain(["logout"], { home });
    expect(out).toContain("Still holds a key: Claude Code: run zenthrex setup claude-code --undo");
    expect(out).not.toContain("CANARY");
  });

  it("removes the key from what setup keeps to undo itself, and names the settings that still hold it [T22]", async () => {
    const home = temporaryHome();
    const settings = join(home, ".claude/settings.json");
    mkdirSync(join(home, ".claude"));
    writeFileSync(settings, JSON.stringify({ env: { ANTHROPIC_AUTH_TOKEN: key } }));
    await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: key });
    await runMain(["setup", "claude-code", "--port", "9"], { home });
    const holding = (): string[] =>
      readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => readFileSync(path, "utf8").includes(key));
    // The config file, the receipt of setup and the backup beside the settings.
    expect(holding()).toHaveLength(3);
    const { out } = await runMain(["logout"], { home });
    expect(out).toBe("The key is removed.\n");
    expect(holding()).toEqual([]);

    await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: key });
    await runMain(["setup", "claude-code", "--direct"], { home });
    const direct = await runMain(["logout"], { home });
    expect(direct.out).toContain(`Still holds a key: ${settings}\n`);
    expect(direct.out).toContain("run zenthrex setup claude-code --undo");
    expect(holding()).toEqual([settings]);
    await runMain(["setup", "claude-code", "--undo"], { home });
    expect(holding()).toEqual([]);
  });
});
