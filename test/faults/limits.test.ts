import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { proxyLimits } from "../../src/catalog/limits.ts";
import { ask, jsonOf, openRaw, smallBody, streamBody, toolHeaders } from "../proxy/support/client.ts";
import { chunked, lastChunk, shortFrames, sseHead } from "../proxy/support/sse.ts";
import { localToken, posts, realKey, startPair, startUpstream, until } from "../proxy/support/test-proxy.ts";
import { localTokenIn, processesOf } from "../support/background.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";
import { runZenthrex } from "../support/run-child.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { startServe } from "./support/serve.ts";

const answering = (_request: unknown, connection: RawConnection) => connection.write(jsonAnswer({ type: "message" }));

function postText(port: number, body: string, token = localToken): string {
  return (
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nx-api-key: ${token}\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
  );
}

describe("connections near the limit of the process", () => {
  it("get a 503 with retry-after in the caller's format, probes their answer, and the next ones theirs [F82]", async () => {
    const { upstream, proxy } = await startPair(answering, { descriptorLimit: 46 });
    const idle = Array.from({ length: 6 }, () => openRaw(proxy.port));
    await until(() => idle.every(({ socket }) => !socket.connecting));
    await expect.poll(async () => (await ask(proxy.port)).status).toBe(503);
    const refused = await ask(proxy.port);
    expect(refused.headers).toMatchObject({ "retry-after": "1", connection: "close" });
    expect(refused.headers).not.toHaveProperty("x-should-retry");
    expect(jsonOf(refused)).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    const chat = await ask(proxy.port, { path: "/v1/chat/completions", headers: toolHeaders });
    expect([chat.status, jsonOf(chat).error["code"]]).toEqual([503, "overloaded"]);
    expect((await ask(proxy.port, { method: "HEAD", path: "/api/hello", headers: {} })).status).toBe(200);
    expect((await ask(proxy.port, { method: "GET", path: "/healthz?nonce=0123456789abcdef" })).status).toBe(200);
    expect(posts(upstream)).toHaveLength(0);
    expect(proxy.logs.filter(({ message }) => message.includes("more are refused"))).toHaveLength(1);

    for (const { socket } of idle) socket.destroy();
    await expect.poll(async () => (await ask(proxy.port)).status).toBe(200);
  });

  it("are told before they ask where nothing is left, and what runs goes on [F82]", async () => {
    const running: RawConnection[] = [];
    const { proxy } = await startPair(
      async (_request, connection) => {
        running.push(connection);
        await connection.write(sseHead + chunked([Buffer.from(shortFrames[0] ?? "")]).toString());
      },
      { descriptorLimit: 46 },
    );
    const stream = ask(proxy.port, { body: streamBody });
    await until(() => running.length === 1);
    const others = Array.from({ length: 60 }, () => openRaw(proxy.port));
    await until(() => others.some((client) => client.received().includes("503 Service Unavailable")));
    const told =
      others
        .find((client) => client.received().includes("503"))
        ?.received()
        .toString() ?? "";
    expect(told).toMatch(/retry-after: 1\r\n/);
    expect(JSON.parse(told.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      type: "error",
      error: { type: "overloaded_error", code: "overloaded", param: null },
    });
    await running[0]?.write(chunked([Buffer.from(shortFrames.slice(1).join(""))]).toString() + lastChunk);
    expect((await stream).text).toBe(shortFrames.join(""));
    for (const { socket } of others) socket.destroy();
  });

  it("serve tools one by one and some at once where a process has 64 files to open [F82]", async () => {
    const served = await startServe({ openFiles: 64 });
    const headers = { ...toolHeaders, "x-api-key": served.localToken };
    const asked = smallBody.replace("claude-opus-4-7", "claude-haiku-4-5");
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => ask(served.port, { body: asked, headers })));
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    }
    const many = await Promise.all(
      Array.from({ length: 60 }, () =>
        ask(served.port, { body: asked, headers }).then(
          ({ status }) => status,
          () => 0,
        ),
      ),
    );
    expect(many.filter((status) => ![200, 503, 0].includes(status))).toEqual([]);
    await expect.poll(async () => (await ask(served.port, { body: asked, headers })).status).toBe(200);
  });

  it("survive a process with 100 files to open: a stream goes on beside 150 connections, and it serves again [F82]", async () => {
    const held: RawConnection[] = [];
    const upstream = await startUpstream(async (request, connection) => {
      if (!request.body.includes("stream")) return connection.write(jsonAnswer({ type: "message" }));
      held.push(connection);
      await connection.write(sseHead + chunked([Buffer.from(shortFrames[0] ?? "")]).toString());
    });
    const served = await startServe({ upstream: upstream.url, openFiles: 100 });
    const headers = { ...toolHeaders, "x-api-key": served.localToken };
    const stream = ask(served.port, { body: streamBody, headers });
    await until(() => held.length === 1);
    const many = Array.from({ length: 150 }, () =>
      openRaw(served.port, postText(served.port, smallBody, served.localToken)),
    );
    await until(() => many.every((client) => client.received().length > 0 || client.socket.destroyed));
    const answers = many.map((client) => client.received().toString().slice(9, 12));
    expect(answers.filter((status) => status === "503").length).toBeGreaterThan(0);
    expect(answers.filter((status) => !["200", "503", ""].includes(status))).toEqual([]);
    for (const { socket } of many) socket.destroy();
    await expect.poll(async () => (await ask(served.port, { headers })).status, { timeout: 10_000 }).toBe(200);
    await held[0]?.write(chunked([Buffer.from(shortFrames.slice(1).join(""))]).toString() + lastChunk);
    expect((await stream).text).toBe(shortFrames.join(""));
  });
});

describe("bodies in memory", () => {
  it("over 256 MB at once are refused, and a process with a heap of 128 MB outlives 20 times 30 MB [F83]", async () => {
    const upstream = await startEater();
    const served = await startServe({ upstream: upstream.url, nodeArgs: ["--max-old-space-size=128"] });
    const headers = { ...toolHeaders, "x-api-key": served.localToken };
    const body = Buffer.from(
      `{"model":"claude-opus-4-7","messages":[{"role":"user","content":"${"x".repeat(30 * 1024 ** 2)}"}]}`,
    );
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () => ask(served.port, { body, headers }).then(({ status }) => status)),
    );
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(statuses).toContain(503);
    expect(upstream.count()).toBe(statuses.filter((status) => status === 200).length);
    expect((await ask(served.port, { headers })).status).toBe(200);
  }, 60_000);
});

describe("callers that take their time", () => {
  const receiveLimits = { headersTimeoutMs: 150, requestTimeoutMs: 400, checkEveryMs: 50 };

  it("have 20 s for the head and 120 s for the body", () => {
    expect([proxyLimits.headersTimeoutMs, proxyLimits.requestTimeoutMs]).toEqual([20_000, 120_000]);
  });

  it("are told 408 and closed: a head, and a body, that never end [F8] [T19]", async () => {
    const { upstream, proxy } = await startPair(answering, { receiveLimits });
    const whole = postText(proxy.port, smallBody);
    for (const part of [whole.slice(0, 40), whole.slice(0, -10)]) {
      const client = openRaw(proxy.port, part);
      const drip = setInterval(() => client.socket.write(" "), 300);
      await client.closed;
      clearInterval(drip);
      expect(client.received().toString()).toMatch(/^HTTP\/1\.1 408 /);
    }
    expect(posts(upstream)).toHaveLength(0);
  });

  it("don't keep others waiting: 200 of them, and a request beside them [F8] [T19]", async () => {
    const { upstream, proxy } = await startPair(answering, {
      receiveLimits: { ...receiveLimits, headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 },
    });
    const slow = Array.from({ length: 200 }, () => openRaw(proxy.port, "POST /v1/messages HTTP/1.1\r\nHost: 127."));
    expect((await ask(proxy.port)).status).toBe(200);
    expect(posts(upstream)).toHaveLength(1);
    for (const { socket } of slow) socket.destroy();
  });
});

describe("a log that can't be written", () => {
  it.each(["/dev/full", "deleted", "moved", "a folder in its place"])(
    "never stops a request: %s [F86]",
    async (what) => {
      const home = temporaryHome();
      const log = join(home, "log", "serve.log");
      mkdirSync(join(home, "log"));
      if (what === "/dev/full") symlinkSync("/dev/full", log);
      const upstream = await startUpstream(answering);
      const served = await startServeWithLog(home, upstream.url, log);
      if (what === "deleted") rmSync(log);
      if (what === "moved") renameSync(log, `${log}.old`);
      if (what === "a folder in its place") {
        rmSync(join(home, "log"), { recursive: true });
        writeFileSync(join(home, "log"), "in the way");
      }
      const headers = { ...toolHeaders, "x-api-key": served.localToken };
      for (let count = 0; count < 5; count++) expect((await ask(served.port, { headers })).status).toBe(200);
    },
  );
});

async function startServeWithLog(home: string, upstream: string, log: string) {
  onTestFinished(() => {
    for (const pid of processesOf(home)) process.kill(pid, "SIGKILL");
  });
  const args = ["serve", "--background", "--port", "0", "--json", "--upstream", upstream, "--log-file", log];
  const { stdout, stderr } = await runZenthrex(args, { home, env: { ZENTHREX_KEY: realKey } });
  if (stdout === "") throw new Error(stderr);
  const { port } = JSON.parse(stdout) as { port: number };
  return { port, localToken: localTokenIn(home) };
}

/** An upstream that takes large bodies without looking at them. Shape: its URL, and how many came. */
async function startEater() {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      count++;
      response.setHeader("content-type", "application/json").end('{"type":"message"}');
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count };
}
