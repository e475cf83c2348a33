import { describe, expect, it } from "vitest";
import { baseUrl } from "../../src/integrations/base-url.ts";

describe("baseUrl", () => {
  it.each([
    ["bare", "http://127.0.0.1:19368", undefined, "http://127.0.0.1:19368"],
    ["v1", "http://127.0.0.1:19368", undefined, "http://127.0.0.1:19368/v1"],
    ["endpoint", "http://127.0.0.1:19368", undefined, "http://127.0.0.1:19368/v1/messages"],
    [
      "endpoint",
      "https://api.zentherixapi.xyz",
      "chat-completions",
      "https://api.zentherixapi.xyz/v1/chat/completions",
    ],
    ["bare", "https://api.zentherixapi.xyz/", undefined, "https://api.zentherixapi.xyz"],
    ["bare", "https://api.zentherixapi.xyz/v1/messages?x=1", undefined, "https://api.zentherixapi.xyz"],
    ["v1", "https://user:secret@api.zentherixapi.xyz/v1", undefined, "https://api.zentherixapi.xyz/v1"],
    ["v1", "http://[::1]:8080", undefined, "http://[::1]:8080/v1"],
  ] as const)("builds the %s URL of %s (%s)", (rule, origin, route, url) => {
    expect(baseUrl(rule, origin, route)).toBe(url);
  });

  it.each(["127.0.0.1:19368", "ftp://127.0.0.1", "", "api.zentherixapi.xyz"])(
    "refuses %j, which is no http URL",
    (origin) => {
      expect(() => baseUrl("bare", origin)).toThrow(expect.objectContaining({ code: "ZX_USAGE" }));
    },
  );

  it("refuses a route that has no URL", () => {
    expect(() => baseUrl("endpoint", "http://127.0.0.1:1", "hello")).toThrow(/no URL/);
  });
});
