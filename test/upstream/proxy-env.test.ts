import { describe, expect, it } from "vitest";
import { chooseProxy } from "../../src/upstream/proxy-env.ts";

const api = "https://api.example.com";
const chosen = (env: Record<string, string>, origin = api): string | undefined => chooseProxy(env, origin)?.authority;

describe("chooseProxy [F29]", () => {
  it("takes HTTPS_PROXY for https, and HTTP_PROXY where that is not set", () => {
    expect(chosen({})).toBeUndefined();
    expect(chosen({ HTTPS_PROXY: "http://proxy:3128" })).toBe("proxy:3128");
    expect(chosen({ HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "http://plain:2" })).toBe("secure:1");
    expect(chosen({ HTTP_PROXY: "http://plain:2" })).toBe("plain:2");
    expect(chosen({ ALL_PROXY: "http://all:3" })).toBeUndefined();
  });

  it("lets lower case win, also where it is empty", () => {
    expect(chosen({ https_proxy: "http://lower:1", HTTPS_PROXY: "http://upper:2" })).toBe("lower:1");
    expect(chosen({ https_proxy: "", HTTPS_PROXY: "http://upper:2" })).toBeUndefined();
    expect(chosen({ HTTPS_PROXY: "http://p:1", no_proxy: "", NO_PROXY: "*" })).toBe("p:1");
  });

  it("reads the default ports, a missing scheme, TLS proxies and IPv6", () => {
    expect(chooseProxy({ HTTPS_PROXY: "http://proxy" }, api)).toMatchObject({ port: 80, secure: false });
    expect(chooseProxy({ HTTPS_PROXY: "https://proxy" }, api)).toMatchObject({ port: 443, secure: true });
    expect(chosen({ HTTPS_PROXY: "proxy:8080" })).toBe("proxy:8080");
    expect(chooseProxy({ HTTPS_PROXY: "http://[::1]:8080" }, api)).toMatchObject({
      hostname: "::1",
      authority: "[::1]:8080",
    });
  });

  it.each([
    ["user:pass", "user:pass"],
    ["user", "user:"],
    [":pass", ":pass"],
    ["us%40er:p%3Ass%25", "us@er:p:ss%"],
    ["a%ZZ:b", "a%ZZ:b"],
  ])("turns the login %s into Proxy-Authorization", (login, plain) => {
    const proxy = chooseProxy({ HTTPS_PROXY: `http://${login}@proxy:1` }, api);
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from(plain).toString("base64")}`);
    expect(proxy?.authority).toBe("proxy:1");
  });

  it("sends no Proxy-Authorization without a login", () => {
    expect(chooseProxy({ HTTPS_PROXY: "http://proxy:1" }, api)).not.toHaveProperty("authorization");
  });

  it.each(["http://localhost:9", "http://127.0.0.1:9", "https://[::1]:9", "https://app.localhost"])(
    "never proxies this machine: %s",
    (origin) => expect(chosen({ HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://p:1" }, origin)).toBeUndefined(),
  );

  it.each([
    ["*", true],
    ["a, *", true],
    ["api.example.com", true],
    ["API.Example.COM", true],
    ["example.com", true],
    [".example.com", true],
    ["*.example.com", true],
    ["other.com example.com", true],
    ["other.com\texample.com", true],
    ["api.example.com:443", true],
    [".example.com:443", true],
    ["api.example.com:8443", false],
    ["ample.com", false],
    ["xapi.example.com", false],
    ["api.example", false],
    ["example.com.", false],
    [" , ,", false],
    ["10.0.0.0/8", false],
  ])("obeys NO_PROXY=%s", (list, bypassed) => {
    expect(chosen({ HTTPS_PROXY: "http://p:1", NO_PROXY: list })).toBe(bypassed ? undefined : "p:1");
  });

  it.each(["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"])("obeys NO_PROXY=%s for an IPv6 upstream", (list) => {
    expect(chosen({ HTTPS_PROXY: "http://p:1", NO_PROXY: list }, "https://[2001:db8::1]")).toBeUndefined();
  });

  it.each(["socks5://user:secret@proxy:1080", "http://user:secret@", "http://user:secret@ho st"])(
    "refuses %s without quoting it",
    (value) => {
      const choose = (): unknown => chooseProxy({ https_proxy: value }, api);
      expect(choose).toThrow(expect.objectContaining({ code: "ZX_USAGE" }));
      expect(choose).not.toThrow(/secret/);
    },
  );
});
