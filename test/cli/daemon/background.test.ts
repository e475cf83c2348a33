import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  daemonHome,
  endlessUpstream,
  environmentOf,
  localTokenIn,
  processesOf,
  startBackground,
  startStream,
  stateFolder,
} from "../../support/background.ts";
import { freePort } from "../../support/free-port.ts";
import { runZenthrex, startNode, startZenthrex } from "../../support/run-child.ts";

const key = "zk_sandbox_CANARYCANARY1234";

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.runIf(process.platform === "linux")("serve --background", () => {
  it("returns once the daemon is proven to serve, and says in one line where it is, its pid and its log", async () => {
    const home = daemonHome();
    const port = await freePort();
    const said = await runZenthrex(["serve", "--background", "--sandbox", "--port", String(port)], { home });
    const log = join(stateFolder(home), `daemon-${port}.log`);
    const [pid] = processesOf(home);
    expect(said).toMatchObject({ exitCode: 0, stderr: "" });
    expect(said.stdout).toMatch(
      new RegExp(
        `^● zenthrex \\S+ serves on http://127\\.0\\.0\\.1:${port} in the background \\(pid ${pid}\\)\n  Log  ${log}\n$`,
      ),
    );
    expect((await fetch(`http://127.0.0.1:${port}/api/hello`)).status).toBe(200);
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(statSync(join(stateFolder(home), `daemon-${port}.json`)).mode & 0o777).toBe(0o600);
    expect(statSync(stateFolder(home)).mode & 0o777).toBe(0o700);
  });

  it("serves exactly once when fifty start in the same moment; the others say so and end with 0 [F76]", async () => {
    const home = daemonHome();
    const port = String(await freePort());
    const ended = await Promise.all(
      Array.from({ length: 50 }, () => runZenthrex(["serve", "--background", "--sandbox", "--port", port], { home })),
    );
    expect(ended.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    expect(ended.filter(({ stdout }) => stdout.includes("in the background (pid "))).toHaveLength(1);
    expect(ended.filter(({ stdout }) => stdout.startsWith("already running: "))).toHaveLength(49);
    await until(() => processesOf(home).length === 1);
    const { stdout } = await runZenthrex(["status", "--port", port, "--json"], { home });
    expect(JSON.parse(stdout)).toMatchObject({ running: true, pid: processesOf(home)[0] });
  }, 120_000);

  it("hands on the key and what a daemon needs, and no other secret; the key is in no argument and no file [T12]", async () => {
    const home = daemonHome();
    const others = { ANTHROPIC_API_KEY: "sk-ant-CANARY-other", NPM_TOKEN: "CANARY", AWS_SECRET_ACCESS_KEY: "CANARY" };
    const upstream = await endlessUpstream();
    const env = { ZENTHREX_KEY: key, HTTPS_PROXY: "http://proxy.example:3128", ...others };
    const { pid, url } = await startBackground(home, ["--upstream", upstream], env);
    const names = environmentOf(pid).map((entry) => entry.split("=")[0]);
    expect(names.filter((name) => name !== "").sort()).toEqual(["HOME", "HTTPS_PROXY", "PATH", "ZENTHREX_KEY"]);
    await startStream(url, localTokenIn(home));
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain("CANARY");
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(2);
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name), "latin1")).not.toContain("CANARY");
    const { stdout } = await runZenthrex(["status", "--port", new URL(url).port, "--json"], { home });
    expect(JSON.parse(stdout)).toMatchObject({ key: "environment", upstream });
  });

  it("gives a sandbox no key at all", async () => {
    const { pid } = await startBackground(daemonHome(), ["--sandbox"], { ZENTHREX_KEY: key });
    expect(environmentOf(pid).join()).not.toContain("ZENTHREX_KEY");
  });

  it("shows why the daemon could not serve, with its exit code", async () => {
    const home = daemonHome();
    const args = [
      "serve",
      "--background",
      "--sandbox",
      "--replies",
      "nowhere.json",
      "--port",
      String(await freePort()),
    ];
    const { exitCode, stdout, stderr } = await runZenthrex(args, { home });
    expect([exitCode, stdout]).toEqual([6, ""]);
    expect(stderr).toMatch(/^error: the daemon ended with exit code 6 before it served\n {2}error: .*nowhere\.json/);
    expect(stderr).toMatch(/fix: .*daemon-\d+\.log\n$/);
    const json = await runZenthrex([...args, "--json"], { home });
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { exit_code: 6, lines: [expect.stringContaining("nowhere")] },
    });
  });

  it("names a stranger on the port, and starts nothing [F75 T8]", async () => {
    const stranger = createServer((_request, response) => response.end("hello"));
    onTestFinished(() => {
      stranger.closeAllConnections();
      stranger.close();
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const port = String((stranger.address() as AddressInfo).port);
    const home = daemonHome();
    const taken = new RegExp(`port ${port} .*\\S+ \\(pid ${process.pid}\\)`);
    const started = await runZenthrex(["serve", "--background", "--sandbox", "--port", port], { home });
    expect([started.exitCode, started.stdout]).toEqual([5, ""]);
    expect(started.stderr).toMatch(taken);
    expect(processesOf(home)).toEqual([]);
    const status = await runZenthrex(["status", "--port", port], { home });
    expect([status.exitCode, status.stderr]).toEqual([1, ""]);
    expect(status.stdout).toMatch(taken);
    const json = await runZenthrex(["status", "--port", port, "--json"], { home });
    expect(JSON.parse(json.stdout)).toMatchObject({ running: false, stranger: { pid: process.pid } });
    const stopped = await runZenthrex(["stop", "--port", port], { home });
    expect(stopped.exitCode).toBe(5);
    expect(stopped.stderr).toMatch(taken);
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200);
    expect((await runZenthrex(["restart", "--port", port], { home })).exitCode).toBe(5);
  });
});

describe.runIf(process.platform === "linux")("stop", () => {
  it("frees the port, ends the process and takes its state away", async () => {
    const home = daemonHome();
    const { port, pid } = await startBackground(home);
    const { exitCode, stdout } = await runZenthrex(["stop", "--port", String(port)], { home });
    expect([exitCode, stdout]).toEqual([0, `Stopped zenthrex on http://127.0.0.1:${port} (pid ${pid}).\n`]);
    expect(processesOf(home)).toEqual([]);
    expect(readdirSync(stateFolder(home))).toEqual([`daemon-${port}.log`, "history"]);
    await expect(fetch(`http://127.0.0.1:${port}/api/hello`)).rejects.toThrow();
    const again = await runZenthrex(["stop", "--port", String(port)], { home });
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("nothing to stop") });
    expect((await runZenthrex(["status", "--port", String(port)], { home })).exitCode).toBe(1);
  });

  it("lets a running answer go on for the drain, then ends it with an error frame [F78]", async () => {
    const home = daemonHome();
    const { url, port } = await startBackground(home, ["--upstream", await endlessUpstream(), "--drain", "1.5"], {
      ZENTHREX_KEY: key,
    });
    const { rest } = await startStream(url, localTokenIn(home));
    const asked = performance.now();
    const stopped = await runZenthrex(["stop", "--port", String(port)], { home });
    expect(stopped.exitCode).toBe(0);
    expect(stopped.stderr).toMatch(/^stopping \(pid \d+\): running answers have 1\.5 s to end/);
    expect(performance.now() - asked).toBeGreaterThan(1400);
    expect(await rest).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"[a-z_]+"/);
  });

  it("ends it at once with --now", async () => {
    const home = daemonHome();
    const { url, port } = await startBackground(home, ["--upstream", await endlessUpstream()], { ZENTHREX_KEY: key });
    const { rest } = await startStream(url, localTokenIn(home));
    const asked = performance.now();
    expect((await runZenthrex(["stop", "--now", "--port", String(port)], { home })).exitCode).toBe(0);
    expect(performance.now() - asked).toBeLessThan(19_000);
    expect(processesOf(home)).toEqual([]);
    expect((await rest) ?? "").not.toContain("message_stop");
  });

  it("leaves a stranger alone whose pid a killed daemon's state names [T8]", async () => {
    const home = daemonHome();
    const { port, pid } = await startBackground(home);
    process.kill(pid, "SIGKILL");
    await until(() => processesOf(home).length === 0);
    const stranger = startNode(["-e", "setInterval(() => {}, 1000); console.log('up')"], { home });
    await stranger.until(/up/);
    const file = join(stateFolder(home), `daemon-${port}.json`);
    const state = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...state, pid: stranger.process.pid }));
    const status = await runZenthrex(["status", "--port", String(port)], { home });
    expect(status).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("is not running") });
    const stopped = await runZenthrex(["stop", "--port", String(port)], { home });
    expect(stopped).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("nothing to stop") });
    expect(processesOf(home)).toEqual([stranger.process.pid]);
    expect(existsSync(file)).toBe(false);
  });

  it("stops a daemon in a terminal too", async () => {
    const home = daemonHome();
    const child = startZenthrex(["serve", "--sandbox", "--port", "0", "--json"], { home });
    const [line] = await child.until(/^\{"type":"ready".*$/m);
    const { port } = JSON.parse(line) as { port: number };
    const { exitCode } = await runZenthrex(["stop", "--port", String(port)], { home });
    expect(exitCode).toBe(0);
    expect(await child.ended).toMatchObject({ exitCode: 0 });
  });
});

describe.runIf(process.platform === "linux")("a daemon in the background", () => {
  it("starts again after kill -9, on the same port and with the same log", async () => {
    const home = daemonHome();
    const first = await startBackground(home);
    process.kill(first.pid, "SIGKILL");
    await until(() => processesOf(home).length === 0);
    const args = ["serve", "--background", "--sandbox", "--port", String(first.port), "--json"];
    const second = JSON.parse((await runZenthrex(args, { home })).stdout);
    expect(second).toMatchObject({ already_running: false, port: first.port, log: first.log });
    expect(second.pid).not.toBe(first.pid);
    const status = await runZenthrex(["status", "--port", String(first.port), "--json"], { home });
    expect(JSON.parse(status.stdout)).toMatchObject({ running: true, pid: second.pid, log: first.log });
  });

  it("goes on at SIGHUP, and writes to a new log where the old one was moved away", async () => {
    const home = daemonHome();
    const { pid, url, log } = await startBackground(home);
    renameSync(log, `${log}.moved`);
    process.kill(pid, "SIGHUP");
    await until(() => existsSync(log));
    const ask = () =>
      fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: {
          "x-api-key": localTokenIn(home),
          "anthropic-version": "2023-06-01",
          "content-type": "application/json",
        },
        body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
      });
    expect((await ask()).status).toBe(200);
    await until(() => readFileSync(log, "utf8").includes('"type":"request"'));
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${log}.moved`, "utf8")).not.toContain('"type":"request"');
  });

  it("restarts with the options and the settings that it has, while an old answer still ends", async () => {
    const home = daemonHome();
    const upstream = await endlessUpstream();
    const options = ["--drain", "3", "--strict", "--verbose", "--upstream", upstream];
    const env = { ZENTHREX_KEY: key, ZENTHREX_AUTO_CACHE: "false" };
    const first = await startBackground(home, options, env);
    const { rest } = await startStream(first.url, localTokenIn(home));
    const args = ["restart", "--port", String(first.port), "--json"];
    const restarted = await runZenthrex(args, { home, env: { ZENTHREX_KEY: key, ZENTHREX_CHAT: "upstream" } });
    expect(restarted).toMatchObject({ exitCode: 0, stderr: "" });
    const second = JSON.parse(restarted.stdout);
    expect(second).toMatchObject({ port: first.port, upstream, already_running: false, log: first.log });
    expect(second.pid).not.toBe(first.pid);
    expect(processesOf(home).sort()).toEqual([first.pid, second.pid].sort());
    const command = readFileSync(`/proc/${second.pid}/cmdline`, "utf8").split("\0");
    expect(command).toEqual(expect.arrayContaining(["--strict", "--verbose", "--drain=3", `--upstream=${upstream}`]));
    const settings = environmentOf(second.pid).filter(
      (entry) => entry.startsWith("ZENTHREX_") && !entry.includes("KEY"),
    );
    expect(settings).toEqual(["ZENTHREX_AUTO_CACHE=false"]);
    expect(await rest).toContain("event: error");
    await until(() => processesOf(home).length === 1);
    const state = JSON.parse(readFileSync(join(stateFolder(home), `daemon-${first.port}.json`), "utf8"));
    expect(state).toMatchObject({ pid: second.pid, options: { strict: true } });
  });

  it("says on restart that a key from the old shell is missing", async () => {
    const home = daemonHome();
    const upstream = await endlessUpstream();
    const first = await startBackground(home, ["--upstream", upstream], { ZENTHREX_KEY: key });
    const { exitCode, stderr } = await runZenthrex(["restart", "--port", String(first.port)], { home });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/warning: the daemon had its key from ZENTHREX_KEY, which this shell has not/);
  });

  it("is told to restart when the command line is of another version [F87]", async () => {
    const home = daemonHome();
    const { port } = await startBackground(home);
    const { runMain } = await import("../../support/run-main.ts");
    const status = await runMain(["status", "--port", String(port)], { home, version: "9.9.9" });
    expect(status).toMatchObject({ exitCode: 0, err: expect.stringMatching(/restart needed: .* this is 9\.9\.9/) });
    const json = await runMain(["status", "--port", String(port), "--json"], { home, version: "9.9.9" });
    expect(JSON.parse(json.out)).toMatchObject({ restart_needed: true, cli_version: "9.9.9" });
    const again = await runMain(["serve", "--background", "--sandbox", "--port", String(port)], {
      home,
      version: "9.9.9",
    });
    expect(again).toMatchObject({ exitCode: 0, err: expect.stringContaining("restart needed") });
  });

  it("is found on another port than the configured one", async () => {
    const home = daemonHome();
    const { port } = await startBackground(home);
    const { stdout, exitCode } = await runZenthrex(["status", "--port", String(await freePort())], { home });
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`One of yours serves on http://127.0.0.1:${port}`);
    const stopped = await runZenthrex(["stop", "--port", String(await freePort())], { home });
    expect(stopped.stdout).toContain(`One of yours serves on port ${port}: zenthrex stop --port ${port}`);
  });

  it("serves though its state can't be written; restart leaves it alone where the new one could have no log", async () => {
    const home = daemonHome();
    const log = join(home, "own.log");
    const state = stateFolder(home);
    mkdirSync(join(home, ".local/state"), { recursive: true });
    writeFileSync(state, "a file in the folder's place");
    const { port } = await startBackground(home, ["--sandbox", "--log-file", log]);
    expect(readFileSync(log, "utf8")).toMatch(/won't know this daemon's options/);
    const { exitCode, stderr } = await runZenthrex(["restart", "--port", String(port)], { home });
    expect(exitCode).toBe(6);
    expect(stderr).toContain(state);
    expect((await runZenthrex(["status", "--port", String(port)], { home })).exitCode).toBe(0);
    expect((await runZenthrex(["stop", "--port", String(port)], { home })).exitCode).toBe(0);
  });
});

describe.runIf(process.platform === "linux")("logs", () => {
  it("shows the last lines for people and for programs, and follows", async () => {
    const home = daemonHome();
    const { port, url } = await startBackground(home);
    const follow = startZenthrex(["logs", "--follow", "-n", "0", "--port", String(port)], { home });
    const people = await runZenthrex(["logs", "--port", String(port)], { home });
    expect(people.stdout).toMatch(/^\d\d:\d\d:\d\d serves on http:\/\/127/);
    const token = localTokenIn(home);
    const body = JSON.stringify({
      model: "claude-haiku-4-5",
      max_tokens: 9,
      messages: [{ role: "user", content: "hi" }],
    });
    const headers = { "x-api-key": token, "anthropic-version": "2023-06-01", "content-type": "application/json" };
    const send = () => fetch(`${url}/v1/messages`, { method: "POST", headers, body });
    const timer = setInterval(() => void send(), 300);
    onTestFinished(() => clearInterval(timer));
    await follow.until(/haiku-4-5 +raw +200/);
    clearInterval(timer);
    follow.process.kill("SIGINT");
    expect(await follow.ended).toMatchObject({ exitCode: 0 });
    const json = await runZenthrex(["logs", "--json", "-n", "1", "--port", String(port)], { home });
    expect(JSON.parse(json.stdout)).toMatchObject({ type: "request", status: 200 });
    expect(json.stdout.split("\n")).toHaveLength(2);
  });

  it("says where a log would be when there is none (1), and what a count is (2)", async () => {
    const home = daemonHome();
    expect(await runZenthrex(["logs"], { home })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("serve --background"),
    });
    expect(await runZenthrex(["logs", "-n", "many"], { home })).toMatchObject({ exitCode: 2 });
  });
});
