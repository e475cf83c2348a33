import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { createUpstreamClient, type UpstreamClientOptions } from "../../src/upstream/client.ts";
import type { UpstreamClient } from "../../src/upstream/types.ts";
import { hasOpenssl, makeCertificates, type ServerCertificate, testAuthority } from "../support/certificates.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { freePort } from "../support/free-port.ts";
import { scriptedLookup } from "../support/lookup.ts";
import { jsonAnswer, type RawConnection, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";
import { record } from "../support/upstream-call.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const answer = async (connection: RawConnection): Promise<void> => {
  for (;;) {
    await connection.readRequest();
    await connection.write(jsonAnswer({ ok: true }));
  }
};

function clientOf(origin: string, options: Partial<UpstreamClientOptions> = {}): UpstreamClient {
  const client = createUpstreamClient({ origin, clock: systemClock, retryDelaysMs: [1, 1], ...options });
  open.push(client);
  return client;
}

async function server(
  script: (connection: RawConnection) => Promise<void> | void,
  tls?: ServerCertificate,
): Promise<RawUpstream> {
  const upstream = await startRawUpstream(script, tls ? { tls } : {});
  open.push(upstream);
  return upstream;
}

describe("a connection that can't be made", () => {
  it("is REFUSED_LOCAL on this machine, and not tried again [F25]", async () => {
    const port = await freePort();
    const lookup = scriptedLookup(["127.0.0.1"]);
    const call = record(clientOf(`http://localhost:${port}`, { lookup }));
    await call.done;
    expect(call.failure()).toEqual({
      code: "ZX_UPSTREAM_REFUSED_LOCAL",
      message: `nothing listens on localhost:${port}`,
      sent: false,
    });
    expect(lookup.asked.length).toBe(1);
  });

  it("is REFUSED elsewhere, after two more tries [F25]", async () => {
    const port = await freePort();
    const lookup = scriptedLookup(["127.0.0.1"]);
    const call = record(clientOf(`https://upstream.test:${port}`, { lookup }));
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_REFUSED"]);
    expect(call.failure()).toMatchObject({ sent: false, message: expect.stringContaining(`upstream.test:${port}`) });
    expect(lookup.asked.length).toBe(3);
  });

  it("is REFUSED with every address in turn refused", async () => {
    const port = await freePort();
    const call = record(
      clientOf(`https://upstream.test:${port}`, { lookup: scriptedLookup(["127.0.0.1", "127.0.0.2"]) }),
    );
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_REFUSED"]);
  });

  it.each([
    ["ENOTFOUND", "ZX_UPSTREAM_DNS", 1],
    ["EAI_AGAIN", "ZX_UPSTREAM_DNS_TEMPORARY", 3],
  ])("by %s is %s, asked %i times", async (errorCode, code, times) => {
    const lookup = scriptedLookup({ errorCode });
    const call = record(clientOf("https://upstream.test", { lookup }));
    await call.done;
    expect(call.failure()).toMatchObject({ code, sent: false, message: expect.stringContaining("upstream.test") });
    expect(lookup.asked.length).toBe(times);
  });

  it("is tried again on later calls: nothing of the failure stays [F26]", async () => {
    const upstream = await server(answer);
    const lookup = scriptedLookup({ errorCode: "ENOTFOUND" }, ["127.0.0.1"]);
    const client = clientOf(`http://localhost:${upstream.port}`, { lookup });
    const first = record(client);
    await first.done;
    const second = record(client);
    await second.done;
    expect([first.events, second.events.at(-1)]).toEqual([["failure ZX_UPSTREAM_DNS"], "end delimited"]);
  });

  it("for a moment costs the caller nothing: the call is sent once, when the connection is there", async () => {
    const upstream = await server(answer);
    const lookup = scriptedLookup({ errorCode: "EAI_AGAIN" }, { errorCode: "EAI_AGAIN" }, ["127.0.0.1"]);
    const call = record(clientOf(`http://localhost:${upstream.port}`, { lookup }));
    await call.done;
    expect([call.events.at(-1), upstream.requests.length]).toEqual(["end delimited", 1]);
  });

  it("is not tried again when the tries have taken 2 s by the clock", async () => {
    const clock = createFakeClock();
    const lookup = scriptedLookup({ errorCode: "EAI_AGAIN" });
    const slow: typeof lookup = Object.assign(
      (...parameters: Parameters<typeof lookup>) => {
        clock.jump(1_500);
        lookup(...parameters);
      },
      { asked: lookup.asked },
    );
    const call = record(clientOf("https://upstream.test", { lookup: slow, clock }));
    await call.done;
    expect(lookup.asked.length).toBe(2);
  });

  it("is not tried again by a caller who left", async () => {
    const lookup = scriptedLookup({ errorCode: "EAI_AGAIN" });
    const call = record(clientOf("https://upstream.test", { lookup, retryDelaysMs: [20, 20] }));
    await expect.poll(() => lookup.asked.length, { interval: 1 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    call.call.abort();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([lookup.asked.length, call.events]).toEqual([1, []]);
  });

  it("is a connect timeout after 10 s by the clock, and not tried again [F27]", async () => {
    const clock = createFakeClock();
    const never: Clock & { pending(): number } = clock;
    let asked = 0;
    const call = record(clientOf("https://upstream.test", { clock, lookup: () => void asked++ }));
    await expect.poll(() => asked, { interval: 1 }).toBe(1);
    clock.advance(9_999);
    await new Promise(setImmediate);
    expect(call.events).toEqual([]);
    clock.advance(1);
    await call.done;
    expect(call.failure()).toMatchObject({
      code: "ZX_UPSTREAM_CONNECT_TIMEOUT",
      sent: false,
      message: "upstream.test:443 didn't accept a connection within 10 s",
    });
    expect([asked, never.pending()]).toEqual([1, 0]);
  });
});

describe("a TLS connection that breaks", () => {
  it.each(["reset", "end"] as const)("during the handshake (%s) is tried twice more, then a RESET", async (how) => {
    let connections = 0;
    const breaking = createServer((socket) => {
      connections++;
      socket.on("error", () => undefined);
      socket.once("data", () => (how === "reset" ? socket.resetAndDestroy() : socket.end()));
    });
    await new Promise<void>((resolve) => breaking.listen(0, "127.0.0.1", resolve));
    open.push({ close: () => new Promise((resolve) => void breaking.close(() => resolve())) });
    const { port } = breaking.address() as { port: number };
    const call = record(clientOf(`https://localhost:${port}`, { lookup: scriptedLookup(["127.0.0.1"]) }));
    await call.done;
    expect(call.failure()).toMatchObject({ code: "ZX_UPSTREAM_RESET", sent: false });
    expect(connections).toBe(3);
  });

  it("at a server that doesn't speak TLS says so", async () => {
    const upstream = await server(async (connection) => {
      await new Promise((resolve) => connection.socket.once("data", resolve));
      await connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const call = record(clientOf(`https://127.0.0.1:${upstream.port}`));
    await call.done;
    expect(call.failure()).toMatchObject({
      code: "ZX_UPSTREAM_TLS",
      sent: false,
      message: expect.stringContaining("doesn't speak TLS"),
    });
    expect(upstream.connections()).toBe(1);
  });

  it("at a server that says nothing is a connect timeout that names the handshake", async () => {
    const upstream = await server(async (connection) => void (await connection.closed));
    const clock = createFakeClock();
    const call = record(clientOf(`https://127.0.0.1:${upstream.port}`, { clock }));
    await expect.poll(() => upstream.bytesReceived()).toBeGreaterThan(100);
    clock.advance(10_000);
    await call.done;
    expect(call.failure()).toMatchObject({
      code: "ZX_UPSTREAM_CONNECT_TIMEOUT",
      message: `127.0.0.1:${upstream.port} didn't finish the TLS handshake within 10 s`,
    });
  });
});

describe.skipIf(!hasOpenssl())("certificates (skipped where the openssl command is missing)", () => {
  const certificates = hasOpenssl() ? makeCertificates() : (undefined as never);
  const lookup = scriptedLookup(["127.0.0.1"]);
  const call = async (
    certificate: ServerCertificate,
    options: Partial<UpstreamClientOptions>,
    host = "upstream.test",
  ) => {
    const upstream = await server(answer, certificate);
    const recorded = record(clientOf(`https://${host}:${upstream.port}`, { lookup, ...options }));
    await recorded.done;
    return { recorded, upstream };
  };

  it.each(["upstream.test", "localhost", "127.0.0.1"])(
    "good for %s by a trusted authority is good [F28]",
    async (host) => {
      const { recorded, upstream } = await call(certificates.good, { ca: [certificates.ca] }, host);
      expect(recorded.events).toEqual(["headers 200", "data 11", "end delimited"]);
      expect(upstream.requests[0]?.rawHeaders.slice(0, 2)).toEqual(["host", `${host}:${upstream.port}`]);
    },
  );

  it.each([
    ["expired", "has expired (Feb  1 00:00:00 2020 GMT)", testAuthority, "CERT_HAS_EXPIRED"],
    ["notYetValid", "is not valid yet", testAuthority, "CERT_NOT_YET_VALID"],
    ["otherHost", "is for another host (DNS:other.test)", testAuthority, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["selfSigned", "is self-signed", "upstream.test", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ] as const)("%s is refused with the reason and the issuer, once", async (kind, reason, issuer, code) => {
    const { recorded, upstream } = await call(certificates[kind], { ca: [certificates.ca] });
    expect(recorded.events).toEqual(["failure ZX_UPSTREAM_TLS"]);
    const { message, sent } = recorded.failure() ?? { message: "", sent: true };
    expect(sent).toBe(false);
    for (const part of [`upstream.test:${upstream.port}`, reason, `issued by ${issuer}`, code])
      expect(message).toContain(part);
    expect([upstream.connections(), upstream.requests.length]).toEqual([1, 0]);
  });

  it("of an authority that nobody told us of is refused, whatever NODE_TLS_REJECT_UNAUTHORIZED says [F28]", async () => {
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const { recorded } = await call(certificates.good, {});
      expect(recorded.failure()).toMatchObject({
        code: "ZX_UPSTREAM_TLS",
        message: expect.stringContaining("doesn't trust"),
      });
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  it("are asked for again by a new connection, with the session of the last", async () => {
    const upstream = await server(async (connection) => {
      await connection.readRequest();
      await connection.write(
        jsonAnswer({ reused: (connection.socket as unknown as { isSessionReused(): boolean }).isSessionReused() }),
      );
      connection.end();
    }, certificates.good);
    const client = clientOf(`https://upstream.test:${upstream.port}`, { lookup, ca: [certificates.ca] });
    const bodies: string[] = [];
    for (let round = 0; round < 2; round++) {
      const each = record(client);
      await each.done;
      bodies.push(each.body());
      await expect.poll(() => upstream.openConnections()).toBe(0);
    }
    expect(bodies).toEqual(['{"reused":false}', '{"reused":true}']);
  });

  it.each(["rst", "fin"] as const)("don't change how an early end is told: %s within the answer [F32]", async (how) => {
    const upstream = await server(async (connection) => {
      await connection.readRequest();
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok");
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (how === "rst") connection.reset();
      else connection.end();
    }, certificates.good);
    const each = record(clientOf(`https://upstream.test:${upstream.port}`, { lookup, ca: [certificates.ca] }));
    await each.done;
    expect(each.events).toEqual(["headers 200", "data 2", "failure ZX_UPSTREAM_CUT"]);
  });
});
