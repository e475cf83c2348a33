import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { chooseProxy } from "../../../src/upstream/proxy-env.ts";
import { hasOpenssl, makeCertificates, type TestCertificates } from "../../support/certificates.ts";
import { startConnectProxy } from "../../support/connect-proxy.ts";
import { always, doctorFacts, runDoctor, startServer, type TestFacts } from "../../support/doctor.ts";
import { scriptedLookup } from "../../support/lookup.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const LIST = '{"data":[{"id":"claude-opus-4-7"}]}';
const PROBES = ["config", "proxy", "dns", "connect", "tls", "api"];

const verdictOf = async (facts: TestFacts) => (await runDoctor(doctorFacts(facts), PROBES)).verdict;
const hosted = "https://api.zentherixapi.xyz";

/** The way as the environment asks for it. */
function proxied(env: Record<string, string>): TestFacts {
  const proxyOf = (origin: string) => {
    const proxy = chooseProxy(env, origin);
    return proxy === undefined
      ? ({ kind: "none" } as const)
      : { kind: "proxy" as const, proxy, variable: "HTTPS_PROXY" };
  };
  return { env, network: { proxyOf, lookup: scriptedLookup({ errorCode: "ENOTFOUND" }) } };
}

describe.runIf(hasOpenssl())("a company proxy that is the only way", () => {
  let certificates: TestCertificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });

  it.each<[string, (proxy: string) => Record<string, string>, RegExp, string]>([
    [
      "NO_PROXY excepts the host",
      (proxy) => ({ HTTPS_PROXY: proxy, NO_PROXY: "localhost,.test,127.0.0.1" }),
      /NO_PROXY excepts it \(\.test\)/,
      "export NO_PROXY=localhost,127.0.0.1",
    ],
    [
      "an empty https_proxy hides it",
      (proxy) => ({ HTTPS_PROXY: proxy, https_proxy: "" }),
      /https_proxy, which is set to nothing, hides HTTPS_PROXY/,
      "unset https_proxy",
    ],
    [
      "only ALL_PROXY names it",
      (proxy) => ({ ALL_PROXY: proxy }),
      /ALL_PROXY isn't read/,
      'export HTTPS_PROXY="$ALL_PROXY"',
    ],
  ])("is found where %s", async (_what, env, cause, command) => {
    const server = await startServer(always(200, LIST), certificates.good);
    const { port } = await startConnectProxy();
    const verdict = await verdictOf({
      upstream: `https://upstream.test:${server.port}`,
      ...proxied(env(`http://127.0.0.1:${port}`)),
    });
    expect(verdict).toMatchObject({ code: "proxy-unused", exitCode: 5, fix: { command }, others: [] });
    expect(verdict.cause).toMatch(cause);
  });

  it("is not blamed where it leads nowhere either", async () => {
    const { port } = await startConnectProxy(() => "close");
    const facts = proxied({ ALL_PROXY: `http://127.0.0.1:${port}` });
    expect(await verdictOf({ upstream: hosted, ...facts })).toMatchObject({ code: "dns-failed" });
  });

  it("is told to speak plain http where it is addressed by https://", async () => {
    const server = createHttpServer();
    server.on("connect", (_request, socket: Socket) => void socket.end("HTTP/1.1 200 Connection established\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const verdict = await verdictOf({ upstream: hosted, ...proxied({ HTTPS_PROXY: `https://127.0.0.1:${port}` }) });
    const command = `export HTTPS_PROXY=http://127.0.0.1:${port}`;
    expect(verdict).toMatchObject({ code: "proxy-refused", fix: { command } });
    expect(verdict.cause).toContain("speaks plain http");
  });

  it("is named where it puts a page of its own into the tunnel", async () => {
    const page = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n<html></html>".replace("12", "13");
    const { port } = await startConnectProxy(() => ({ bytes: `HTTP/1.1 200 OK\r\n\r\n${page}` }));
    const verdict = await verdictOf({ upstream: hosted, ...proxied({ HTTPS_PROXY: `http://127.0.0.1:${port}` }) });
    expect(verdict).toMatchObject({ code: "proxy-blocked", fix: { command: "unset HTTPS_PROXY" } });
    expect(verdict.cause).toContain("answers in its place");
  });
});

describe("names", () => {
  it.each(["127.0.0.1", "0.0.0.0"])("tells one that leads back to this machine: %s", async (address) => {
    const lookup = scriptedLookup([address]);
    const verdict = await verdictOf({ upstream: "https://api.zentherixapi.xyz:9", network: { lookup } });
    expect(verdict).toMatchObject({ code: "dns-misled", fix: { command: "grep -n api.zentherixapi.xyz /etc/hosts" } });
  });

  it("tells a dot at its end", async () => {
    const verdict = await verdictOf({ upstream: `${hosted}.` });
    expect(verdict).toMatchObject({ code: "dns-near-miss" });
    expect(verdict.cause).toMatch(/ends in a dot/);
  });

  it("looks a name up once a run", async () => {
    const lookup = scriptedLookup({ errorCode: "ENOTFOUND" });
    await runDoctor(doctorFacts({ upstream: hosted, network: { lookup } }));
    expect(lookup.asked).toEqual(["api.zentherixapi.xyz"]);
  });

  it.each([
    ["gateway.example.com/v1", "zenthrex doctor --url https://gateway.example.com/v1"],
    ["localhost:8000/v1", "zenthrex doctor --url http://localhost:8000/v1"],
  ])("tells what %s lacks", async (base, command) => {
    const target = { kind: "url", origin: base, base, format: undefined } as const;
    const { verdict } = await runDoctor(doctorFacts({ target }));
    expect(verdict).toMatchObject({ code: "base-url-invalid", fix: { command } });
  });
});

describe.runIf(hasOpenssl())("schemes and authorities", () => {
  let certificates: TestCertificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });

  it("tells TLS on a port that is asked in plain http", async () => {
    const { port } = await startServer(always(200, LIST), certificates.good);
    const verdict = await verdictOf({ upstream: `http://127.0.0.1:${port}` });
    const command = `export ZENTHREX_UPSTREAM=https://127.0.0.1:${port}`;
    expect(verdict).toMatchObject({ code: "base-url-scheme", fix: { command } });
  });

  it("takes a server's own word that it wants TLS", async () => {
    const text = "Client sent an HTTP request to an HTTPS server.";
    const { url } = await startServer(always(400, text, { "content-type": "text/plain" }));
    expect(await verdictOf({ upstream: url })).toMatchObject({ code: "base-url-scheme" });
    const target = { kind: "url", origin: url, base: `${url}/v1`, format: "openai" } as const;
    const { verdict } = await runDoctor(doctorFacts({ target }));
    const command = `zenthrex doctor --url ${url.replace("http:", "https:")}/v1`;
    expect(verdict).toMatchObject({ code: "base-url-scheme", fix: { command } });
  });

  it("tells plain http on a port that is asked for TLS and hangs up", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (data) => {
        if (!data.toString().startsWith("GET ")) socket.destroy();
        else socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${LIST.length}\r\n\r\n${LIST}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const verdict = await verdictOf({ upstream: `https://127.0.0.1:${port}` });
    expect(verdict).toMatchObject({ code: "tls-not-spoken" });
    expect(verdict.fix?.command).toContain(`http://127.0.0.1:${port}`);
  });

  it.each<[string, (home: string) => string, RegExp]>([
    ["that isn't there", (home) => join(home, "gone.pem"), /isn't there/],
    [
      "in another form than PEM",
      (home) => {
        writeFileSync(join(home, "ca.pem"), certificates.ca);
        const der = join(home, "ca.cer");
        spawnSync("openssl", ["x509", "-in", join(home, "ca.pem"), "-outform", "DER", "-out", der]);
        return der;
      },
      /holds no PEM certificate/,
    ],
  ])("tells a file of authorities %s", async (_what, make, cause) => {
    const { port } = await startServer(always(200, LIST), certificates.good);
    const file = make(temporaryHome());
    const network = { lookup: scriptedLookup(["127.0.0.1"]) };
    const env = { NODE_EXTRA_CA_CERTS: file };
    const verdict = await verdictOf({ upstream: `https://upstream.test:${port}`, env, network });
    expect(verdict).toMatchObject({ code: "authority-file" });
    expect(verdict.cause).toMatch(cause);
    expect(verdict.cause).toContain(file);
  });
});
