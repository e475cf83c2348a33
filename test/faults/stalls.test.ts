import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { LoopMeter } from "../../src/proxy/loop-watch.ts";
import { createConnector } from "../../src/upstream/connector.ts";
import { parseUpstreamOrigin } from "../../src/upstream/origin.ts";
import { ask } from "../proxy/support/client.ts";
import { startPair, until } from "../proxy/support/test-proxy.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";

/** A meter that a test turns. */
function fakeMeter() {
  const reading = { now: 0, cpu: 0, heap: 0.2 };
  let look: () => void = () => undefined;
  let isWatching = true;
  const meter: LoopMeter = {
    now: () => reading.now,
    cpuMs: () => reading.cpu,
    heapShare: () => reading.heap,
    every: (_periodMs, callback) => {
      look = callback;
      return () => {
        isWatching = false;
      };
    },
  };
  const turn = (elapsedMs: number, cpuMs: number, heapShare = 0.2): void => {
    reading.now += elapsedMs;
    reading.cpu += cpuMs;
    reading.heap = heapShare;
    look();
  };
  return { meter, turn, isWatching: () => isWatching };
}

describe("an event loop that stood still", () => {
  it("is told from 1 s on, each time, with what caused it [F85]", async () => {
    const { meter, turn, isWatching } = fakeMeter();
    const held: RawConnection[] = [];
    const { proxy } = await startPair((_request, connection) => void held.push(connection), { loopMeter: meter });
    const said = () => proxy.logs.map(({ message }) => message).filter((message) => message.includes("stood still"));
    turn(500, 400);
    turn(1_499, 1_400);
    expect(said()).toEqual([]);
    turn(2_000, 1_900);
    expect(said()).toEqual(["the daemon stood still for 1.5 s: it was computing, for no request"]);
    turn(60_500, 20);
    expect(said()[1]).toBe("the daemon stood still for 60.0 s: it was stopped, or other programs had the processor");
    turn(3_500, 3_400, 0.97);
    expect(said()[2]).toBe("the daemon stood still for 3.0 s: its memory is nearly full (97 % of the heap)");
    const asking = ask(proxy.port);
    await until(() => held.length === 1);
    turn(2_500, 2_400);
    expect(said()[3]).toMatch(
      /^the daemon stood still for 2.0 s: it was computing, last for messages in the raw lane, with a body of 0\.0 MiB$/,
    );
    expect(proxy.logs.at(-1)?.fields).toMatchObject({ stoodMs: 2_000, request: expect.stringMatching(/^req_zx_/) });
    await held[0]?.write(jsonAnswer({ type: "message" }));
    expect((await asking).status).toBe(200);
    expect(isWatching()).toBe(true);
    await proxy.running.close(0);
    expect(isWatching()).toBe(false);
  });

  it("is no reason for a 504: a connection that was made meanwhile is used [F85]", async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    onTestFinished(() => void server.close());
    const clock = createFakeClock();
    const connector = createConnector({
      target: parseUpstreamOrigin(`http://127.0.0.1:${port}`),
      timeoutMs: 10_000,
      clock,
    });
    const opened = new Promise<string>((resolve) => {
      connector.open((error, socket) => {
        socket?.destroy();
        resolve(error?.code ?? "connected");
      });
    });
    // Within one turn of the loop, as when something blocks it: the deadline passes before the socket is looked at.
    clock.jump(20_000);
    clock.advance(10_000);
    expect(await opened).toBe("connected");
    expect(clock.pending()).toBe(0);
  });

  it("still ends in a 504 where nothing came [F27] [F85]", async () => {
    const clock = createFakeClock();
    // A name that is never resolved: no packet leaves.
    const connector = createConnector({
      target: parseUpstreamOrigin("https://black.hole.test"),
      timeoutMs: 10_000,
      clock,
      lookup: () => undefined,
    });
    const opened = new Promise<string>((resolve) => {
      connector.open((error) => resolve(error?.code ?? "connected"));
    });
    clock.jump(20_000);
    clock.advance(10_000);
    clock.advance(10_000);
    expect(await opened).toBe("ZX_UPSTREAM_CONNECT_TIMEOUT");
  });
});
