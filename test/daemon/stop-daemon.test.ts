import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { healthProof } from "../../src/daemon/prove.ts";
import { type StopOptions, stopDaemon } from "../../src/daemon/stop-daemon.ts";

const token = "zxl_0123456789abcdef0123456789abcdef0123456789a";
const facts = { version: "0.1.0", upstream: "https://x", pid: 4711, uptimeMs: 5 };

/** A daemon that proves itself and tells what the test wants. */
async function daemon(told: object, secret = token): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const nonce = new URL(request.url ?? "", "http://x").searchParams.get("nonce");
    response.setHeader("connection", "close");
    response.end(
      JSON.stringify(nonce === null ? told : { proof: healthProof(secret, nonce, request.socket.localPort ?? 0) }),
    );
  });
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close };
}

/** Remembers what was signalled; the process is gone after its last signal. */
function stopping(port: number, more: Partial<StopOptions> = {}) {
  const sent: [number, string][] = [];
  const options: StopOptions = {
    port,
    localToken: token,
    kill: (pid, signal) => {
      if (signal === 0) return "gone";
      sent.push([pid, signal]);
      return "sent";
    },
    findOwner: async () => ({ pid: 4711, name: "node" }),
    drainMs: 1000,
    atOnce: false,
    until: "ended",
    ...more,
  };
  return { sent, outcome: stopDaemon(options) };
}

describe("stopDaemon", () => {
  it("signals the process that the proven daemon itself names", async () => {
    const { port } = await daemon(facts);
    const { sent, outcome } = stopping(port);
    expect(await outcome).toEqual({ kind: "stopped", pid: 4711 });
    expect(sent).toEqual([[4711, "SIGTERM"]]);
  });

  it("signals nobody where a stranger answers, or nothing", async () => {
    const { port, close } = await daemon(facts, `${token}x`);
    const stranger = stopping(port);
    expect(await stranger.outcome).toEqual({ kind: "stranger", owner: { pid: 4711, name: "node" } });
    close();
    const nothing = stopping(port);
    expect(await nothing.outcome).toEqual({ kind: "nothing" });
    expect([...stranger.sent, ...nothing.sent]).toEqual([]);
  });

  it.each<[string, object, StopOptions["findOwner"]]>([
    ["another pid than the system does, as from a container", facts, async () => ({ pid: 99, name: "docker-proxy" })],
    ["a pid where the system knows only another user's process", facts, async () => ({ uid: 0 })],
    ["no pid, and the system doesn't either", {}, async () => undefined],
  ])("signals nobody when the daemon names %s", async (_what, told, findOwner) => {
    const { port } = await daemon(told);
    const { sent, outcome } = stopping(port, { findOwner });
    await expect(outcome).rejects.toMatchObject({
      code: "ZX_CHECK_FAILED",
      message: expect.stringContaining("no process"),
    });
    expect(sent).toEqual([]);
  });

  it("takes the system's word for an older daemon that doesn't tell its pid", async () => {
    const { port } = await daemon({ version: "0.0.1" });
    const { sent, outcome } = stopping(port);
    expect(await outcome).toEqual({ kind: "stopped", pid: 4711 });
    expect(sent).toEqual([[4711, "SIGTERM"]]);
  });

  it("says that the daemon is another user's", async () => {
    const { port } = await daemon(facts);
    const { outcome } = stopping(port, { kill: () => "denied" });
    await expect(outcome).rejects.toThrow(/belongs to another user/);
  });

  it("sends a second signal when asked to end it at once, late enough to count as one", async () => {
    const { port } = await daemon(facts);
    const at: number[] = [];
    const kill: StopOptions["kill"] = (_pid, signal) => {
      if (signal === 0) return at.length < 2 ? "sent" : "gone";
      at.push(performance.now());
      return "sent";
    };
    expect(await stopping(port, { kill, atOnce: true }).outcome).toMatchObject({ kind: "stopped" });
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(500);
  });

  it("waits only for the port when another is to take it over", async () => {
    const { port, close } = await daemon(facts);
    const kill: StopOptions["kill"] = (_pid, signal) => {
      if (signal !== 0) close();
      return "sent";
    };
    expect(await stopping(port, { kill, until: "port free" }).outcome).toEqual({ kind: "stopped", pid: 4711 });
  });
});
