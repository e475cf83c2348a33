import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../src/cli/main.ts";
import { healthProof } from "../../src/daemon/prove.ts";
import { integrations } from "../../src/integrations/registry.ts";
import { type FakeContextOptions, fakeContext } from "../support/fake-context.ts";
import { freePort } from "../support/free-port.ts";
import { runZenthrex } from "../support/run-child.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const key = "zk_live_canary_0123456789";

/** A home that has a local token, so that tests know it. */
function homeWith(settings?: string, config: object = {}): { home: string; path: string } {
  const home = temporaryHome();
  const path = join(home, ".claude", "settings.json");
  mkdirSync(join(home, ".config", "zenthrex"), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, ".config", "zenthrex", "config.json"), JSON.stringify({ localToken: token, ...config }), {
    mode: 0o600,
  });
  if (settings !== undefined) {
    mkdirSync(dirname(path));
    writeFileSync(path, settings, { mode: 0o644 });
  }
  return { home, path };
}

async function run(line: string, options: FakeContextOptions) {
  const context = fakeContext(options);
  const code = await main(line === "" ? [] : line.split(" "), context);
  expect(context.out() + context.err()).not.toContain(token);
  return { code, out: context.out(), err: context.err() };
}

/** A server on a free port that answers the health question with whatever is given. */
async function listen(answer: (nonce: string, port: number) => string): Promise<number> {
  const server: Server = createServer((request, response) => {
    response.end(
      answer(new URL(request.url ?? "", "http://x").searchParams.get("nonce") ?? "", request.socket.localPort ?? 0),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const envOf = (path: string) => JSON.parse(readFileSync(path, "utf8")).env;

describe("zenthrex setup claude-code", () => {
  it("writes the settings, says where, how to undo and how to try it, and undoes to the byte", async () => {
    const before = '{\n  "model": "opus"\n}\n';
    const { home, path } = homeWith(before);
    const port = await freePort();
    const done = await run(`setup claude-code --port ${port}`, { home });
    expect(done.code).toBe(0);
    expect(done.out).toContain(`Claude Code now uses http://127.0.0.1:${port} with claude-opus-4-7.`);
    expect(done.out).toMatch(
      /^Changed +\/.*settings\.json\nBackup +\/.*\.bak\nUndo +zenthrex setup claude-code --undo\nTry it +claude -p "say hi"$/m,
    );
    expect(done.err).toContain(
      `not running on http://127.0.0.1:${port}: \`zenthrex serve --background --port ${port}\``,
    );
    expect(done.err).toContain("Claude Code was not found on this machine");
    expect(envOf(path)).toMatchObject({ ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`, ANTHROPIC_AUTH_TOKEN: token });
    expect(statSync(path).mode & 0o777).toBe(0o600);

    const again = await run(`setup claude-code --port ${port}`, { home });
    expect(again.out).toBe(`Claude Code is already set up for http://127.0.0.1:${port}: nothing to change.\n`);

    const undone = await run("setup claude-code --undo", { home });
    expect(undone).toMatchObject({ code: 0, out: `Restored ${path}: it is byte for byte what it was before.\n` });
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(dirname(path))).toEqual(["settings.json"]);
    expect((await run("setup claude-code --undo", { home })).out).toMatch(/^There is nothing to undo/);
  });

  it("makes the file where there is none, and the undo takes it away", async () => {
    const { home, path } = homeWith();
    const done = await run(`setup claude-code --port ${await freePort()} --yes`, { home });
    expect(done.out).toMatch(/^Created +/m);
    expect((await run("setup claude-code --undo", { home })).out).toMatch(/^Deleted /);
    expect(existsSync(dirname(path))).toBe(false);
  });

  it("takes the port of the configuration, and refuses a port that means any", async () => {
    const port = await freePort();
    const { home, path } = homeWith(undefined, { port });
    await run("setup claude-code", { home });
    expect(envOf(path).ANTHROPIC_BASE_URL).toBe(`http://127.0.0.1:${port}`);
    expect((await run("setup claude-code --port 0", { home })).code).toBe(2);
    expect((await run("setup claude-code --port x", { home })).code).toBe(2);
  });

  it("shows the change and changes nothing with --dry-run", async () => {
    const { home, path } = homeWith('{\n  "env": {\n    "ANTHROPIC_AUTH_TOKEN": "sk-ant-api03-canarycanary"\n  }\n}\n');
    const files = readdirSync(dirname(path));
    const done = await run("setup claude-code --dry-run", { home });
    expect(done.code).toBe(0);
    expect(done.out).toContain(`--- ${path}\n+++ ${path}\n@@ `);
    expect(done.out).toContain('-    "ANTHROPIC_AUTH_TOKEN": "...nary"');
    expect(done.out).toContain('+    "ANTHROPIC_AUTH_TOKEN": "zxl_...DEFG",');
    expect(done.out).not.toContain("canarycanary");
    expect(readdirSync(dirname(path))).toEqual(files);
    expect(existsSync(join(home, ".config/zenthrex/receipts"))).toBe(false);

    await run(`setup claude-code --port ${await freePort()}`, { home });
    expect((await run("setup claude-code --undo --dry-run", { home })).out).toContain(
      '+    "ANTHROPIC_AUTH_TOKEN": "...nary"',
    );
    expect(envOf(path).ANTHROPIC_AUTH_TOKEN).toBe(token);
  });

  it("writes nothing at all with --dry-run in a fresh home, not even a token", async () => {
    const home = temporaryHome();
    const done = await run("setup claude-code --dry-run", { home });
    expect(done.out).toContain("+++ ");
    expect(readdirSync(home)).toEqual([]);
  });

  it.each([
    ["comments", "{\n  // x\n}", 6, /settings\.json:2:3: a comment is not allowed/],
    ["a trailing comma", '{"a": 1,}', 6, /settings\.json:1:9: a trailing comma/],
    ["an array", "[]", 6, /the top level is an array/],
  ])(
    "refuses a file with %s, with line and column, and leaves it alone [F64]",
    async (_name, settings, exitCode, message) => {
      const { home, path } = homeWith(settings);
      const done = await run(`setup claude-code --port ${await freePort()}`, { home });
      expect(done.code).toBe(exitCode);
      expect(done.err).toMatch(message);
      expect(done.err).toMatch(/fix: {3}Mend the file/);
      expect(readFileSync(path, "utf8")).toBe(settings);
      expect(readdirSync(dirname(path))).toEqual(["settings.json"]);
    },
  );

  it("says what to do about a read-only file [F68]", async () => {
    const { home, path } = homeWith("{}");
    chmodSync(path, 0o444);
    const done = await run(`setup claude-code --port ${await freePort()}`, { home });
    expect(done.code).toBe(6);
    expect(done.err).toContain("chmod u+w");
  });

  it("reports what else may win, without a value of it", async () => {
    const { home } = homeWith();
    mkdirSync(join(home, "p", ".claude"), { recursive: true });
    writeFileSync(
      join(home, "p", ".claude", "settings.json"),
      '{"env": {"ANTHROPIC_BASE_URL": "http://canary.example"}}',
    );
    mkdirSync(join(home, "esc\u001b[2J", ".claude"), { recursive: true });
    writeFileSync(join(home, "esc\u001b[2J", ".claude", "settings.json"), '{"env": {"ANTHROPIC_MODEL": "x"}}');
    const steered = await run(`setup claude-code --port ${await freePort()}`, {
      home,
      cwd: join(home, "esc\u001b[2J"),
    });
    expect(steered.err).toContain("ANTHROPIC_MODEL");
    expect(steered.err).not.toContain("\u001b");
    const env = { ANTHROPIC_API_KEY: "sk-ant-api03-canarycanary", CLAUDE_CODE_USE_BEDROCK: "1" };
    const done = await run(`setup claude-code --port ${await freePort()}`, { home, cwd: join(home, "p"), env });
    expect(done.code).toBe(0);
    expect(done.err).toMatch(/note: .*p\/\.claude\/settings\.json sets ANTHROPIC_BASE_URL: in this folder it wins/);
    expect(done.err).toMatch(/note: the shell sets CLAUDE_CODE_USE_BEDROCK/);
    expect(done.err).toMatch(/note: the shell sets ANTHROPIC_API_KEY: inside Claude Code the settings file wins/);
    expect(done.out + done.err).not.toContain("canary");
  });
});

describe("who answers on the port", () => {
  it("is proved to be our daemon before a tool is pointed at it", async () => {
    const { home, path } = homeWith();
    const port = await listen((nonce, at) => JSON.stringify({ proof: healthProof(token, nonce, at) }));
    const done = await run(`setup claude-code --port ${port} --json`, { home });
    expect(JSON.parse(done.out)).toMatchObject({ changed: true, daemon: "running" });
    expect(envOf(path).ANTHROPIC_BASE_URL).toContain(String(port));
  });

  it("a stranger there ends it: nothing is written [T8]", async () => {
    const { home, path } = homeWith();
    const port = await listen(() => "ok");
    const done = await run(`setup claude-code --port ${port}`, { home });
    expect(done.code).toBe(5);
    expect(done.err).toMatch(/answers on http:\/\/127\.0\.0\.1:\d+, and it is not your zenthrex/);
    expect(existsSync(path)).toBe(false);
  });
});

describe("--direct", () => {
  it("writes the real key for this user only, with a warning, and never shows it", async () => {
    const { home, path } = homeWith("{}", { key });
    chmodSync(path, 0o664);
    const done = await run("setup claude-code --direct", { home });
    expect(done.code).toBe(0);
    expect(done.err).toMatch(/warning: --direct writes the real key into .*settings\.json/);
    expect(done.out + done.err).not.toContain(key);
    expect(envOf(path)).toMatchObject({
      ANTHROPIC_BASE_URL: "https://api.zentherixapi.xyz",
      ANTHROPIC_AUTH_TOKEN: key,
      ANTHROPIC_API_KEY: "",
    });
    expect(envOf(path)).not.toHaveProperty("NO_PROXY");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const receipts = join(home, ".config/zenthrex/receipts");
    for (const name of readdirSync(receipts)) expect(readFileSync(join(receipts, name), "utf8")).not.toContain(key);

    expect((await run("setup claude-code --direct --dry-run", { home })).out).toContain(
      "already set up for https://api.zentherixapi.xyz",
    );
    await run(`setup claude-code --port ${await freePort()}`, { home });
    for (const name of readdirSync(dirname(path)))
      expect(readFileSync(join(dirname(path), name), "utf8")).not.toContain(key);
    await run("setup claude-code --undo", { home });
    expect(readFileSync(path, "utf8")).toBe("{}");
    expect(statSync(path).mode & 0o777).toBe(0o664);
  });

  it("with --documented writes the three documented keys", async () => {
    const { home, path } = homeWith(undefined, { key });
    await run("setup claude-code --direct --documented", { home });
    expect(envOf(path)).toEqual({
      ANTHROPIC_BASE_URL: "https://api.zentherixapi.xyz",
      ANTHROPIC_AUTH_TOKEN: key,
      ANTHROPIC_MODEL: "claude-opus-4-7",
    });
  });

  it("goes to the one origin that the key belongs to", async () => {
    const { home, path } = homeWith(undefined, { key, upstream: "https://mirror.example" });
    await run("setup claude-code --direct", { home });
    expect(envOf(path).ANTHROPIC_BASE_URL).toBe("https://mirror.example");
  });

  it("takes the key of the environment, and without any says how to get one", async () => {
    const { home, path } = homeWith();
    const done = await run("setup claude-code --direct", { home });
    expect(done.code).toBe(3);
    expect(done.err).toContain("zenthrex login");
    expect(existsSync(path)).toBe(false);
    await run("setup claude-code --direct", { home, env: { ZENTHREX_KEY: key } });
    expect(envOf(path).ANTHROPIC_AUTH_TOKEN).toBe(key);
  });
});

describe("--print-env", () => {
  it("prints Option A for a shell and writes nothing", async () => {
    const { home, path } = homeWith();
    const context = fakeContext({ home, env: { NO_PROXY: "a b$c" } });
    expect(await main(["setup", "claude-code", "--print-env"], context)).toBe(0);
    expect(context.out()).toBe(
      [
        'export ANTHROPIC_BASE_URL="http://127.0.0.1:19368"',
        `export ANTHROPIC_API_KEY="${token}"`,
        'export ANTHROPIC_MODEL="claude-opus-4-7"',
        'export ANTHROPIC_DEFAULT_OPUS_MODEL="claude-opus-4-7"',
        'export ANTHROPIC_DEFAULT_SONNET_MODEL="claude-opus-4-7"',
        'export ANTHROPIC_DEFAULT_HAIKU_MODEL="claude-haiku-4-5"',
        'export CLAUDE_CODE_DISABLE_1M_CONTEXT="1"',
        'export NO_PROXY="a b\\$c,127.0.0.1,localhost,::1"',
        "",
      ].join("\n"),
    );
    expect(existsSync(path)).toBe(false);
  });

  it("prints the real key only beside --direct, with a warning, and the three documented variables with --documented", async () => {
    const { home } = homeWith(undefined, { key });
    const context = fakeContext({ home });
    expect(await main(["setup", "claude-code", "--print-env", "--direct", "--documented"], context)).toBe(0);
    expect(context.out()).toBe(
      `export ANTHROPIC_BASE_URL="https://api.zentherixapi.xyz"\nexport ANTHROPIC_API_KEY="${key}"\nexport ANTHROPIC_MODEL="claude-opus-4-7"\n`,
    );
    expect(context.err()).toContain("warning: the lines hold the real key");
  });
});

describe("models", () => {
  it("are resolved from the names that people use", async () => {
    const { home, path } = homeWith();
    const port = await freePort();
    const done = await run(
      `setup claude-code --port ${port} --model claude-opus-4-7[1m] --sonnet haiku --haiku claude-haiku-4-5-20251001`,
      { home },
    );
    expect(done.code).toBe(0);
    expect(envOf(path)).toMatchObject({
      ANTHROPIC_MODEL: "claude-opus-4-7-1m",
      ANTHROPIC_DEFAULT_SONNET_MODEL: "claude-haiku-4-5",
      ANTHROPIC_DEFAULT_HAIKU_MODEL: "claude-haiku-4-5",
    });
    expect(envOf(path)).not.toHaveProperty("CLAUDE_CODE_DISABLE_1M_CONTEXT");
    // Setting it up again for another reason keeps them.
    await run(`setup claude-code --port ${await freePort()}`, { home });
    expect(envOf(path)).toMatchObject({
      ANTHROPIC_MODEL: "claude-opus-4-7-1m",
      ANTHROPIC_DEFAULT_SONNET_MODEL: "claude-haiku-4-5",
    });
  });

  it("that don't exist are refused with the list, and those of a missing tier with a warning", async () => {
    const { home, path } = homeWith();
    const wrong = await run("setup claude-code --model claud-opus", { home });
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("claude-opus-4-7, claude-opus-4-7-1m, claude-haiku-4-5");
    expect(existsSync(path)).toBe(false);
    const warned = await run(`setup claude-code --port ${await freePort()} --model sonnet`, { home });
    expect(warned.err).toContain('warning: --model: the hosted API has no model "sonnet"');
  });
});

describe("on a terminal", () => {
  it("shows the diff, asks, and applies on Enter", async () => {
    const { home, path } = homeWith("{}", { sonnetModel: "claude-haiku-4-5" });
    const done = await run(`setup claude-code --port ${await freePort()}`, { home, tty: true, lines: [""] });
    expect(done.err).toContain("+++ ");
    expect(done.out).toContain("Claude Code now uses");
    expect(envOf(path).ANTHROPIC_DEFAULT_SONNET_MODEL).toBe("claude-haiku-4-5");
  });

  it("changes nothing on no, neither setting up nor undoing", async () => {
    const { home, path } = homeWith("{}", { sonnetModel: "claude-haiku-4-5" });
    const port = await freePort();
    expect((await run(`setup claude-code --port ${port}`, { home, tty: true, lines: ["n"] })).out).toBe(
      "Nothing was changed.\n",
    );
    expect(readFileSync(path, "utf8")).toBe("{}");
    await run(`setup claude-code --port ${port} --yes`, { home, tty: true, lines: [] });
    expect((await run("setup claude-code --undo", { home, tty: true, lines: ["no"] })).out).toBe(
      "Nothing was changed.\n",
    );
    expect(envOf(path).ANTHROPIC_AUTH_TOKEN).toBe(token);
  });

  it("asks once what Sonnet shall be, with prices, and remembers it for other tools", async () => {
    const { home, path } = homeWith("{}");
    const done = await run(`setup claude-code --port ${await freePort()}`, {
      home,
      tty: true,
      lines: ["sonnet?", "haiku", "y"],
    });
    expect(done.err).toContain("opus   claude-opus-4-7: $5 in, $25 out for a million tokens");
    expect(envOf(path).ANTHROPIC_DEFAULT_SONNET_MODEL).toBe("claude-haiku-4-5");
    expect(JSON.parse(readFileSync(join(home, ".config/zenthrex/config.json"), "utf8")).sonnetModel).toBe(
      "claude-haiku-4-5",
    );
    await run(`setup claude-code --port ${await freePort()}`, { home, tty: true, lines: ["y"] });
  });

  it("gives up after three answers that are none", async () => {
    const { home, path } = homeWith("{}");
    const done = await run(`setup claude-code --port ${await freePort()}`, { home, tty: true, lines: ["a", "b", "c"] });
    expect(done.code).toBe(2);
    expect(readFileSync(path, "utf8")).toBe("{}");
  });
});

describe("usage", () => {
  it("lists the tools without a name, for people and for programs", async () => {
    const { home, path } = homeWith(
      `{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "ANTHROPIC_AUTH_TOKEN": "${token}"}}`,
    );
    const table = await run("setup", { home });
    expect(table.out).toMatch(/^Tool +Here +Set up for +Verified +Tried with +By$/m);
    expect(table.out).toMatch(
      /^claude-code +no +the daemon +daemon is down +claude-code@[\d.]+ +~\/\.claude\/settings\.json$/m,
    );
    const listed = JSON.parse((await run("setup --json", { home })).out);
    expect(listed.tools.map(({ id }: { id: string }) => id)).toEqual(Object.keys(integrations));
    const tried = Object.fromEntries(
      listed.tools.map(({ id, tried_with }: Record<string, string>) => [id, tried_with]),
    );
    expect(tried).toMatchObject({ opencode: "opencode@1.18.33", zed: null, crush: null, aider: "aider@0.86.2" });
    expect(listed.tools.slice(0, 1)).toEqual([
      {
        id: "claude-code",
        title: "Claude Code",
        place: "app",
        installed: false,
        tried_with: expect.stringMatching(/^claude-code@/),
        configured_for: "zenthrex-local",
        files: [path],
        verified: null,
        notes: [],
      },
    ]);
  });

  it("fits the table into 80 columns, without cutting anything but the files' names", async () => {
    const { home } = homeWith(
      `{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "ANTHROPIC_AUTH_TOKEN": "${token}"}}`,
    );
    const { out } = await run("setup --list", { home, tty: true, columns: 80 });
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(Object.keys(integrations).length + 1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    for (const id of Object.keys(integrations)) expect(out).toMatch(new RegExp(`^${id} `, "m"));
    expect(out).not.toContain("\u2026");
  });

  it.each([
    ["setup claude-cod", /there is no tool "claude-cod"[\s\S]*Did you mean claude-code\?/],
    ["setup constructor", /there is no tool "constructor"[\s\S]*The tools are: claude-code/],
    ["setup --undo", /name the tool to set up/],
    ["setup claude-code --undo --direct", /--direct means nothing beside --undo/],
    ["setup claude-code --direct --port 1", /--port means nothing beside --direct/],
    ["setup claude-code --modle x", /Did you mean --model\?/],
  ])("%s is refused with what was probably meant", async (line, message) => {
    const done = await run(line, { home: homeWith().home });
    expect(done.code).toBe(2);
    expect(done.err).toMatch(message);
  });

  it("prints JSON for programs: a diff, a change, an undo", async () => {
    const { home, path } = homeWith("{}");
    const port = await freePort();
    expect(JSON.parse((await run(`setup claude-code --port ${port} --dry-run --json`, { home })).out).diff).toContain(
      "+++ ",
    );
    const done = JSON.parse((await run(`setup claude-code --port ${port} --json`, { home, tty: true, lines: [] })).out);
    expect(done).toMatchObject({
      version: 1,
      tool: "claude-code",
      changed: true,
      target: "local",
      base_url: `http://127.0.0.1:${port}`,
      daemon: "not running",
      undo: "zenthrex setup claude-code --undo",
    });
    expect(done.files).toEqual([{ path, outcome: "changed", backup: expect.stringContaining(".bak") }]);
    expect(JSON.parse((await run(`setup claude-code --port ${port} --json`, { home })).out).changed).toBe(false);
    const undone = JSON.parse((await run("setup claude-code --undo --json", { home })).out);
    expect(undone.files[0]).toMatchObject({ path, outcome: "restored", exact: true, left: [] });
    expect(undone.files[0].restored).toContain("env.ANTHROPIC_AUTH_TOKEN");
  });

  it("works as the real program, also where the home has blanks and letters of any kind", async () => {
    const home = join(temporaryHome(), "höme with blank");
    mkdirSync(home);
    const done = await runZenthrex(["setup", "claude-code", "--port", String(await freePort())], { home });
    expect(done).toMatchObject({ exitCode: 0 });
    expect(envOf(join(home, ".claude/settings.json")).ANTHROPIC_AUTH_TOKEN).toMatch(/^zxl_/);
    const undone = await runZenthrex(["setup", "claude-code", "--undo"], { home });
    expect(undone.exitCode).toBe(0);
    expect(existsSync(join(home, ".claude"))).toBe(false);
  });

  it.each(["", "relative/home"])("needs a home directory (HOME=%j) [F74]", async (home) => {
    const done = await run("setup claude-code", { home, cwd: "/" });
    expect(done.code).toBe(6);
    expect(done.err).toContain("Set HOME to your home directory.");
  });
});
