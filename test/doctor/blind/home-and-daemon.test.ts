import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { startServer } from "../../support/doctor.ts";
import { user } from "../../support/doctor-user.ts";
import { fakeContext } from "../../support/fake-context.ts";
import { runMain } from "../../support/run-main.ts";
import { mountSmallDisk, noSmallDisk } from "../../support/small-disk.ts";
import { temporaryHome } from "../../support/temporary-home.ts";
import { type Diagnosis, forwardTo } from "./machine.ts";

const key = "zk_sandbox_blind_0123456789";

async function doctor(home: string, env: Record<string, string>, argv: readonly string[] = []): Promise<Diagnosis> {
  const { exitCode, out } = await runMain(["doctor", ...argv, "--json"], { home, env });
  return { ...(JSON.parse(out) as Omit<Diagnosis, "exitCode">), exitCode };
}

describe("a home directory that nothing can be kept in", () => {
  it("is told where there is none at all, as a verdict", async () => {
    const { verdict, exitCode } = await doctor("", { HOME: "" });
    expect(verdict).toMatchObject({ code: "wrong-home", exit_code: 1 });
    expect(verdict.cause).toMatch(/no home directory.*HOME/);
    expect(exitCode).toBe(1);
    const words = await runMain(["doctor"], { home: "", env: {} });
    expect(words.out).toMatch(/HOME is not set/);
  });

  it("is told where a file stands in the folder's place, and its curls are shown all the same", async () => {
    const { url } = await startServer(
      (_request, response) => void response.writeHead(401).end('{"error":{"message":"no"}}'),
    );
    const home = temporaryHome();
    mkdirSync(join(home, ".config"));
    writeFileSync(join(home, ".config/zenthrex"), "");
    const { verdict, others } = await doctor(home, { ZENTHREX_KEY: key, ZENTHREX_UPSTREAM: url });
    expect(verdict).toMatchObject({ code: "home-unwritable", exit_code: 1 });
    expect(verdict.cause).toMatch(/is a file where zenthrex wants a folder/);
    expect(others.map(({ code }) => code)).toContain("key-rejected");
  });

  it.skipIf(noSmallDisk() !== undefined)("is told where the disk is full", async () => {
    const home = join(temporaryHome(), "disk");
    mountSmallDisk(home).fill();
    const { verdict } = await doctor(home, { ZENTHREX_KEY: key }, ["--only", "home"]);
    expect(verdict).toMatchObject({ code: "home-unwritable" });
    expect(verdict.cause).toMatch(/is full/);
  });
});

describe("a port of the daemon's", () => {
  /** A program of this test's own on a port, of which a state says that it is the daemon. */
  async function holder(answer: string | undefined, stateOf: number): Promise<{ home: string; port: number }> {
    const server = createServer((_request, response) => {
      if (answer !== undefined) response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const home = temporaryHome();
    const folder = join(home, ".local/state/zenthrex");
    mkdirSync(folder, { recursive: true });
    const state = {
      format: 1,
      port,
      pid: stateOf,
      startedAt: new Date().toISOString(),
      version: "0.1.0",
      logFile: null,
    };
    writeFileSync(
      join(folder, `daemon-${port}.json`),
      JSON.stringify({ ...state, keyFrom: null, options: {}, variables: {} }),
    );
    return { home, port };
  }
  const judge = async ({ home, port }: { home: string; port: number }) =>
    (await doctor(home, { ZENTHREX_KEY: key }, ["--port", String(port), "--only", "daemon"])).verdict;

  it("tells a daemon that is there and doesn't answer from a stranger", async () => {
    const verdict = await judge(await holder(undefined, process.pid));
    expect(verdict).toMatchObject({ code: "daemon-hung", exit_code: 5 });
    expect(verdict.fix).toBe(`kill -9 ${process.pid} && zenthrex serve --background`);
  });

  it("takes nobody else for it who answers nothing", async () => {
    expect(await judge(await holder("hello", 1))).toMatchObject({ code: "port-stranger" });
  });

  it("tells another user's zenthrex", async () => {
    const verdict = await judge(await holder(JSON.stringify({ proof: "0".repeat(64) }), 1));
    expect(verdict).toMatchObject({ code: "port-stranger" });
    expect(verdict.cause).toContain("another zenthrex");
  });
});

describe("a daemon that was started in another shell", () => {
  it("is told where it can't reach what this shell can", async () => {
    const { hosted } = await user();
    // The doctor closes each connection, the daemon keeps its own: that tells them apart here.
    const listener = forwardTo(hosted, ({ headers, socket }) => {
      if (headers.connection === "close") return false;
      socket.destroy();
      return true;
    });
    const { url } = await startServer(listener);
    const home = temporaryHome();
    await runMain(["config", "set", "upstream", url], { home });
    await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: `${key}\n` });
    const context = fakeContext({ home });
    const ended = main(["serve", "--port", "0", "--json"], context);
    onTestFinished(async () => {
      context.signal();
      await ended;
    });
    const [line] = await context.until(/^\{"type":"ready".*$/m);
    const { port } = JSON.parse(line) as { port: number };
    const { verdict } = await doctor(home, {}, ["--port", String(port)]);
    expect(verdict).toMatchObject({ code: "daemon-cut-off", fix: "zenthrex restart", exit_code: 5 });
  });

  it("is restarted, and nothing else changed, where it forwards to what isn't there any more", async () => {
    const home = temporaryHome();
    const context = fakeContext({ home, env: { ZENTHREX_UPSTREAM: "http://127.0.0.1:9", ZENTHREX_KEY: key } });
    const ended = main(["serve", "--port", "0", "--json"], context);
    onTestFinished(async () => {
      context.signal();
      await ended;
    });
    const [line] = await context.until(/^\{"type":"ready".*$/m);
    const { port } = JSON.parse(line) as { port: number };
    const { verdict } = await doctor(home, { ZENTHREX_KEY: key }, ["--port", String(port)]);
    expect(verdict).toMatchObject({ code: "connect-refused", fix: "zenthrex restart" });
    expect(verdict.cause).toMatch(/which the running daemon forwards to/);
  });
});
