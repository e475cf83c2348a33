import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createUpstreamClient, type UpstreamClientOptions } from "../../src/upstream/client.ts";
import { chooseProxy, type OutboundProxy } from "../../src/upstream/proxy-env.ts";
import type { UpstreamClient } from "../../src/upstream/types.ts";
import { hasOpenssl, makeCertificates, testAuthority } from "../support/certificates.ts";
import { type ConnectAnswer, startConnectProxy } from "../support/connect-proxy.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { scriptedLookup } from "../support/lookup.ts";
import { jsonAnswer, type RawConnection, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";
import { postMessages, record } from "../support/upstream-call.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const certificates = hasOpenssl() ? makeCertificates() : undefined;

const answer = async (connection: RawConnection): Promise<void> => {
  for (;;) {
    await connection.readRequest();
    await connection.write(jsonAnswer({ ok: true }));
  }
};

function proxyAt(value: string): OutboundProxy {
  const proxy = chooseProxy({ HTTPS_PROXY: value }, "https://upstream.test");
  if (!proxy) throw new Error("no proxy chosen");
  return proxy;
}

function clientOf(origin: string, proxy: OutboundProxy, options: Partial<UpstreamClientOptions> = {}): UpstreamClient {
  const client = createUpstreamClient({ origin, proxy, clock: systemClock, retryDelaysMs: [1, 1], ...options });
  open.push(client);
  return client;
}

async function proxyThat(answers: ConnectAnswer): Promise<RawUpstream> {
  const proxy = await startConnectProxy(() => answers);
  open.push(proxy);
  return proxy;
}

describe("a proxy that opens no tunnel [F29]", () => {
  it.each([
    ["closes on CONNECT", "close", "closed the connection instead of opening a tunnel"],
    ["resets on CONNECT", "reset", "closed the connection instead of opening a tunnel"],
    ["answers 403", { bytes: "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno" }, "answered 403"],
    ["answers 502", { bytes: "HTTP/1.1 502 Bad Gateway\r\n\r\n" }, "answered 502"],
    ["redirects to a login page", { bytes: "HTTP/1.1 302 Found\r\nlocation: http://login/\r\n\r\n" }, "answered 302"],
    ["wants a login", { bytes: "HTTP/1.1 407 X\r\nproxy-authenticate: Basic\r\n\r\n" }, "wants a login (407)"],
    ["speaks no HTTP", { bytes: "220 mail.example ESMTP\r\n" }, "doesn't answer in HTTP"],
  ] as const)("because it %s fails the call once and is asked once", async (_name, answers, reason) => {
    const proxy = await proxyThat(answers);
    const call = record(clientOf("https://upstream.test", proxyAt(proxy.url)));
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_TUNNEL"]);
    expect(call.failure()?.sent).toBe(false);
    expect(call.failure()?.message).toContain(`the proxy 127.0.0.1:${proxy.port}`);
    expect(call.failure()?.message).toContain(reason);
    // undici's own agent would have asked thousands of times by now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([proxy.connections(), proxy.requests.length]).toEqual([1, 1]);
    expect(proxy.requests[0]).toMatchObject({ method: "CONNECT", path: "upstream.test:443" });
  });

  it("because it is silent fails after 10 s by the clock", async () => {
    const proxy = await proxyThat("silent");
    const clock = createFakeClock();
    const call = record(clientOf("https://upstream.test", proxyAt(proxy.url), { clock }));
    await expect.poll(() => proxy.requests.length).toBe(1);
    clock.advance(10_000);
    await call.done;
    expect(call.failure()).toEqual({
      code: "ZX_UPSTREAM_TUNNEL",
      message: `the proxy 127.0.0.1:${proxy.port} opened no tunnel to upstream.test:443 within 10 s`,
      sent: false,
    });
    await expect.poll(() => proxy.openConnections()).toBe(0);
  });

  it("because nothing listens there, or its name is unknown, is named as the proxy", async () => {
    const gone = await startConnectProxy();
    await gone.close();
    const refused = record(clientOf("https://upstream.test", proxyAt(gone.url)));
    await refused.done;
    expect(refused.failure()).toMatchObject({
      code: "ZX_UPSTREAM_TUNNEL",
      message: `the proxy 127.0.0.1:${gone.port} refused the connection (ECONNREFUSED)`,
    });
    const lookup = scriptedLookup({ errorCode: "ENOTFOUND" });
    const unknown = record(clientOf("https://upstream.test", proxyAt("http://proxy.test:3128"), { lookup }));
    await unknown.done;
    expect(unknown.failure()?.message).toBe(
      "the proxy proxy.test:3128 has a host name that can't be found (ENOTFOUND)",
    );
    expect(lookup.asked).toEqual(["proxy.test"]);
  });

  it("because it refused our login says that, and names no login", async () => {
    const proxy = await proxyThat({ bytes: "HTTP/1.1 407 X\r\ncontent-length: 0\r\n\r\n" });
    const call = record(clientOf("https://upstream.test", proxyAt(`http://user:secret@127.0.0.1:${proxy.port}`)));
    await call.done;
    expect(call.failure()?.message).toBe(`the proxy 127.0.0.1:${proxy.port} refused the login of HTTPS_PROXY (407)`);
    expect(JSON.stringify(call.failure())).not.toMatch(/secret|user/);
  });

  it("does not keep the next call from a tunnel", async () => {
    let answers: ConnectAnswer = "close";
    const proxy = await startConnectProxy(() => answers);
    open.push(proxy);
    const client = clientOf("https://upstream.test", proxyAt(proxy.url));
    await record(client).done;
    answers = { bytes: "HTTP/1.1 403 Forbidden\r\n\r\n" };
    const second = record(client);
    await second.done;
    expect(second.failure()?.message).toContain("answered 403");
    expect(proxy.requests.length).toBe(2);
  });
});

describe("the login of a proxy", () => {
  it.each([
    ["user:pass", "user:pass"],
    ["user", "user:"],
  ])("%s is sent to the proxy and nowhere else", async (login, plain) => {
    const proxy = await proxyThat("close");
    await record(clientOf("https://upstream.test", proxyAt(`http://${login}@127.0.0.1:${proxy.port}`))).done;
    const headers = proxy.requests[0]?.rawHeaders ?? [];
    const value = headers[headers.indexOf("proxy-authorization") + 1];
    expect(value).toBe(`Basic ${Buffer.from(plain).toString("base64")}`);
  });
});

describe.skipIf(!certificates)("a tunnel (skipped where the openssl command is missing)", () => {
  const tls = certificates as NonNullable<typeof certificates>;
  const secureUpstream = async (script = answer, certificate = tls.good): Promise<RawUpstream> => {
    const upstream = await startRawUpstream(script, { tls: certificate });
    open.push(upstream);
    return upstream;
  };

  it("carries TLS to the upstream: the proxy sees neither key nor path", async () => {
    const upstream = await secureUpstream();
    const proxy = await proxyThat("tunnel");
    const origin = `https://upstream.test:${upstream.port}`;
    const client = clientOf(origin, proxyAt(`http://u:p@127.0.0.1:${proxy.port}`), { ca: [tls.ca] });
    const first = record(client);
    await first.done;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = record(client);
    await second.done;
    expect([first.body(), second.body()]).toEqual(['{"ok":true}', '{"ok":true}']);
    expect(upstream.requests.map(({ body }) => body.toString())).toEqual(Array(2).fill(postMessages.body?.toString()));
    expect(upstream.requests.some(({ head }) => /proxy-/i.test(head))).toBe(false);
    expect(proxy.requests.map(({ path }) => path)).toEqual([`upstream.test:${upstream.port}`]);
    expect(proxy.requests[0]?.head).not.toMatch(/zk_|\/v1/);
  });

  it("goes through a proxy that itself speaks TLS, if its certificate is trusted", async () => {
    const upstream = await secureUpstream();
    const proxy = await startConnectProxy(() => "tunnel", { tls: tls.good });
    open.push(proxy);
    const origin = `https://upstream.test:${upstream.port}`;
    const call = record(clientOf(origin, proxyAt(proxy.url), { ca: [tls.ca] }));
    await call.done;
    expect([call.body(), proxy.requests.length]).toEqual(['{"ok":true}', 1]);
    const untrusted = record(clientOf(origin, proxyAt(proxy.url)));
    await untrusted.done;
    expect(untrusted.failure()).toMatchObject({
      code: "ZX_UPSTREAM_TUNNEL",
      message: expect.stringContaining("can't be reached over TLS"),
    });
    expect(proxy.requests.length).toBe(1);
  });

  it("whose end shows a foreign certificate is a TLS failure with the issuer, once", async () => {
    const upstream = await secureUpstream();
    const proxy = await proxyThat("tunnel");
    const call = record(clientOf(`https://upstream.test:${upstream.port}`, proxyAt(proxy.url)));
    await call.done;
    expect(call.events).toEqual(["failure ZX_UPSTREAM_TLS"]);
    expect(call.failure()?.message).toContain(`issued by ${testAuthority}`);
    expect(proxy.requests.length).toBe(1);
  });

  it("whose first bytes came with the proxy's answer loses none of them: here they are no TLS", async () => {
    const proxy = await proxyThat({ bytes: "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n" });
    const call = record(clientOf("https://upstream.test", proxyAt(proxy.url)));
    await call.done;
    expect(call.failure()?.message).toContain("doesn't speak TLS");
    expect(proxy.requests.length).toBe(1);
  });

  it("that breaks in the TLS handshake is tried twice more, and no oftener", async () => {
    const proxy = await startConnectProxy(() => ({ bytes: "HTTP/1.1 200 OK\r\n\r\n" }));
    const closing = await startRawUpstream(async (connection) => {
      await connection.readRequest();
      connection.takeOver();
      await connection.write("HTTP/1.1 200 OK\r\n\r\n");
      connection.end();
    });
    open.push(proxy, closing);
    const call = record(clientOf("https://upstream.test", proxyAt(closing.url)));
    await call.done;
    expect(call.failure()).toMatchObject({ code: "ZX_UPSTREAM_RESET", sent: false });
    expect(closing.requests.length).toBe(3);
  });

  it("is one a connection: an early end within it is told as on any other", async () => {
    const upstream = await secureUpstream(async (connection) => {
      await connection.readRequest();
      connection.reset();
    });
    const proxy = await proxyThat("tunnel");
    const call = record(clientOf(`https://upstream.test:${upstream.port}`, proxyAt(proxy.url), { ca: [tls.ca] }));
    await call.done;
    expect(call.failure()).toMatchObject({ code: "ZX_UPSTREAM_RESET", sent: true });
    expect([upstream.requests.length, proxy.requests.length]).toEqual([1, 1]);
  });
});
