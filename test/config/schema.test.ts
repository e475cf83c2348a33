import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../src/config/resolve.ts";
import { findSetting, type SettingName, settings } from "../../src/config/schema.ts";

const file = "/home/ann/.config/zenthrex/config.json";

describe("the settings", () => {
  it.each(Object.entries(settings))(
    "%s has a default, a description and an example that it takes itself",
    (name, row) => {
      expect(row.description).toMatch(/^[a-zA-Z].*[^.]$/);
      expect(row.takes).not.toBe("");
      const example = (): unknown =>
        name === "aliases" ? row.fromJson({ "gpt-4.1": row.example }) : row.fromText(row.example);
      expect(example).not.toThrow();
      if (row.variable !== undefined) expect(row.variable).toMatch(/^ZENTHREX_[A-Z_]+$/);
    },
  );

  it.each([
    ["port", "19400", 19400],
    ["port", "0", 0],
    ["upstream", "https://gateway.example.com", "https://gateway.example.com"],
    ["upstream", "https://gateway.example.com/v1/", "https://gateway.example.com"],
    ["upstream", "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["upstream", "http://[::1]:8080/", "http://[::1]:8080"],
    ["strict", "yes", true],
    ["autoCache", "false", false],
    ["sonnetModel", "haiku", "claude-haiku-4-5"],
    ["sonnetModel", "claude-haiku-4-5-20251001", "claude-haiku-4-5"],
    ["proxy.allowedHosts", "Host.Docker.internal, box:19368,", ["host.docker.internal", "box:19368"]],
    [
      "proxy.allowedOrigins",
      "http://localhost:3000,vscode-webview://abc",
      ["http://localhost:3000", "vscode-webview://abc"],
    ],
  ] as const)("%s takes %s", (name, text, value) => {
    expect(settings[name].fromText(text)).toEqual(value);
  });

  it.each([
    ["port", "65536"],
    ["port", "-1"],
    ["port", "80x"],
    ["port", ""],
    ["upstream", "http://gateway.example.com"],
    ["upstream", "gateway.example.com"],
    ["upstream", "https://user:pw@gateway.example.com"],
    ["upstream", "https://gateway.example.com/v1/messages"],
    ["upstream", "https://gateway.example.com/?a=1"],
    ["upstream", "ftp://gateway.example.com"],
    ["upstream", "http://127.0.0.1.evil.example"],
    ["upstream", "http://localhost.evil.example"],
    ["chat", "translated"],
    ["strict", "maybe"],
    ["strict", "constructor"],
    ["sonnetModel", "gpt-9"],
    ["proxy.allowedHosts", "http://box"],
    ["proxy.allowedHosts", "box/path"],
    ["proxy.allowedHosts", "*"],
    ["proxy.allowedOrigins", "localhost:3000"],
    ["proxy.allowedOrigins", "http://localhost:3000/path"],
    ["proxy.allowedOrigins", "null"],
    ["proxy.allowedOrigins", "*"],
  ] as const)("%s refuses %j and says what it takes", (name, text) => {
    expect(() => settings[name].fromText(text)).toThrow(/^expected /);
  });

  it("gives aliases as a table without a prototype: a model named constructor must find nothing", () => {
    const table = settings.aliases.fromJson(JSON.parse('{"gpt-4.1":"opus","__proto__":"haiku"}'));
    expect(table["gpt-4.1"]).toBe("claude-opus-4-7");
    expect(table["constructor"]).toBeUndefined();
    expect(Object.getPrototypeOf(table)).toBeNull();
  });
});

describe("findSetting", () => {
  it("takes everything behind aliases. as one name, dots and all", () => {
    expect(findSetting("aliases.gpt-4.1")).toEqual({ kind: "alias", alias: "gpt-4.1", path: ["aliases", "gpt-4.1"] });
    expect(findSetting("proxy.allowedHosts")).toMatchObject({ kind: "setting", path: ["proxy", "allowedHosts"] });
  });

  it("says what was probably meant", () => {
    expect(findSetting("prot")).toEqual({ kind: "unknown", suggestion: "port" });
    expect(findSetting("proxy.allowedhost")).toEqual({ kind: "unknown", suggestion: "proxy.allowedHosts" });
    expect(findSetting("constructor")).toEqual({ kind: "unknown" });
    expect(findSetting("aliases.__proto__").kind).toBe("unknown");
  });
});

describe("resolveSettings", () => {
  const values = { port: 1111, proxy: { allowedHosts: ["box"] }, aliases: { "gpt-4.1": "claude-haiku-4-5" } };

  it("takes flag before environment before file before default, and says where from", () => {
    const env = { ZENTHREX_PORT: "2222" };
    const at = (sources: Partial<Parameters<typeof resolveSettings>[0]>) =>
      resolveSettings({ env: {}, values: {}, file, ...sources }).port;
    expect(at({})).toEqual({ value: 19368, from: "default", source: "default" });
    expect(at({ values })).toEqual({ value: 1111, from: "config file", source: file });
    expect(at({ values, env })).toEqual({ value: 2222, from: "environment", source: "ZENTHREX_PORT" });
    expect(at({ values, env, flags: { port: "3333" } })).toEqual({ value: 3333, from: "flag", source: "--port" });
  });

  it("reads nested settings and aliases with dots from the file", () => {
    const resolved = resolveSettings({ env: {}, values, file });
    expect(resolved["proxy.allowedHosts"].value).toEqual(["box"]);
    expect(resolved.aliases.value["gpt-4.1"]).toBe("claude-haiku-4-5");
  });

  it.each([
    [{ flags: { port: "x" } }, "ZX_USAGE", /bad value of --port: expected a port number/],
    [{ flags: { autoCache: "x" } }, "ZX_USAGE", /bad value of --auto-cache/],
    [{ env: { ZENTHREX_PORT: "x" } }, "ZX_USAGE", /bad value of ZENTHREX_PORT/],
    [{ values: { port: "x" } }, "ZX_CONFIG_INVALID", /bad value of port in .*config\.json/],
    [{ values: { port: { a: 1 } } }, "ZX_CONFIG_INVALID", /bad value of port/],
    [{ values: { proxy: { allowedHosts: "box" } } }, "ZX_CONFIG_INVALID", /proxy\.allowedHosts/],
    [{ values: { aliases: { a: 7 } } }, "ZX_CONFIG_INVALID", /aliases/],
  ] as const)("refuses a bad value and names its place: %j", (sources, code, message) => {
    const resolve = (): unknown => resolveSettings({ env: {}, values: {}, file, ...sources });
    expect(resolve).toThrow(message);
    expect(resolve).toThrow(expect.objectContaining({ code }));
  });

  it("never repeats a value: it may be a secret that stands in the wrong place", () => {
    for (const name of Object.keys(settings) as SettingName[]) {
      try {
        resolveSettings({ env: {}, values: {}, file, flags: { [name]: "SECRET SECRET" } });
      } catch (error) {
        expect(String(error)).not.toContain("SECRET");
      }
    }
  });
});
