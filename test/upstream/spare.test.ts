import { afterEach, describe, expect, it } from "vitest";
import { createUpstreamClient, type UpstreamClientOptions } from "../../src/upstream/client.ts";
import type { UpstreamClient } from "../../src/upstream/types.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { scriptedLookup } from "../support/lookup.ts";
import { jsonAnswer, type RawConnection, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";
import { postMessages, record } from "../support/upstream-call.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const answer = async (connection: RawConnection): Promise<void> => {
  for (;;) {
    await connection.readRequest();
    await connection.write(jsonAnswer({ connection: connection.number }));
  }
};

interface Scene {
  upstream: RawUpstream;
  client: UpstreamClient;
  clock: FakeClock;
}

async function scene(
  script: (connection: RawConnection) => Promise<void> | void = answer,
  options: Partial<UpstreamClientOptions> = {},
): Promise<Scene> {
  const upstream = await startRawUpstream(script);
  const clock = createFakeClock();
  const client = createUpstreamClient({ origin: upstream.url, clock, ...options });
  open.push(upstream, client);
  return { upstream, client, clock };
}

/** Long enough for anything that loopback does by itself. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const connections = (upstream: RawUpstream, count: number): Promise<void> =>
  expect.poll(() => upstream.connections(), { interval: 1 }).toBe(count);

describe("warm", () => {
  it("opens one connection and sends nothing", async () => {
    const { upstream, client } = await scene();
    client.warm();
    client.warm();
    await connections(upstream, 1);
    await settle();
    client.warm();
    await settle();
    expect([upstream.connections(), upstream.requests.length, upstream.bytesReceived()]).toEqual([1, 0, 0]);
  });

  it("pays the connection of the next call", async () => {
    const { upstream, client } = await scene();
    client.warm();
    await connections(upstream, 1);
    await settle();
    const call = record(client);
    await call.done;
    expect([call.body(), upstream.connections()]).toEqual(['{"connection":1}', 1]);
  });

  it("gives a call that comes during the handshake the connection that is on its way", async () => {
    const { upstream, client } = await scene();
    client.warm();
    const call = record(client);
    await call.done;
    await settle();
    expect([call.body(), upstream.connections()]).toEqual(['{"connection":1}', 1]);
  });

  it("tells the call that waits for it why it failed", async () => {
    const { client } = await scene(answer, { lookup: scriptedLookup({ errorCode: "ENOTFOUND" }) });
    await client.close();
    const clock = createFakeClock();
    const other = createUpstreamClient({
      origin: "https://upstream.test",
      clock,
      lookup: scriptedLookup({ errorCode: "ENOTFOUND" }),
    });
    open.push(other);
    other.warm();
    const call = record(other);
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_DNS"]);
  });

  it("serves a second call beside the first from a connection of its own", async () => {
    const { upstream, client } = await scene();
    client.warm();
    await connections(upstream, 1);
    await settle();
    const calls = [record(client), record(client), record(client)];
    await Promise.all(calls.map(({ done }) => done));
    expect(calls.map((call) => call.events.at(-1))).toEqual(Array(3).fill("end delimited"));
    expect([upstream.connections(), upstream.requests.length]).toEqual([3, 3]);
  });

  it("opens the next one a second after the last was taken", async () => {
    const { upstream, client, clock } = await scene();
    client.warm();
    await connections(upstream, 1);
    await settle();
    await record(client).done;
    clock.advance(999);
    await settle();
    expect(upstream.connections()).toBe(1);
    clock.advance(1);
    await connections(upstream, 2);
  });

  it("renews it after 55 s, for 5 minutes after the last call and no longer", async () => {
    const { upstream, client, clock } = await scene();
    client.warm();
    await connections(upstream, 1);
    await settle();
    // 1 s: refill. Then a fresh one each 55 s while the 5 minutes run: at 56, 111, 166, 221 and 276 s.
    await record(client).done;
    for (const [advance, total] of [
      [1_000, 2],
      [55_000, 3],
      [55_000, 4],
      [55_000, 5],
      [55_000, 6],
      [55_000, 7],
    ] as const) {
      clock.advance(advance);
      await connections(upstream, total);
      await settle();
    }
    clock.advance(55_000);
    await expect.poll(() => upstream.openConnections()).toBeLessThanOrEqual(1);
    clock.advance(3_600_000);
    await settle();
    expect([upstream.connections(), clock.pending()]).toEqual([7, 0]);
  });

  it("is not done for a client that was never asked to", async () => {
    const { upstream, client, clock } = await scene();
    await record(client).done;
    clock.advance(60_000);
    await settle();
    expect([upstream.connections(), clock.pending()]).toEqual([1, 0]);
  });

  it("never hands over a connection of 55 s or more, also when the machine slept", async () => {
    const { upstream, client, clock } = await scene();
    client.warm();
    await connections(upstream, 1);
    await settle();
    clock.jump(56_000);
    const call = record(client);
    await call.done;
    expect(call.body()).toBe('{"connection":2}');
  });

  it.each(["end", "reset"] as const)(
    "forgets a connection that the upstream closes by %s, and opens another 5 s later",
    async (how) => {
      const { upstream, client, clock } = await scene(async (connection) => {
        if (connection.number > 1) return answer(connection);
        await settle();
        if (how === "end") connection.end();
        else connection.reset();
      });
      client.warm();
      await connections(upstream, 1);
      await expect.poll(() => upstream.openConnections()).toBe(0);
      await settle();
      clock.advance(4_999);
      await settle();
      expect(upstream.connections()).toBe(1);
      clock.advance(1);
      await connections(upstream, 2);
      await settle();
      const call = record(client);
      await call.done;
      expect(call.body()).toBe('{"connection":2}');
    },
  );

  it("forgets a connection on which the upstream spoke unasked", async () => {
    const { upstream, client } = await scene(async (connection) => {
      if (connection.number > 1) return answer(connection);
      await connection.write("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      await connection.closed;
    });
    client.warm();
    await connections(upstream, 1);
    await expect.poll(() => upstream.openConnections()).toBe(0);
    const call = record(client);
    await call.done;
    expect([call.statuses, call.body()]).toEqual([[200], '{"connection":2}']);
  });

  it.each(["end", "reset", "408"] as const)(
    "gives no call a connection that died (%s) in the turn in which it was taken, 40 times of 40",
    async (how) => {
      for (let round = 0; round < 40; round++) {
        const { upstream, client } = await scene(async (connection) => {
          if (connection.number > 1) return answer(connection);
          taken = connection;
        });
        let taken: RawConnection | undefined;
        client.warm();
        await connections(upstream, 1);
        await settle();
        // The bytes reach the kernel before the call is made, and our event loop only afterwards.
        if (how === "408") taken?.socket.write("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
        else if (how === "end") taken?.end();
        else taken?.reset();
        const call = record(client);
        await call.done;
        expect(call.body()).toBe('{"connection":2}');
        await client.close();
      }
    },
  );

  it("fails silently and tries again every 5 s", async () => {
    const lookup = scriptedLookup({ errorCode: "EAI_AGAIN" });
    const clock = createFakeClock();
    const client = createUpstreamClient({ origin: "https://upstream.test", clock, lookup });
    open.push(client);
    client.warm();
    await expect.poll(() => lookup.asked.length).toBe(1);
    await settle();
    client.warm();
    await settle();
    expect(lookup.asked.length).toBe(1);
    clock.advance(5_000);
    await expect.poll(() => lookup.asked.length).toBe(2);
  });
});

describe("dropIdle", () => {
  it("closes the spare and opens another", async () => {
    const { upstream, client } = await scene();
    client.warm();
    await connections(upstream, 1);
    await settle();
    client.dropIdle();
    await connections(upstream, 2);
    await expect.poll(() => upstream.openConnections()).toBe(1);
    const call = record(client);
    await call.done;
    expect(call.body()).toBe('{"connection":2}');
  });

  it("gives up a connection that is being opened for nobody", async () => {
    const lookup = scriptedLookup(["127.0.0.1"]);
    const { upstream, client } = await scene(answer, { lookup });
    client.warm();
    client.dropIdle();
    client.dropIdle();
    await settle();
    expect(upstream.openConnections()).toBe(1);
  });
});

describe("close", () => {
  it("closes the spare and leaves no timer", async () => {
    const { upstream, client, clock } = await scene();
    client.warm();
    await connections(upstream, 1);
    await settle();
    await client.close();
    await expect.poll(() => upstream.openConnections()).toBe(0);
    client.warm();
    clock.advance(600_000);
    await settle();
    expect([upstream.connections(), clock.pending()]).toEqual([1, 0]);
  });

  it("gives up what is being opened: the waiting call is told, the deadline is gone", async () => {
    const clock = createFakeClock();
    const client = createUpstreamClient({ origin: "https://upstream.test", clock, lookup: () => undefined });
    open.push(client);
    client.warm();
    const calls = [record(client, postMessages), record(client, postMessages)];
    await settle();
    await client.close();
    await Promise.all(calls.map(({ done }) => done));
    expect(calls.map(({ events }) => events)).toEqual(Array(2).fill(["failure ZX_SHUTTING_DOWN"]));
    expect(clock.pending()).toBe(0);
  });
});
