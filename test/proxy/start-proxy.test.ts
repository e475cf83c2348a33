import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ZenthrexError } from "../../src/base/errors.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { ask, sendRaw, smallBody, toolHeaders } from "./support/client.ts";
import { localToken, posts, realKey, startPair, startTestProxy, startUpstream, until } from "./support/test-proxy.ts";

function holdPort(port: number, host: string): Promise<number> {
  const server = createServer();
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}

describe("startProxy", () => {
  it("takes one free port on both loopback addresses [F90]", async () => {
    const upstream = await startUpstream((_request, connection) => connection.write(jsonAnswer({ ok: true })));
    const proxy = await startTestProxy(upstream.url, { addresses: ["127.0.0.1", "::1"] });
    expect(proxy.running.addresses).toEqual(["127.0.0.1", "::1"]);
    const answer = await fetch(`http://[::1]:${proxy.port}/v1/messages`, {
      method: "POST",
      headers: toolHeaders,
      body: smallBody,
    });
    expect(answer.status).toBe(200);
    expect((await ask(proxy.port)).status).toBe(200);
  });

  it("fails with a code where the first address is taken, and only warns of a further one [F75]", async () => {
    const upstream = await startUpstream(() => undefined);
    const taken = await holdPort(0, "127.0.0.1");
    await expect(startTestProxy(upstream.url, { port: taken })).rejects.toMatchObject({ code: "ZX_PORT_TAKEN" });
    await expect(startTestProxy(upstream.url, { port: taken })).rejects.toBeInstanceOf(ZenthrexError);
    const free = await startTestProxy(upstream.url);
    const second = await startTestProxy(upstream.url, { addresses: ["127.0.0.1", "192.0.2.1"] });
    expect(second.running.addresses).toEqual(["127.0.0.1"]);
    expect(second.logs.filter(({ level }) => level === "warn")).toHaveLength(1);
    expect(second.logs[0]!.message).toContain("192.0.2.1");
    expect(free.port).not.toBe(second.port);
  });

  it("asks for the key on every request, and uses a changed one from the next on [F88]", async () => {
    let key: string | undefined = realKey;
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })), {
      apiKey: () => key,
    });
    await ask(proxy.port);
    key = "zk_changed_0123456789";
    await ask(proxy.port);
    key = undefined;
    expect((await ask(proxy.port)).status).toBe(401);
    expect(posts(upstream).map((request) => /x-api-key: (\S+)/i.exec(request.head)?.[1])).toEqual([
      realKey,
      "zk_changed_0123456789",
    ]);
  });

  it("warms the upstream at the start and when a tool says hello", async () => {
    const upstream = await startUpstream(() => undefined);
    const client = createUpstreamClient({ origin: upstream.url, clock: systemClock });
    let warmed = 0;
    const proxy = await startTestProxy(upstream.url, { upstream: { ...client, warm: () => void warmed++ } });
    expect(warmed).toBe(1);
    await ask(proxy.port, { method: "HEAD", path: "/api/hello", headers: {} });
    expect(warmed).toBe(2);
  });

  it.skipIf(outside() === undefined)("serves other addresses than loopback only where that is allowed", async () => {
    const address = outside()!;
    const upstream = await startUpstream((_request, connection) => connection.write(jsonAnswer({ ok: true })));
    const send = async (port: number, host: string): Promise<number> => {
      const { connect } = await import("node:net");
      return await new Promise((resolve) => {
        const socket = connect(port, address, () =>
          socket.write(
            `POST /v1/messages HTTP/1.1\r\nHost: ${host}:${port}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
              `x-api-key: ${localToken}\r\ncontent-length: ${smallBody.length}\r\n\r\n${smallBody}`,
          ),
        );
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk.toString();
        });
        socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0)));
        socket.on("error", () => resolve(0));
      });
    };
    const closed = await startTestProxy(upstream.url, { addresses: ["0.0.0.0"] });
    expect(await send(closed.port, "127.0.0.1")).toBe(403);
    const open = await startTestProxy(upstream.url, { addresses: ["0.0.0.0"], allowNetwork: true });
    expect(await send(open.port, address)).toBe(200);
    expect(await send(open.port, "evil.example")).toBe(403);
    expect(posts(upstream)).toHaveLength(1);
  });

  it("keeps a connection, and closes slow ones by its limits [F22]", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })));
    const { text } = await sendRaw(
      proxy.port,
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\ncontent-type: application/json\r\nx-api-key: ${localToken}\r\ncontent-length: 2\r\n\r\n{}`,
    );
    expect(text).toMatch(/keep-alive: timeout=75/i);
  });
});

/** An address of this machine that isn't loopback, where there is one. */
function outside(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}

describe("the sink and the log", () => {
  it("is told of each inference request once at its start and once at its end, and of nothing else", async () => {
    const order: string[] = [];
    const { upstream, proxy } = await startPair(
      (request, connection) => {
        order.push(`upstream ${request.path}`);
        return connection.write(
          jsonAnswer({ model: "claude-haiku-4-5", usage: { input_tokens: 1, output_tokens: 1 } }),
        );
      },
      {
        sink: {
          started: ({ id }) => void order.push(`started ${id.slice(0, 7)}`),
          ended: ({ id, outcome }) => void order.push(`ended ${id.slice(0, 7)} ${outcome}`),
        },
      },
    );
    await ask(proxy.port, { headers: { ...toolHeaders, "user-agent": "claude-cli/2.1.330 (external, cli)" } });
    await ask(proxy.port, { method: "GET", path: "/v1/models" });
    await ask(proxy.port, { path: "/v1/messages/count_tokens" });
    await ask(proxy.port, { headers: { "content-type": "application/json" } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(order.filter((what) => !what.includes("upstream /v1/m") || what.endsWith("/messages"))).toEqual([
      "started req_zx_",
      "upstream /v1/messages",
      "ended req_zx_ completed",
    ]);
    expect(posts(upstream)).toHaveLength(2);
  });

  it("names tool, model, times and cost", async () => {
    const { proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer({ model: "claude-opus-4-7", usage: { input_tokens: 1_000_000, output_tokens: 0 } })),
    );
    await ask(proxy.port, { headers: { ...toolHeaders, "user-agent": "Anthropic/JS 1.12.0" } });
    await proxy.untilEnded(1);
    expect(proxy.started[0]).toMatchObject({ route: "messages", tool: "anthropic-sdk", modelAsked: "claude-opus-4-7" });
    expect(proxy.ended[0]).toMatchObject({
      tool: "anthropic-sdk",
      costUsd: 5,
      id: expect.stringMatching(/^req_zx_[0-9a-f]{32}$/),
    });
    expect(proxy.ended[0]!.firstByteMs).toBeLessThanOrEqual(proxy.ended[0]!.durationMs);
  });

  it("says stream for a request that asked for one and failed before an answer", async () => {
    const { proxy } = await startPair((_request, connection) => connection.reset());
    await ask(proxy.port, { body: smallBody.replace("{", '{"stream":true,') });
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ stream: true, outcome: "upstream_error" });
  });

  it("holds no key, no token, no prompt and no answer [T12 T13]", async () => {
    const { proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer({ model: "claude-opus-4-7", content: "canary-answer", usage: {} })),
    );
    await ask(proxy.port, { path: "/v1/v1/messages?canary=1", body: smallBody.replace("hi", "canary-prompt") });
    await ask(proxy.port, { headers: { ...toolHeaders, "x-api-key": "zxl_canary_0123456789" } });
    await proxy.untilEnded(1);
    const told = JSON.stringify([proxy.started, proxy.ended, proxy.logs]);
    expect(told).not.toMatch(/canary|zk_real|zxl_/);
  });

  it("outlives a sink that throws, and says so once [F84]", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })), {
      sink: {
        started: () => undefined,
        ended: () => {
          throw new Error("disk full");
        },
      },
    });
    expect((await ask(proxy.port)).status).toBe(200);
    expect((await ask(proxy.port)).status).toBe(200);
    await until(() => proxy.logs.length > 0);
    expect(proxy.logs).toMatchObject([{ level: "error", message: "requests are not recorded: disk full" }]);
  });
});
