import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LogEvent } from "../../src/proxy/options.ts";
import { ask, jsonOf, smallBody, streamBody, toolHeaders } from "../proxy/support/client.ts";
import { chunked, errorFramePattern, lastChunk, shortFrames, sseHead } from "../proxy/support/sse.ts";
import { startPair, startTestProxy, startUpstream, until } from "../proxy/support/test-proxy.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { startServe } from "./support/serve.ts";

const firstFrame = sseHead + chunked([Buffer.from(shortFrames[0] ?? "")]).toString();
const otherFrames = chunked([Buffer.from(shortFrames.slice(1).join(""))]).toString() + lastChunk;
const canary = "zk_canary_0123456789abcdef0123456789abcdef";
const bugs = (logs: readonly LogEvent[]) => logs.filter(({ level }) => level === "error");

/** An upstream that answers JSON and holds streams until they are let go. */
async function holdingUpstream() {
  const held: RawConnection[] = [];
  const upstream = await startUpstream(async (request, connection) => {
    if (!request.body.includes('"stream":true')) return connection.write(jsonAnswer({ type: "message" }));
    held.push(connection);
    await connection.write(firstFrame);
  });
  return { upstream, held, letGo: () => Promise.all(held.map((connection) => connection.write(otherFrames))) };
}

describe("a bug in one request", () => {
  it("is that request's 500 in its format, told in the log without a secret, and no other's business [F84]", async () => {
    const { upstream, held, letGo } = await holdingUpstream();
    let breaks = false;
    const proxy = await startTestProxy(upstream.url, {
      aliases: () => {
        if (breaks) throw new TypeError(`x is undefined, with ${canary}`);
        return {};
      },
    });
    const stream = ask(proxy.port, { body: streamBody });
    await until(() => held.length === 1);
    breaks = true;
    const broken = await ask(proxy.port);
    const brokenChat = await ask(proxy.port, { path: "/v1/chat/completions" });
    breaks = false;
    expect([broken.status, jsonOf(broken)["type"], jsonOf(broken).error["type"]]).toEqual([500, "error", "api_error"]);
    expect([brokenChat.status, jsonOf(brokenChat).error["code"]]).toEqual([500, "internal_error"]);
    for (const { text } of [broken, brokenChat]) expect(text).not.toMatch(/undefined|canary|\/src\/|\.ts/);
    expect(bugs(proxy.logs)).toHaveLength(2);
    expect(JSON.stringify(proxy.logs)).not.toContain(canary);
    await letGo();
    expect((await stream).text).toBe(shortFrames.join(""));
    expect((await ask(proxy.port)).status).toBe(200);
    await proxy.untilEnded(4);
  });

  it("in what is written behind the first byte ends that stream with an error frame [F84]", async () => {
    const { upstream, held } = await holdingUpstream();
    const clock = createFakeClock();
    let breaks = false;
    const breaking = { ...clock, now: () => (breaks ? fail() : clock.now()) };
    const proxy = await startTestProxy(upstream.url, { clock: breaking });
    const stream = ask(proxy.port, { body: streamBody });
    await until(() => held.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    breaks = true;
    await held[0]?.write(chunked([Buffer.from(shortFrames[1] ?? "")]).toString());
    await until(() => bugs(proxy.logs).length > 0);
    breaks = false;
    expect((await stream).text).toMatch(errorFramePattern);
    expect((await ask(proxy.port, { body: smallBody })).status).toBe(200);
  });
});

function fail(): never {
  throw new RangeError("the clock broke");
}

describe("what nobody caught", () => {
  /** Makes the daemon throw, or reject, when it gets a signal; and block for 1.6 s. */
  function hook(home: string): string {
    const file = join(home, "hook.mjs");
    writeFileSync(
      file,
      `process.on("SIGUSR2", () => { throw new Error("boom with ${canary}"); });
       process.on("SIGWINCH", () => { Promise.reject(new Error("unhandled with ${canary}")); });
       process.on("SIGCONT", () => { const end = Date.now() + 1800; while (Date.now() < end); });`,
    );
    return file;
  }

  async function serving() {
    const { upstream, held, letGo } = await holdingUpstream();
    const home = temporaryHome();
    const served = await startServe({ home, upstream: upstream.url, nodeArgs: ["--import", hook(home)] });
    const headers = { ...toolHeaders, "x-api-key": served.localToken };
    const stream = ask(served.port, { body: streamBody, headers });
    await until(() => held.length === 1);
    return { served, headers, stream, letGo };
  }

  it("thrown: running streams end well, nothing new begins, the exit code is 70 for who starts it anew [F84]", async () => {
    const { served, headers, stream, letGo } = await serving();
    served.kill("SIGUSR2");
    await served.until(/a bug of zenthrex, thrown and not caught: Error: boom/);
    await expect(ask(served.port, { headers })).rejects.toThrow();
    await letGo();
    expect((await stream).text).toBe(shortFrames.join(""));
    expect(await served.ended).toBe(70);
    expect(served.output()).not.toContain(canary);
  });

  it("rejected: it is told, and all goes on [F84]", async () => {
    const { served, headers, stream, letGo } = await serving();
    served.kill("SIGWINCH");
    await served.until(/a bug of zenthrex, rejected and not caught: Error: unhandled/);
    expect((await ask(served.port, { headers })).status).toBe(200);
    await letGo();
    expect((await stream).text).toBe(shortFrames.join(""));
    expect(served.output()).not.toContain(canary);
  });

  it("a blocked event loop is told with its cause, and costs no request its answer [F85]", async () => {
    const { served, headers, stream, letGo } = await serving();
    served.kill("SIGCONT");
    const during = ask(served.port, { headers });
    // Computing for it, or starved by what else runs: on a loaded machine both are true.
    await served.until(/stood still for [1-9]\d*\.\d s: it was (computing, last for messages in the raw lane|stopped)/);
    expect((await during).status).toBe(200);
    await letGo();
    expect((await stream).text).toBe(shortFrames.join(""));
  });

  it("a daemon that was stopped for a while says that it was, and goes on [F85]", async () => {
    const upstream = await startPair((_request, connection) => connection.write(jsonAnswer({ type: "message" })));
    const served = await startServe({ upstream: upstream.upstream.url });
    served.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    served.kill("SIGCONT");
    await served.until(/stood still for [1-9]\d*\.\d s: it was stopped, or other programs had the processor/);
    expect((await ask(served.port, { headers: { ...toolHeaders, "x-api-key": served.localToken } })).status).toBe(200);
  });
});
