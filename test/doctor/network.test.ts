import { beforeAll, describe, expect, it } from "vitest";
import type { CauseCode } from "../../src/doctor/causes.ts";
import { chooseProxy } from "../../src/upstream/proxy-env.ts";
import { hasOpenssl, makeCertificates, type TestCertificates, testAuthority } from "../support/certificates.ts";
import { type ConnectAnswer, startConnectProxy } from "../support/connect-proxy.ts";
import { always, doctorFacts, runDoctor, startServer, type TestFacts } from "../support/doctor.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { scriptedLookup } from "../support/lookup.ts";

const LIST = '{"data":[{"id":"claude-opus-4-7"}]}';
const NETWORK = ["proxy", "dns", "connect", "tls", "api", "clock"];
const page = (status: number): [number, string, Record<string, string>] => [
  status,
  "<!doctype html><html><head><title>Welcome to the Hotel</title></head></html>",
  { "content-type": "text/html" },
];

const verdictOf = async (facts: TestFacts) => (await runDoctor(doctorFacts(facts), NETWORK)).verdict;

describe("[row 31] names", () => {
  const lookup = (answer: Parameters<typeof scriptedLookup>[0]) => ({ lookup: scriptedLookup(answer) });

  it.each<[string, string, Parameters<typeof scriptedLookup>[0], CauseCode]>([
    ["a typing mistake", "https://api.zenthrexapi.xyz", { errorCode: "ENOTFOUND" }, "dns-near-miss"],
    ["the product's spelling", "https://api.zenthrex.com", { errorCode: "EAI_AGAIN" }, "dns-near-miss"],
    ["one that somebody registered", "https://api.zentherixapi.xy", ["127.0.0.1"], "dns-near-miss"],
    ["another vendor", "https://api.anthropic.com", ["127.0.0.1"], "base-url-host"],
    ["a host that isn't there", "https://gateway.example.test", { errorCode: "ENOTFOUND" }, "dns-unknown"],
    ["a name server that is silent", "https://api.zentherixapi.xyz", { errorCode: "EAI_AGAIN" }, "dns-failed"],
    ["a name server that filters", "https://api.zentherixapi.xyz", { errorCode: "ENOTFOUND" }, "dns-failed"],
  ])("tells %s", async (_what, upstream, answer, cause) => {
    const verdict = await verdictOf({ upstream, network: lookup(answer) });
    expect(verdict).toMatchObject({ code: cause, exitCode: cause === "base-url-host" ? 1 : 5 });
    expect(verdict.cause).toContain(new URL(upstream).hostname);
    expect(verdict.others).toEqual([]);
  });

  it("names the host that was meant, and how to get back to it", async () => {
    const verdict = await verdictOf({
      upstream: "https://api.zentherexapi.xyz",
      network: lookup({ errorCode: "ENOTFOUND" }),
    });
    expect(verdict.cause).toContain("api.zentherixapi.xyz");
    expect(verdict.fix?.command).toBe("unset ZENTHREX_UPSTREAM");
  });

  it("takes a company's gateway that bears the product's name for what it is", async () => {
    const server = await startServer(always(200, LIST));
    const upstream = `http://zenthrex.gateway.example.test:${server.port}`;
    expect(await verdictOf({ upstream, network: lookup(["127.0.0.1"]) })).toMatchObject({ code: "healthy" });
  });
});

describe("connections", () => {
  it("tells that nothing listens", async () => {
    const verdict = await verdictOf({ upstream: "http://127.0.0.1:1" });
    expect(verdict).toMatchObject({ code: "connect-refused", fix: { command: "unset ZENTHREX_UPSTREAM" } });
    expect(verdict.cause).toContain("127.0.0.1:1");
  });
});

describe("what answers in the API's place", () => {
  it.each<[string, [number, string, Record<string, string>?], CauseCode]>([
    ["[row 32] a hotel's login page", page(200), "captive-portal"],
    ["a network that wants a login", page(511), "captive-portal"],
    ["a redirect to a login", [302, "", { location: "https://portal.hotel.test/login?u=1" }], "captive-portal"],
    ["a redirect to another path", [301, "", { location: "/v2/models" }], "redirect"],
    [
      "[row 11] a redirect to another host",
      [308, "", { location: "https://gateway.example.test/v1/models" }],
      "redirect",
    ],
    ["a web site", page(404), "not-the-api"],
    ["a firewall's page", page(403), "access-blocked"],
    ["another JSON service", [200, '{"hello":"world"}'], "not-the-api"],
    ["a server without our routes", [404, '{"error":{"message":"no"}}'], "not-the-api"],
    ["[row 38] an API that is down", [502, '{"error":{"type":"upstream_error","message":"down"}}'], "upstream-error"],
    ["a balancer's error page", page(503), "upstream-error"],
  ])("tells %s", async (_what, [status, body, headers], cause) => {
    const server = await startServer(always(status, body, headers));
    const { verdict } = await runDoctor(doctorFacts({ upstream: server.url }));
    expect([verdict.code, verdict.exitCode]).toEqual([cause, 5]);
    expect(verdict.fix?.command).not.toBe("");
  });

  it("never sends the key after a redirect, nor follows it", async () => {
    const other = await startServer(always(200, LIST));
    const server = await startServer(always(307, "", { location: `${other.url}/v1/models` }));
    await runDoctor(doctorFacts({ upstream: server.url }));
    expect(other.requests).toEqual([]);
  });
});

describe("[row 30] the clock", () => {
  it.each([24 * 60 * 60 * 1000, -3 * 60 * 60 * 1000])("is compared with the API's Date: %i ms off", async (offMs) => {
    const server = await startServer(always(200, LIST));
    const clock = { ...createFakeClock(Date.now() + offMs), after: () => () => undefined };
    const verdict = await verdictOf({ upstream: server.url, clock });
    expect(verdict).toMatchObject({ code: "clock-skew", fix: { command: "sudo timedatectl set-ntp true" } });
  });
});

describe.runIf(hasOpenssl())("TLS", () => {
  let certificates: TestCertificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  const upstreamWith = async (kind: Exclude<keyof TestCertificates, "ca">, trusted = true): Promise<TestFacts> => {
    const server = await startServer(always(200, LIST), certificates[kind]);
    return {
      upstream: `https://upstream.test:${server.port}`,
      network: { lookup: scriptedLookup(["127.0.0.1"]), ca: trusted ? [certificates.ca] : undefined },
    };
  };

  it("passes a good certificate by", async () => {
    expect(await verdictOf(await upstreamWith("good"))).toMatchObject({ code: "healthy" });
  });

  it("[row 29] names the authority that isn't trusted here: TLS inspection", async () => {
    const verdict = await verdictOf(await upstreamWith("good", false));
    expect(verdict.code).toBe("tls-inspection");
    expect(verdict.cause).toContain(testAuthority);
    expect(verdict.fix?.command).toContain("network.caFile");
  });

  it.each<[Exclude<keyof TestCertificates, "ca">, CauseCode]>([
    ["selfSigned", "tls-self-signed"],
    ["expired", "tls-expired"],
    ["otherHost", "tls-wrong-host"],
  ])("tells a certificate that is %s", async (kind, cause) => {
    const verdict = await verdictOf(await upstreamWith(kind));
    expect(verdict.code).toBe(cause);
    expect(verdict.others).toEqual([]);
  });

  it.each<["expired" | "notYetValid", string]>([
    ["expired", "2030-01-01T00:00:00Z"],
    ["notYetValid", "2019-01-01T00:00:00Z"],
  ])("blames the clock for one that is %s, where the host's own time says so", async (kind, now) => {
    const clock = { ...createFakeClock(Date.parse(now)), after: () => () => undefined };
    const verdict = await verdictOf({ ...(await upstreamWith(kind)), clock });
    expect(verdict.code).toBe("clock-skew");
    expect(verdict.cause).toContain(now.slice(0, 10));
  });

  it("[row 10] tells https to a port that speaks http", async () => {
    const server = await startServer(always(200, LIST));
    const verdict = await verdictOf({ upstream: `https://127.0.0.1:${server.port}` });
    expect(verdict.code).toBe("tls-not-spoken");
    expect(verdict.fix?.command).toBe(`export ZENTHREX_UPSTREAM=http://127.0.0.1:${server.port}`);
  });

  describe("[row 28] behind a company proxy", () => {
    const behind = async (answer: ConnectAnswer | "dead", env: Record<string, string> = {}): Promise<TestFacts> => {
      const server = await startServer(always(200, LIST), certificates.good);
      const proxy = answer === "dead" ? undefined : await startConnectProxy(() => answer);
      const address = proxy === undefined ? "http://127.0.0.1:1" : `http://127.0.0.1:${proxy.port}`;
      const origin = `https://upstream.test:${server.port}`;
      const chosen = chooseProxy({ HTTPS_PROXY: address, ...env }, origin);
      return {
        upstream: origin,
        network: {
          lookup: scriptedLookup({ errorCode: "ENOTFOUND" }),
          ca: [certificates.ca],
          proxyOf: () =>
            chosen === undefined ? { kind: "none" } : { kind: "proxy", proxy: chosen, variable: "HTTPS_PROXY" },
        },
      };
    };

    it("passes one by that opens tunnels, though no name can be looked up here", async () => {
      expect(await verdictOf(await behind("tunnel"))).toMatchObject({ code: "healthy" });
    });

    it.each<[string, ConnectAnswer | "dead", CauseCode]>([
      ["a dead one", "dead", "proxy-refused"],
      ["one that wants a login", { bytes: "HTTP/1.1 407 Login\r\nconnection: close\r\n\r\n" }, "proxy-login"],
      ["one that forbids", { bytes: "HTTP/1.1 403 No\r\nconnection: close\r\n\r\n" }, "proxy-blocked"],
      ["one that closes", "close", "proxy-blocked"],
    ])("tells %s", async (_what, answer, cause) => {
      const verdict = await verdictOf(await behind(answer));
      expect([verdict.code, verdict.exitCode]).toEqual([cause, 5]);
      expect(verdict.cause).toContain("HTTPS_PROXY");
      expect(verdict.fix?.command).toContain("HTTPS_PROXY");
    });

    it("advises to leave a dead one out where the API can be reached without", async () => {
      const facts = await behind("dead");
      const verdict = await verdictOf({
        ...facts,
        network: { ...facts.network, lookup: scriptedLookup(["127.0.0.1"]) },
      });
      expect(verdict).toMatchObject({ code: "proxy-refused", fix: { command: "unset HTTPS_PROXY" } });
    });
  });
});
