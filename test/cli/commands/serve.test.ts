import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { type FakeContext, fakeContext } from "../../support/fake-context.ts";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const key = "zk_live_CANARYCANARY1234";
const fileOf = (home: string): string => join(home, ".config/zenthrex/config.json");
const localToken = (home: string): string => JSON.parse(readFileSync(fileOf(home), "utf8")).localToken;
const message = { model: "claude-haiku-4-5", max_tokens: 64, messages: [{ role: "user", content: "hi" }] };

/** A daemon in this process, its ready event, and its end. */
interface Daemon {
  readonly context: FakeContext;
  readonly ready: {
    readonly url: string;
    readonly port: number;
    readonly upstream: string;
    readonly [name: string]: unknown;
  };
  readonly stop: () => Promise<number>;
}

async function startDaemon(
  argv: readonly string[],
  options: Partial<Parameters<typeof fakeContext>[0]> = {},
): Promise<Daemon> {
  const context = fakeContext({ home: temporaryHome(), ...options });
  const ended = main(["serve", "--port", "0", "--json", ...argv], context);
  const stop = (): Promise<number> => {
    context.signal();
    return ended;
  };
  onTestFinished(async () => {
    await stop();
  });
  const [line] = await context.until(/^\{"type":"ready".*$/m);
  return { context, ready: JSON.parse(line), stop };
}

async function ask(url: string, token: string, body: unknown = message) {
  const response = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": token, "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

/** An upstream that remembers which key came, and answers with it in its headers only. */
async function keyRecorder() {
  const keys: (string | undefined)[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    request.resume();
    keys.push(request.headers["x-api-key"] as string | undefined);
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end('{"type":"message"}'));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

describe("zenthrex serve --sandbox", () => {
  it("serves without a key, says so in a ready event, tells each request, and stops at a signal", async () => {
    const { context, ready, stop } = await startDaemon(["--sandbox"]);
    expect(ready).toMatchObject({
      ready: true,
      url: `http://127.0.0.1:${ready.port}`,
      sandbox: true,
      addresses: expect.arrayContaining(["127.0.0.1"]),
    });
    expect(await ask(ready.url, localToken(context.home))).toMatchObject({
      status: 200,
      text: expect.stringContaining("sandbox"),
    });
    const [line] = await context.until(/^\{"type":"request".*$/m);
    expect(JSON.parse(line)).toMatchObject({
      type: "request",
      route: "messages",
      lane: "raw",
      model_served: "claude-haiku-4-5",
      status: 200,
      outcome: "completed",
      usage: { output_tokens: expect.any(Number) },
      list_price_usd: expect.any(Number),
      warnings: [],
    });
    expect(await stop()).toBe(0);
    await expect(ask(ready.url, "x")).rejects.toThrow();
  });

  it("never gives the user's key to the sandbox", async () => {
    const { context, ready } = await startDaemon(["--sandbox"], { env: { ZENTHREX_KEY: key } });
    await ask(ready.url, localToken(context.home));
    const seen = await (await fetch(`${ready.upstream}/_sandbox/requests`)).text();
    expect(seen).toContain("/v1/messages");
    expect(seen).toMatch(/zk_\.\.\.ocal/);
    expect(seen).not.toMatch(/1234|CANARY/);
  });

  it("prints curl commands that answer as they are, from any folder, streamed and not", async () => {
    const home = temporaryHome();
    const context = fakeContext({ home });
    const ended = main(["serve", "--sandbox", "--port", "0"], context);
    onTestFinished(async () => {
      context.signal();
      await ended;
    });
    await context.until(/Stop +Ctrl-C/);
    const commands = context
      .out()
      .split("\n\n")
      .map((block) =>
        block
          .split("\n")
          .filter((line) => !line.startsWith("#"))
          .join("\n"),
      )
      .filter((block) => block.startsWith("curl"));
    expect(commands).toHaveLength(2);
    expect(context.out()).not.toContain(localToken(home).slice(4));
    expect(
      Math.max(
        ...context
          .out()
          .split("\n")
          .filter((line) => !line.includes("x-api-key"))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
    const env = { PATH: "/usr/bin:/bin", HOME: home };
    const answers = await Promise.all(commands.map((command) => shell(command, env)));
    expect(JSON.parse(answers[0] ?? "")).toMatchObject({ type: "message", role: "assistant" });
    expect(answers[1]).toMatch(/^event: message_start\n[\s\S]+event: message_stop\ndata: .*\n\n$/);
  });
});

describe("zenthrex serve", () => {
  it("uses a changed key, and no key after logout, from the next request on [F88]", async () => {
    const { url, keys } = await keyRecorder();
    const home = temporaryHome();
    const login = (secret: string) => runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: secret });
    await login("zk_first_key_1111");
    const daemon = await startDaemon(["--upstream", url], { home });
    const token = localToken(home);
    await ask(daemon.ready.url, token);
    await login("zk_second_key_2222");
    await ask(daemon.ready.url, token);
    await runMain(["logout"], { home });
    expect(await ask(daemon.ready.url, token)).toMatchObject({
      status: 401,
      text: expect.stringContaining("zenthrex login"),
    });
    await login("zk_third_key_3333");
    await ask(daemon.ready.url, token);
    expect(keys.filter((sent) => sent !== undefined)).toEqual([
      "zk_first_key_1111",
      "zk_second_key_2222",
      "zk_third_key_3333",
    ]);
  });

  it("uses a changed alias and host from the next request on, and keeps the last good one over garbage [F89]", async () => {
    const home = temporaryHome();
    const { context, ready } = await startDaemon(["--sandbox"], { home });
    const token = localToken(home);
    const asked = { ...message, model: "my-own-name" };
    expect((await ask(ready.url, token, asked)).status).toBe(404);
    await runMain(["config", "set", "aliases.my-own-name", "haiku"], { home });
    expect((await ask(ready.url, token, asked)).status).toBe(200);
    writeFileSync(fileOf(home), "garbage CANARY");
    expect((await ask(ready.url, token, asked)).status).toBe(200);
    expect((await ask(ready.url, token, asked)).status).toBe(200);
    const warnings = context
      .out()
      .split("\n")
      .filter((line) => line.includes('"level":"warn"') && line.includes("config.json"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("is not valid JSON at 1:1");
    expect(context.out()).not.toContain("CANARY");
  });

  it("writes the key nowhere: not on stdout, stderr, or in a file but its own [T12]", async () => {
    const { url } = await keyRecorder();
    const home = temporaryHome();
    const { context, ready, stop } = await startDaemon(["--upstream", url, "--verbose"], {
      home,
      env: { ZENTHREX_KEY: key },
    });
    const token = localToken(home);
    await ask(ready.url, token);
    await ask(ready.url, key);
    await ask(ready.url, `${key}x`, { model: key });
    await fetch(`${ready.url}/v1/${key}`, { headers: { "x-api-key": token, "user-agent": key } }).then((response) =>
      response.text(),
    );
    await stop();
    expect(context.out() + context.err()).not.toContain("CANARY");
    expect(readFileSync(fileOf(home), "utf8")).not.toContain("CANARY");
  });

  it("starts without a key, and says so", async () => {
    const { context } = await startDaemon(["--upstream", "http://127.0.0.1:9"]);
    await context.until(/there is no key yet/);
  });

  it.each([
    [["--port", "x"], 2, /bad value of --port/],
    [["--port", "99999"], 2, /bad value of --port/],
    [["--upstream", "http://example.com"], 2, /bad value of --upstream/],
    [["--sandbox", "--upstream", "https://example.com"], 2, /exclude each other/],
    [["--replies", "x.json"], 2, /--replies needs --sandbox/],
    [["--sandbox", "--replies", "/nowhere/replies.json"], 6, /\/nowhere\/replies\.json/],
    [["--chat", "maybe"], 2, /Allowed choices/],
    [["extra"], 2, /takes no arguments/],
  ])("refuses %j with exit code %d", async (argv, code, pattern) => {
    const { exitCode, out, err } = await runMain(["serve", ...argv], { home: temporaryHome() });
    expect([exitCode, out]).toEqual([code, ""]);
    expect(err).toMatch(pattern);
  });

  it("doesn't start with a variable that can't be a key (3), nor with a broken config file (6)", async () => {
    const wrong = await runMain(["serve", "--port", "0"], {
      home: temporaryHome(),
      env: { ZENTHREX_KEY: "sk-ant-CANARYCANARY" },
    });
    expect(wrong.exitCode).toBe(3);
    expect(wrong.err).not.toContain("CANARY");
    const home = temporaryHome();
    mkdirSync(dirname(fileOf(home)), { recursive: true });
    writeFileSync(fileOf(home), "{");
    expect(await runMain(["serve", "--port", "0"], { home })).toMatchObject({ exitCode: 6, out: "" });
  });

  it("mends the rights of a config file that others could read", async () => {
    const home = temporaryHome();
    await runMain(["key", "token"], { home });
    chmodSync(fileOf(home), 0o644);
    const { context } = await startDaemon(["--sandbox"], { home });
    await context.until(/config\.json could be read by others; that is mended/);
    expect(statSync(fileOf(home)).mode & 0o777).toBe(0o600);
  });

  it("says what --allow-network means [T6]", async () => {
    const { context, ready } = await startDaemon(["--sandbox", "--allow-network"]);
    expect(ready["addresses"]).toEqual(["0.0.0.0"]);
    await context.until(/everybody on this network can reach the port/);
  });
});

describe("a taken port", () => {
  it("is no error when a daemon of ours holds it: already running, exit code 0 [F75]", async () => {
    const home = temporaryHome();
    const first = await startDaemon(["--sandbox"], { home });
    const port = String(first.ready.port);
    const again = await runMain(["serve", "--sandbox", "--port", port], { home });
    expect(again).toMatchObject({ exitCode: 0, err: "" });
    expect(again.out).toMatch(
      new RegExp(
        `^already running: a zenthrex of yours \\(pid ${process.pid}\\) serves on http://127\\.0\\.0\\.1:${port} for http://127`,
      ),
    );
    const json = await runMain(["serve", "--sandbox", "--port", port, "--json"], { home });
    expect(JSON.parse(json.out)).toMatchObject({
      ready: true,
      already_running: true,
      port: Number(port),
      pid: process.pid,
    });
  });

  it("warns when the daemon that runs forwards elsewhere than asked for", async () => {
    const home = temporaryHome();
    const first = await startDaemon(["--sandbox"], { home });
    const again = await runMain(["serve", "--port", String(first.ready.port)], { home });
    expect(again.exitCode).toBe(0);
    expect(again.err).toMatch(
      /^warning: it forwards to http:\/\/127\.0\.0\.1:\d+, not to https:\/\/api\.zentherixapi\.xyz/,
    );
  });

  it("is named with its program when a stranger holds it, exit code 5, and the stranger learns no token [F75 T8]", async () => {
    const seen: string[] = [];
    const stranger = createServer((request, response) => {
      seen.push(`${request.url} ${JSON.stringify(request.headers)}`);
      response.end("hello");
    });
    onTestFinished(() => {
      stranger.closeAllConnections();
      stranger.close();
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const { port } = stranger.address() as AddressInfo;
    const home = temporaryHome();
    const { exitCode, out, err } = await runMain(["serve", "--sandbox", "--port", String(port)], { home });
    expect([exitCode, out]).toEqual([5, ""]);
    expect(err).toMatch(
      new RegExp(
        `port ${port} of 127\\.0\\.0\\.1 is taken by \\S+ \\(pid ${process.pid}\\)\nfix: {3}Stop it, or choose another port`,
      ),
    );
    expect(seen.join()).not.toContain(localToken(home).slice(4));
  });

  it("is a stranger's when another user's daemon holds it: its token is another", async () => {
    const first = await startDaemon(["--sandbox"]);
    const other = await runMain(["serve", "--sandbox", "--port", String(first.ready.port)], { home: temporaryHome() });
    expect(other.exitCode).toBe(5);
  });
});

function shell(command: string, env: Record<string, string>): Promise<string> {
  if (!existsSync("/usr/bin/curl")) return Promise.reject(new Error("this test needs curl"));
  // Not in this thread: the daemon that curl asks runs in it.
  return new Promise((resolve, reject) => {
    const end = (error: Error | null, stdout: string): void => (error === null ? resolve(stdout) : reject(error));
    execFile("sh", ["-c", command], { env, cwd: "/" }, end);
  });
}
