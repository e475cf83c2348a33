import { describe, expect, it } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import { isLoopbackHost, parseUpstreamOrigin } from "../../src/upstream/origin.ts";

describe("parseUpstreamOrigin", () => {
  it.each([
    ["https://api.example.com", "https://api.example.com", "api.example.com", 443, "api.example.com:443", false],
    [
      "https://API.example.com:8443/",
      "https://api.example.com:8443",
      "api.example.com",
      8443,
      "api.example.com:8443",
      false,
    ],
    ["http://127.0.0.1:80", "http://127.0.0.1", "127.0.0.1", 80, "127.0.0.1:80", true],
    ["http://127.1:9", "http://127.0.0.1:9", "127.0.0.1", 9, "127.0.0.1:9", true],
    ["http://localhost:3000", "http://localhost:3000", "localhost", 3000, "localhost:3000", true],
    ["http://[::1]:3000", "http://[::1]:3000", "::1", 3000, "[::1]:3000", true],
    ["https://[2001:db8::1]", "https://[2001:db8::1]", "2001:db8::1", 443, "[2001:db8::1]:443", false],
  ])("reads %s", (text, origin, hostname, port, authority, loopback) => {
    expect(parseUpstreamOrigin(text)).toMatchObject({ origin, hostname, port, authority, loopback });
  });

  it.each([
    "api.example.com",
    "",
    "ftp://api.example.com",
    "http://api.example.com",
    "http://10.0.0.1:8080",
    "http://0.0.0.0:8080",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "https://api.example.com/v1",
    "https://api.example.com/?x",
    "https://api.example.com/#x",
    "https://user:secret@api.example.com",
    "https://zk_live_0123456789@api.example.com",
  ])("refuses %s, and quotes no login", (text) => {
    const refusal = (): unknown => parseUpstreamOrigin(text);
    expect(refusal).toThrow(ZenthrexError);
    expect(refusal).toThrow(expect.objectContaining({ code: "ZX_USAGE" }));
    expect(refusal).not.toThrow(/secret|zk_live/);
  });
});

describe("isLoopbackHost", () => {
  it.each([
    "localhost",
    "LOCALHOST",
    "app.localhost",
    "127.0.0.1",
    "127.255.0.3",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
  ])("knows %s as this machine", (host) => expect(isLoopbackHost(host)).toBe(true));
  it.each([
    "example.com",
    "localhost.example.com",
    "128.0.0.1",
    "10.0.0.1",
    "0.0.0.0",
    "::",
    "::2",
    "::ffff:8.8.8.8",
    "127.0.0.1.nip.io",
  ])("knows %s as another", (host) => expect(isLoopbackHost(host)).toBe(false));
});
