import { spawnSync } from "node:child_process";
import { chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/free-port.ts";
import { runZenthrex, startNode, startZenthrex } from "../support/run-child.ts";
import { root } from "../support/source-files.ts";
import { startTestSandbox } from "../support/start-test-sandbox.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
const bin = `${root}bin/zenthrex.js`;
const key = "zk_sandbox_CANARYCANARY1234";
const fileOf = (home: string): string => join(home, ".config/zenthrex/config.json");

/** Every file below a folder with its text. */
function filesBelow(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, text: readFileSync(path, "latin1") }));
}

describe("bin/zenthrex.js", () => {
  it.each(["--version", "-V"])("answers %s without loading anything of ours", async (flag) => {
    const home = temporaryHome();
    mkdirSync(join(home, "bin"));
    copyFileSync(bin, join(home, "bin/zenthrex.js"));
    copyFileSync(`${root}bin/package.json`, join(home, "bin/package.json"));
    writeFileSync(join(home, "package.json"), '{"version":"9.8.7","type":"module"}');
    const result = await startNode([join(home, "bin/zenthrex.js"), flag], { home }).ended;
    expect(result).toMatchObject({ exitCode: 0, stdout: "9.8.7\n", stderr: "" });
    expect(await runZenthrex([flag], { home })).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
  });

  it("says what to do when it isn't built", async () => {
    const home = temporaryHome();
    mkdirSync(join(home, "bin"));
    copyFileSync(bin, join(home, "bin/zenthrex.js"));
    copyFileSync(`${root}bin/package.json`, join(home, "bin/package.json"));
    const { exitCode, stdout, stderr } = await startNode([join(home, "bin/zenthrex.js"), "--help"], { home }).ended;
    expect([exitCode, stdout]).toEqual([6, ""]);
    expect(stderr).toBe(
      `error: zenthrex is not built: dist/ is missing\nfix:   Run \`npm ci && npm run build\` in ${home}.\n`,
    );
  });

  it.each(["18.20.4", "20.18.0", "20.9.99", "12.0.0", "8.17.0"])(
    "refuses Node %s with a clear sentence",
    async (old) => {
      const home = temporaryHome();
      const preload = join(home, "old.cjs");
      writeFileSync(preload, `Object.defineProperty(process.versions, "node", { value: "${old}" });`);
      const { exitCode, stdout, stderr } = await startNode(["-r", preload, bin, "--help"], { home }).ended;
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(new RegExp(`^error: zenthrex needs Node 20\\.18\\.1 or newer, this is ${old} `));
    },
  );

  it.each(["20.18.1", "20.19.0", "22.0.0", "26.1.0"])("takes Node %s", async (fine) => {
    const home = temporaryHome();
    const preload = join(home, "node.cjs");
    writeFileSync(preload, `Object.defineProperty(process.versions, "node", { value: "${fine}" });`);
    expect((await startNode(["-r", preload, bin, "--version"], { home }).ended).stdout).toBe(`${version}\n`);
  });

  it("is found through a link, as npm installs it", async () => {
    const home = temporaryHome();
    symlinkSync(bin, join(home, "zenthrex"));
    expect((await startNode([join(home, "zenthrex"), "--help"], { home }).ended).stdout).toContain(`${root}README.md`);
  });

  it.each([
    [["--help"], 0],
    [["nonsense"], 2],
    [["whoami"], 3],
    [["whoami", "--upstream", "http://127.0.0.1:9"], 3],
    [["login", "--key-stdin", "--upstream", "http://127.0.0.1:9"], 3],
  ])("ends %j with exit code %d", async (args, exitCode) => {
    expect(await runZenthrex(args, { home: temporaryHome() })).toMatchObject({ exitCode, signal: null });
  });

  it("has no colour in a pipe unless it is forced", async () => {
    const run = async (env: Record<string, string>) =>
      (await runZenthrex(["--help"], { home: temporaryHome(), env })).stdout.includes("\u001b[");
    expect(await Promise.all([run({}), run({ FORCE_COLOR: "1" }), run({ FORCE_COLOR: "1", NO_COLOR: "1" })])).toEqual([
      false,
      true,
      false,
    ]);
  });

  it("is quiet when its reader stops reading, as head does", async () => {
    const home = temporaryHome();
    const child = startNode(
      [
        "-e",
        `
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, [${JSON.stringify(bin)}, "config", "list", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.destroy();
      child.on("exit", (code, signal) => console.log("exit", code, signal));
    `,
      ],
      { home },
    );
    expect(await child.ended).toMatchObject({ stdout: "exit 0 null\n", stderr: "" });
  });

  it("delivers all its output to a reader that is slow, though handles are let go", async () => {
    const home = temporaryHome();
    mkdirSync(dirname(fileOf(home)), { recursive: true });
    const aliases = Object.fromEntries(
      Array.from({ length: 9000 }, (_, index) => [`name-${index}`, "claude-haiku-4-5"]),
    );
    writeFileSync(fileOf(home), JSON.stringify({ aliases }));
    const reader = `
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, [${JSON.stringify(bin)}, "models", "--offline", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
      let size = 0;
      child.stdout.on("data", (chunk) => { size += chunk.length; child.stdout.pause(); setTimeout(() => child.stdout.resume(), 5); });
      child.on("close", (code) => console.log(code, size));
    `;
    const { stdout } = await startNode(["-e", reader], { home }).ended;
    const whole = await runZenthrex(["models", "--offline", "--json"], { home });
    expect(whole.stdout.length).toBeGreaterThan(300_000);
    expect(JSON.parse(whole.stdout)).toMatchObject({ version: 1 });
    expect(stdout).toBe(`0 ${whole.stdout.length}\n`);
  });

  it("ends by itself even where a handle was forgotten", async () => {
    const home = temporaryHome();
    const server = createTcpServer();
    onTestFinished(() => {
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const preload = join(home, "forget.cjs");
    writeFileSync(preload, `require("node:net").connect(${port}, "127.0.0.1");`);
    const hanging = await startNode(["-r", preload, bin, "config", "path"], { home }).ended;
    expect(hanging).toMatchObject({ exitCode: 0, signal: null, stdout: `${fileOf(home)}\n` });
  });

  it.each([1, 60, 600])(
    "shows one line of a bug that nothing caught, %d ms after its start, and ends",
    async (delayMs) => {
      const home = temporaryHome();
      const preload = join(home, "bug.cjs");
      const bug = `throw new Error("late, with ${key}\\nsecond line")`;
      writeFileSync(preload, `setTimeout(() => { ${bug}; }, ${delayMs}).unref();`);
      const { exitCode, signal, stderr } = await startNode(["-r", preload, bin, "sandbox", "--json"], { home }).ended;
      expect([exitCode, signal]).toEqual([70, null]);
      expect(stderr).toMatch(/^error: unexpected late, with zk_\.\.\.1234\nfix: {3}Report it.*\n$/);
    },
  );

  it("ends right after its answer, though the upstream keeps the connection open", async () => {
    const { url } = await startTestSandbox();
    const env = { ZENTHREX_KEY: key, ZENTHREX_UPSTREAM: url };
    // Held open by the pool or its spare connection (55 s), it would be ended by a signal.
    expect(await runZenthrex(["whoami"], { home: temporaryHome(), env })).toMatchObject({ exitCode: 0, signal: null });
  });
});

describe("the key", () => {
  it("is in the config file and nowhere else: no output, file, argument or child environment [T12]", async () => {
    const { url } = await startTestSandbox();
    const home = temporaryHome();
    const tools = join(home, "tools");
    mkdirSync(tools);
    // A clipboard that keeps what it can see of us, but for its stdin.
    writeFileSync(
      join(tools, "xclip"),
      `#!/bin/sh\ncat > /dev/null\n{ env; tr '\\0' ' ' < /proc/$PPID/cmdline; tr '\\0' ' ' < /proc/$$/cmdline; } > ${home}/seen\n`,
      { mode: 0o755 },
    );
    const env = { PATH: `${tools}:${process.env["PATH"]}`, ZENTHREX_UPSTREAM: url, ZENTHREX_DEBUG: "1" };
    const run = (args: string[], more: { env?: Record<string, string>; input?: string } = {}) =>
      runZenthrex(args, { home, ...more, env: { ...env, ...more.env } });
    const results = [
      await run(["login", "--key-stdin"], { input: key }),
      await run(["whoami"]),
      await run(["whoami", "--json"]),
      await run(["key", "copy"]),
      await run(["key", "copy"], { env: { ZENTHREX_KEY: `${key}0` } }),
      await run(["key", "status"]),
      await run(["config", "list"]),
      await run(["config", "list", "--json"]),
      await run(["models"]),
      await run(["whoami"], { env: { ZENTHREX_UPSTREAM: "http://127.0.0.1:9" } }),
      await run(["whoami"], { env: { ZENTHREX_KEY: `${key} x` } }),
      await run(["serve", "--port", "x"]),
    ];
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 3, 2]);
    for (const { stdout, stderr } of results) expect(stdout + stderr).not.toContain("CANARY");
    expect(readFileSync(join(home, "seen"), "utf8")).toContain("PATH=");
    expect(
      filesBelow(home)
        .filter(({ text }) => text.includes("CANARY"))
        .map(({ path }) => path),
    ).toEqual([fileOf(home)]);
    await run(["logout"]);
    expect(filesBelow(home).filter(({ text }) => text.includes("CANARY"))).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0 && process.platform === "linux")(
    "is closed to other users, and a closed home is told as such",
    async () => {
      const home = temporaryHome();
      await runZenthrex(["login", "--key-stdin", "--no-verify"], { home, input: key });
      const asNobody = (args: string[], nobodysHome: string) =>
        startNode(
          [
            "-e",
            `process.setgid(65534); process.setuid(65534); process.argv.splice(1, 0, ${JSON.stringify(bin)}); require(${JSON.stringify(bin)});`,
            ...args,
          ],
          { home: nobodysHome, cwd: "/" },
        ).ended;
      const reading = await asNobody(["key", "status"], home);
      expect(reading).toMatchObject({ exitCode: 6, stdout: "" });
      expect(reading.stderr).toMatch(/^error: can't read .*permission denied\nfix: /);
      const writing = await asNobody(["key", "token"], "/root-owned");
      expect(writing).toMatchObject({ exitCode: 6, stdout: "" });
      expect(writing.stderr).toMatch(/^error: can't write \/root-owned\/\.config\/zenthrex: permission denied\n/);
      const own = temporaryHome();
      chownSync(own, 65534, 65534);
      expect(await asNobody(["key", "token"], own)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/^zxl_/),
      });
    },
  );
});

/** True where a process may be traced: not in every container. */
const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

describe("the working directory", () => {
  it.runIf(canTrace)(
    "is never read, whatever a repository puts there [T9]",
    async () => {
      const trap = temporaryHome();
      const names = [
        ".env",
        ".npmrc",
        "zenthrex.json",
        ".zenthrexrc",
        "config.json",
        "package.json",
        ".config/zenthrex/config.json",
      ];
      for (const name of [...names, ".claude/settings.json", "node_modules/commander/package.json", "xclip"]) {
        mkdirSync(dirname(join(trap, name)), { recursive: true });
        writeFileSync(join(trap, name), '{"port":6666,"upstream":"https://evil.example"}');
      }
      const home = temporaryHome();
      const log = join(home, "trace");
      const commands = [
        ["--help"],
        ["config", "list"],
        ["config", "set", "strict", "true"],
        ["key", "token"],
        ["key", "copy"],
      ];
      for (const args of [...commands, ["models", "--offline"], ["whoami"], ["logout"], ["serve", "--port", "x"]]) {
        const traced = spawnSync("strace", ["-f", "-e", "trace=%file", "-o", log, process.execPath, bin, ...args], {
          cwd: trap,
          env: {
            PATH: process.env["PATH"],
            HOME: home,
            ZENTHREX_KEY: "zk_live_0123456789",
            XDG_CONFIG_HOME: ".config",
            ZENTHREX_UPSTREAM: "http://127.0.0.1:9",
          },
        });
        expect(traced.error).toBeUndefined();
        const opened = readFileSync(log, "utf8")
          .split("\n")
          .filter((line) => /open|stat|readlink|access/.test(line));
        const inTrap = opened.filter((line) => line.includes(trap) || /AT_FDCWD, "[^/"]/.test(line));
        expect([args.join(" "), inTrap]).toEqual([args.join(" "), []]);
        expect(opened.length).toBeGreaterThan(10);
      }
    },
    60_000,
  );
});

describe("zenthrex serve as a process", () => {
  async function startServe(home: string, args: readonly string[] = []) {
    const child = startZenthrex(["serve", "--sandbox", "--port", "0", "--json", ...args], { home });
    const [line] = await child.until(/^\{"type":"ready".*$/m);
    const { localToken } = JSON.parse(readFileSync(fileOf(home), "utf8")) as { localToken: string };
    return { child, ...(JSON.parse(line) as { url: string; port: number }), localToken };
  }

  it.each(["SIGINT", "SIGTERM"] as const)("ends with exit code 0 at %s [F78]", async (signal) => {
    const { child } = await startServe(temporaryHome());
    child.process.kill(signal);
    expect(await child.ended).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
  });

  /** An upstream that begins a stream and holds it until told to go on. */
  async function slowUpstream() {
    const held: (() => void)[] = [];
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write('event: message_start\ndata: {"type":"message_start","message":{"usage":{}}}\n\n');
        held.push(() => response.end('event: message_stop\ndata: {"type":"message_stop"}\n\n'));
      });
    });
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      release: () =>
        held.forEach((end) => {
          end();
        }),
    };
  }

  async function startStreaming() {
    const home = temporaryHome();
    const upstream = await slowUpstream();
    // No local token yet: making it loads no conf; a second write does, with the signal handlers that conf brings along.
    await runZenthrex(["config", "set", "strict", "false"], { home });
    const child = startZenthrex(["serve", "--port", "0", "--json", "--upstream", upstream.url], {
      home,
      env: { ZENTHREX_KEY: key },
    });
    const [line] = await child.until(/^\{"type":"ready".*$/m);
    const { url } = JSON.parse(line) as { url: string };
    const { localToken } = JSON.parse(readFileSync(fileOf(home), "utf8")) as { localToken: string };
    const response = await fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": localToken, "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify({ model: "claude-haiku-4-5", stream: true, max_tokens: 9, messages: [] }),
    });
    const reader = response.body?.getReader();
    await reader?.read();
    return { child, upstream, reader };
  }

  it("lets a running answer end after the signal, two of them together being one [F78]", async () => {
    const { child, upstream, reader } = await startStreaming();
    child.process.kill("SIGINT");
    child.process.kill("SIGINT");
    await child.until(/running answers have 30 s to end/);
    upstream.release();
    const last = await reader?.read();
    expect(Buffer.from(last?.value ?? []).toString()).toContain("message_stop");
    expect(await child.ended).toMatchObject({ exitCode: 0, signal: null });
  });

  it("ends at once at a second signal", async () => {
    const { child } = await startStreaming();
    child.process.kill("SIGTERM");
    await child.until(/running answers have 30 s to end/);
    await new Promise((resolve) => setTimeout(resolve, 600));
    child.process.kill("SIGINT");
    expect(await child.ended).toMatchObject({ exitCode: null, signal: "SIGINT" });
  });

  it("goes on serving when nobody reads its output any more [F86]", async () => {
    const home = temporaryHome();
    const { child, url, localToken } = await startServe(home);
    child.process.stdout?.destroy();
    child.process.stderr?.destroy();
    for (let round = 0; round < 3; round++) {
      const response = await fetch(`${url}/v1/models`, { headers: { "x-api-key": localToken } });
      expect(response.status).toBe(200);
      await response.text();
      const message = await fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: { "x-api-key": localToken, "anthropic-version": "2023-06-01", "content-type": "application/json" },
        body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
      });
      expect(message.status).toBe(200);
      await message.text();
    }
    expect([child.process.exitCode]).toEqual([null]);
  });

  it("serves exactly once when twelve start in the same moment; the others say that it already runs [F76]", async () => {
    const home = temporaryHome();
    const port = await freePort();
    const children = Array.from({ length: 12 }, () =>
      startZenthrex(["serve", "--sandbox", "--port", String(port)], { home }),
    );
    const running = children.map((child) => child.until(/zenthrex 0|already running/).then(([text]) => text));
    const said = await Promise.all(running);
    expect(said.filter((text) => text === "already running")).toHaveLength(11);
    const ended = children.filter((_child, index) => said[index] === "already running");
    for (const { exitCode } of await Promise.all(ended.map((child) => child.ended))) expect(exitCode).toBe(0);
  }, 60_000);
});
