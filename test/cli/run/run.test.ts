import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { healthProof } from "../../../src/daemon/prove.ts";
import { startZenthrex } from "../../support/run-child.ts";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

function homeWith(config: object = {}): string {
  const home = temporaryHome();
  const file = join(home, ".config/zenthrex/config.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ localToken: token, port: 1, ...config }), { mode: 0o600 });
  return home;
}

/** A program on a PATH of its own. */
function program(home: string, name: string, script: string): string {
  const path = join(home, "bin", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

interface Started {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly settings: unknown;
  readonly settingsMode: number;
}

/** Runs a command line and looks at the child instead of starting it. */
async function started(argv: readonly string[], home: string, env: Readonly<Record<string, string>> = {}) {
  const children: Started[] = [];
  const result = await runMain(["run", ...argv], {
    home,
    env: { PATH: join(home, "bin"), ...env },
    attach: async (file, args, childEnv) => {
      const path = args[args.indexOf("--settings") + 1] ?? "";
      const settings = args.includes("--settings") ? JSON.parse(readFileSync(path, "utf8")) : undefined;
      children.push({ file, args, env: childEnv, settings, settingsMode: settings ? statSync(path).mode & 0o777 : 0 });
      return 42;
    },
  });
  return { ...result, child: children[0] };
}

async function listen(answer: (nonce: string, port: number) => string): Promise<number> {
  const server = createServer((request, response) => {
    response.end(
      answer(new URL(request.url ?? "", "http://x").searchParams.get("nonce") ?? "", request.socket.localPort ?? 0),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe("zenthrex run", () => {
  it("starts Claude Code with settings of its own that win over the user's, and takes them away again", async () => {
    const home = homeWith();
    const claude = program(home, "claude", "");
    mkdirSync(join(home, ".claude"));
    const settings = join(home, ".claude/settings.json");
    const theirs = '{"env":{"ANTHROPIC_BASE_URL":"http://127.0.0.1:9","NO_PROXY":"corp.example"}}';
    writeFileSync(settings, theirs);
    const { exitCode, child } = await started(["--sandbox", "claude", "--", "-p", "hi"], home, {
      ANTHROPIC_API_KEY: "sk-ant-api03-canary",
      ZENTHREX_KEY: "zk_live_canary_123456",
    });
    expect(exitCode).toBe(42);
    expect(child?.file).toBe(claude);
    expect(child?.args.slice(2)).toEqual(["-p", "hi"]);
    expect(child?.settings).toMatchObject({
      env: {
        ANTHROPIC_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        ANTHROPIC_AUTH_TOKEN: token,
        ANTHROPIC_API_KEY: "",
        ANTHROPIC_DEFAULT_SONNET_MODEL: "claude-opus-4-7",
        NO_PROXY: "corp.example,127.0.0.1,localhost,::1",
      },
    });
    expect(child?.settingsMode).toBe(0o600);
    expect(existsSync(child?.args[1] ?? "")).toBe(false);
    expect(readFileSync(settings, "utf8")).toBe(theirs);
    expect(JSON.stringify(child)).not.toContain("canary");
    expect(child?.args.join(" ")).not.toContain(token);
    expect(readdirSync(join(home, ".config/zenthrex"))).toEqual(["config.json"]);
  });

  it("gives any other program what both SDKs read", async () => {
    const home = homeWith();
    const path = program(home, "app", "");
    const { child } = await started(["--sandbox", "--", "app", "--flag", "x"], home, {
      no_proxy: "a",
      ANTHROPIC_AUTH_TOKEN: "theirs",
    });
    expect(child).toMatchObject({ file: path, args: ["--flag", "x"] });
    const origin = child?.env["ANTHROPIC_BASE_URL"] ?? "";
    expect(child?.env).toEqual({
      PATH: join(home, "bin"),
      ANTHROPIC_BASE_URL: origin,
      ANTHROPIC_API_KEY: token,
      OPENAI_BASE_URL: `${origin}/v1`,
      OPENAI_API_KEY: token,
      NO_PROXY: "127.0.0.1,localhost,::1",
      no_proxy: "a,127.0.0.1,localhost,::1",
    });
  });

  it("uses the daemon that runs, and none but its owner's", async () => {
    const port = await listen((nonce, at) => JSON.stringify({ proof: healthProof(token, nonce, at) }));
    const home = homeWith({ port, key: "zk_live_0123456789" });
    program(home, "app", "");
    expect((await started(["app"], home)).child?.env["ANTHROPIC_BASE_URL"]).toBe(`http://127.0.0.1:${port}`);

    const stranger = await listen(() => "ok");
    const other = homeWith({ port: stranger, key: "zk_live_0123456789" });
    program(other, "app", "");
    const { child } = await started(["app"], other);
    expect(child?.env["ANTHROPIC_BASE_URL"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(child?.env["ANTHROPIC_BASE_URL"]).not.toContain(String(stranger));
    expect((await started(["--port", String(stranger), "app"], other)).exitCode).toBe(5);
  });

  it.each([
    [["app"], 3, /zenthrex login/],
    [["nosuch"], 2, /there is no program "nosuch"/],
    [["cursor"], 2, /zenthrex setup cursor/],
    [["cline"], 2, /zenthrex setup cline/],
    [["roo-code"], 2, /zenthrex setup roo-code/],
    [["anthropic-sdk"], 2, /zenthrex run -- python app\.py/],
    [["--sandbox", "claude", "--settings", "x"], 2, /--settings can't be given/],
    [[], 2, /<program> is missing/],
  ])("run %j ends with %i and says what to do", async (argv, exitCode, message) => {
    const home = homeWith();
    for (const name of ["app", "claude"]) program(home, name, "");
    const done = await started(argv, home);
    expect(done.exitCode).toBe(exitCode);
    expect(done.err).toMatch(message);
    expect(done.child).toBeUndefined();
  });
});

describe("the program that runs", () => {
  const path = process.env["PATH"] ?? "";
  const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("zenthrex-run-"));

  it("answers through a daemon that lives as long as it does, and its exit code is ours", async () => {
    const home = homeWith();
    program(
      home,
      "ask",
      'curl -s "$ANTHROPIC_BASE_URL/v1/messages" -H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01" ' +
        `-H "content-type: application/json" -d '{"model":"claude-haiku-4-5","max_tokens":99,"messages":[{"role":"user","content":"hi"}]}'; exit 7`,
    );
    const env = { PATH: `${join(home, "bin")}:${path}` };
    const child = startZenthrex(["run", "--sandbox", "ask"], { home, env });
    const { exitCode, stdout, stderr } = await child.ended;
    expect(JSON.parse(stdout).content[0].text).toContain("zenthrex sandbox");
    expect([exitCode, stderr]).toEqual([7, ""]);
  });

  it.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("gets %s, ends as it likes, and leaves no file", async (signal) => {
    const home = homeWith();
    program(home, "claude", `trap 'echo got it; exit 5' TERM HUP INT\necho ready "$2"\nwhile :; do sleep 0.05; done`);
    const child = startZenthrex(["run", "--sandbox", "claude"], {
      home,
      env: { PATH: `${join(home, "bin")}:${path}` },
    });
    const [, file = ""] = await child.until(/ready (.*)/);
    expect(existsSync(file)).toBe(true);
    child.process.kill(signal);
    const { exitCode, stdout } = await child.ended;
    expect(stdout).toContain("got it");
    expect(exitCode).toBe(5);
    expect(existsSync(dirname(file))).toBe(false);
    expect(leftovers()).not.toContain(dirname(file));
  });

  it("that a signal ended gives 128 and its number", async () => {
    const home = homeWith();
    program(home, "dies", "kill -KILL $$");
    const child = startZenthrex(["run", "--sandbox", "dies"], { home, env: { PATH: `${join(home, "bin")}:${path}` } });
    expect((await child.ended).exitCode).toBe(137);
  });
});
