import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import { collect } from "../../src/upstream/collect.ts";
import type { UpstreamClient } from "../../src/upstream/types.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { jsonAnswer, type RawConnection, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";
import { getModels } from "../support/upstream-call.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(
  script: (connection: RawConnection) => Promise<void> | void,
): Promise<{ upstream: RawUpstream; client: UpstreamClient }> {
  const upstream = await startRawUpstream(script);
  const client = createUpstreamClient({ origin: upstream.url, clock: systemClock });
  open.push(upstream, client);
  return { upstream, client };
}

const limits = { maxBytes: 1_000, timeoutMs: 5_000 };

describe("collect", () => {
  it("gives status, headers and the whole body", async () => {
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write("HTTP/1.1 418 X\r\nX-A: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
      await connection.write("2\r\nde\r\n0\r\n\r\n");
    });
    const answer = await collect(client, getModels, limits);
    expect(answer).toMatchObject({
      status: 418,
      headers: ["X-A", "1", "transfer-encoding", "chunked"],
      delimited: true,
    });
    expect(answer.body.toString()).toBe("abcde");
  });

  it("says when the end of the body proves nothing", async () => {
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write("HTTP/1.1 200 OK\r\n\r\nhalf");
      connection.end();
    });
    expect(await collect(client, getModels, limits)).toMatchObject({ delimited: false });
  });

  it("takes an answer of exactly the limit and cuts one above it", async () => {
    const { client, upstream } = await start(async (connection) => {
      const { path } = await connection.readRequest();
      const size = Number(path.slice(1));
      await connection.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n${"x".repeat(size)}`);
      await connection.closed;
    });
    const exact = await collect(client, { ...getModels, path: "/1000" }, limits);
    expect(exact.body.length).toBe(1_000);
    await expect(collect(client, { ...getModels, path: "/100000000" }, limits)).rejects.toMatchObject({
      code: "ZX_UPSTREAM_NOT_API",
      message: expect.stringContaining("more than 1000 bytes"),
    });
    await expect.poll(() => upstream.openConnections()).toBeLessThanOrEqual(1);
  });

  it("gives up after its time by the clock, and aborts the call", async () => {
    const clock = createFakeClock();
    const { client, upstream } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
      await connection.closed;
    });
    const answer = collect(client, getModels, { ...limits, clock });
    await expect.poll(() => upstream.requests.length).toBe(1);
    clock.advance(5_000);
    await expect(answer).rejects.toMatchObject({ code: "ZX_UPSTREAM_TIMEOUT" });
    await expect.poll(() => upstream.openConnections()).toBe(0);
  });

  it("throws the call's failure by its code and leaves no timer", async () => {
    const clock = createFakeClock();
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
      connection.end();
    });
    await expect(collect(client, getModels, { ...limits, clock })).rejects.toMatchObject({ code: "ZX_UPSTREAM_CUT" });
    await expect(collect(client, { ...getModels, headers: ["host", "x"] }, { ...limits, clock })).rejects.toMatchObject(
      {
        code: "ZX_INTERNAL",
        cause: expect.any(Error),
      },
    );
    expect(clock.pending()).toBe(0);
  });

  it("leaves no timer behind a whole answer", async () => {
    const clock = createFakeClock();
    const { client } = await start(async (connection) => {
      await connection.readRequest();
      await connection.write(jsonAnswer({}));
    });
    await collect(client, getModels, { ...limits, clock });
    expect(clock.pending()).toBe(0);
  });
});
