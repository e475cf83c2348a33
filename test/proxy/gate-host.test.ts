import { describe, expect, it } from "vitest";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { sendRaw, smallBody } from "./support/client.ts";
import { localToken, startPair, type TestProxy } from "./support/test-proxy.ts";

const answering = () => jsonAnswer({ type: "message" });

function post(hostLines: string, target = "/v1/messages", version = "HTTP/1.1"): string {
  return (
    `POST ${target} ${version}\r\n${hostLines}content-type: application/json\r\nx-api-key: ${localToken}\r\n` +
    `content-length: ${smallBody.length}\r\n\r\n${smallBody}`
  );
}

const host = (value: string): string => `Host: ${value}\r\n`;

/** P is the proxy's port. */
const allowed = ["127.0.0.1:P", "localhost:P", "LOCALHOST:P", "LocalHost:P", "[::1]:P", "  127.0.0.1:P  "];

const refused = [
  "",
  "127.0.0.1",
  "localhost",
  "[::1]",
  "127.0.0.1:",
  "127.0.0.1:0",
  "127.0.0.1:80",
  "127.0.0.1:443",
  "127.0.0.1:0P",
  "127.0.0.1:P0",
  "127.0.0.1:P.",
  "127.0.0.1.:P",
  "localhost.:P",
  "localhost.localdomain:P",
  "127.1:P",
  "127.0.1:P",
  "127.0.0.2:P",
  "127.00.0.1:P",
  "0x7f.0.0.1:P",
  "0x7f000001:P",
  "2130706433:P",
  "017700000001:P",
  "0.0.0.0:P",
  "0:P",
  "::1:P",
  "[::]:P",
  "[0:0:0:0:0:0:0:1]:P",
  "[::ffff:127.0.0.1]:P",
  "[::ffff:7f00:1]:P",
  "[::1%25lo]:P",
  "evil.com",
  "evil.com:P",
  "127.0.0.1.evil.com:P",
  "localhost.evil.com:P",
  "127.0.0.1:P.evil.com",
  "127.0.0.1.nip.io:P",
  "localtest.me:P",
  "user@127.0.0.1:P",
  "127.0.0.1@evil.com:P",
  "127.0.0.1:P@evil.com",
  "http://127.0.0.1:P",
  "127.0.0.1:P/",
  "127.0.0.1:P#",
  "127.0.0.1:P?x",
  "127.0.0.1:P,evil.com",
  "127.0.0.1 :P",
  "xn--localhost-x:P",
  "locaIhost:P",
  "api.zentherixapi.xyz",
  "zenthrex.local:P",
  "host.docker.internal:P",
  "169.254.169.254:P",
  "null",
  "*",
];

describe("the Host gate", () => {
  const withPort = (text: string, proxy: TestProxy): string => text.replace("P", String(proxy.port));

  it("has 60 spellings to tell apart", () => {
    expect(new Set([...allowed, ...refused]).size).toBe(60);
  });

  it("serves the own names and no other spelling of them [T1]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering()));
    const wrong: string[] = [];
    for (const value of allowed) {
      const { status } = await sendRaw(proxy.port, post(host(withPort(value, proxy))));
      if (status !== 200) wrong.push(`${value}: ${status}`);
    }
    expect(upstream.requests).toHaveLength(allowed.length);
    for (const value of refused) {
      const { status } = await sendRaw(proxy.port, post(host(withPort(value, proxy))));
      if (status !== 403) wrong.push(`${value}: ${status}`);
    }
    expect(wrong).toEqual([]);
    expect(upstream.requests).toHaveLength(allowed.length);
    expect(proxy.ended).toHaveLength(allowed.length);
  });

  it("refuses two Hosts, none, a whole URL as target, and HTTP/1.0 without one [T1 T17]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering()));
    const own = `127.0.0.1:${proxy.port}`;
    const statusOf = async (bytes: string): Promise<number> => (await sendRaw(proxy.port, bytes)).status;
    expect(await statusOf(post(host(own) + host("evil.com")))).toBe(403);
    expect(await statusOf(post(host("evil.com") + host(own)))).toBe(403);
    expect(await statusOf(post(host(own) + host(own)))).toBe(403);
    expect(await statusOf(post(""))).toBe(400);
    expect(await statusOf(post("", "/v1/messages", "HTTP/1.0"))).toBe(403);
    expect(await statusOf(post(host(own), "/v1/messages", "HTTP/1.0"))).toBe(200);
    expect(await statusOf(post(host(own), `http://${own}/v1/messages`))).toBe(403);
    expect(await statusOf(post(host(own), "http://evil.com/v1/messages"))).toBe(403);
    expect(await statusOf(post(host(own), "*"))).toBe(400);
    expect(upstream.requests).toHaveLength(1);
  });

  it("sees a second Host behind more headers than Node keeps by default [T1]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering()));
    const filler = Array.from({ length: 1_200 }, (_, index) => `x-${index}: 1\r\n`).join("");
    const { status } = await sendRaw(proxy.port, post(host(`127.0.0.1:${proxy.port}`) + filler + host("evil.com")));
    expect(status).toBe(403);
    expect(upstream.requests).toHaveLength(0);
  });

  it("lets the user's own hosts in, whole, with or without the port", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering()), {
      allowedHosts: () => ["host.docker.internal", "Devbox:8080"],
    });
    const statusOf = async (value: string): Promise<number> =>
      (await sendRaw(proxy.port, post(host(withPort(value, proxy))))).status;
    expect(await statusOf("host.docker.internal:P")).toBe(200);
    expect(await statusOf("host.docker.internal")).toBe(200);
    expect(await statusOf("devbox:8080")).toBe(200);
    expect(await statusOf("devbox:P")).toBe(403);
    expect(await statusOf("x.host.docker.internal:P")).toBe(403);
    expect(upstream.requests).toHaveLength(3);
  });

  it("asks for the right Host on the routes that need no token, too [T1]", async () => {
    const { proxy } = await startPair(() => undefined);
    for (const target of ["/", "/api/hello", "/healthz?nonce=0123456789abcdef"]) {
      const { status } = await sendRaw(
        proxy.port,
        `HEAD ${target} HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n`,
      );
      expect(status).toBe(403);
    }
  });
});
