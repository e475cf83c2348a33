import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const fileOf = (home: string): string => join(home, ".config/zenthrex/config.json");
const valuesOf = (home: string): unknown => JSON.parse(readFileSync(fileOf(home), "utf8"));

function homeWith(text: string): string {
  const home = temporaryHome();
  mkdirSync(dirname(fileOf(home)), { recursive: true });
  writeFileSync(fileOf(home), text, { mode: 0o600 });
  return home;
}

describe("zenthrex config", () => {
  it("prints the path of the file, which need not exist", async () => {
    const home = temporaryHome();
    expect(await runMain(["config", "path"], { home })).toMatchObject({
      exitCode: 0,
      out: `${fileOf(home)}\n`,
      err: "",
    });
    expect(JSON.parse((await runMain(["config", "path", "--json"], { home })).out)).toEqual({
      version: 1,
      file: fileOf(home),
    });
  });

  it("lists every setting with where it came from; the key and the token masked", async () => {
    const home = homeWith(
      JSON.stringify({
        port: 1234,
        proxy: { allowedHosts: ["box", "host.docker.internal"] },
        aliases: { "gpt-4.1": "claude-haiku-4-5" },
        key: "zk_live_CANARYCANARY1234",
        localToken: `zxl_${"a".repeat(43)}`,
      }),
    );
    const { exitCode, out } = await runMain(["config", "list"], { home, env: { ZENTHREX_STRICT: "1" } });
    expect(exitCode).toBe(0);
    expect(out.replaceAll(home, "~")).toMatchInlineSnapshot(`
      "Setting               Value                         From
      port                  1234                          config file
      upstream              https://api.zentherixapi.xyz  default
      chat                  translate                     default
      strict                true                          ZENTHREX_STRICT
      autoCache             true                          default
      allowNetwork          false                         default
      sonnetModel           -                             default
      proxy.allowedHosts    box, host.docker.internal     config file
      proxy.allowedOrigins  -                             default
      network.proxy         -                             default
      network.noProxy       -                             default
      network.caFile        -                             default
      budget.day            -                             default
      budget.month          -                             default
      aliases.gpt-4.1       claude-haiku-4-5              config file
      key                   zk_...1234                    config file
      localToken            zxl_...aaaa                   config file

      Config file: ~/.config/zenthrex/config.json
      "
    `);
    expect(out).not.toContain("CANARY");
  });

  it("gives the same as JSON", async () => {
    const home = homeWith('{"port":1234,"key":"zk_live_CANARYCANARY1234"}');
    const { out } = await runMain(["config", "list", "--json"], { home });
    const list = JSON.parse(out) as { version: number; settings: { name: string }[] };
    expect(list.version).toBe(1);
    expect(list.settings).toContainEqual({ name: "port", value: 1234, from: "config file", source: fileOf(home) });
    expect(list.settings).toContainEqual({ name: "sonnetModel", value: null, from: "default", source: "default" });
    expect(list.settings).toContainEqual({
      name: "key",
      value: "zk_...1234",
      from: "config file",
      source: fileOf(home),
    });
  });

  it("sets, gets and unsets a setting; the file is 0600 in a folder of 0700", async () => {
    const home = temporaryHome();
    expect(await runMain(["config", "set", "port", "19400"], { home })).toMatchObject({
      exitCode: 0,
      out: "port is 19400\n",
    });
    expect(valuesOf(home)).toEqual({ port: 19400 });
    expect([statSync(fileOf(home)).mode & 0o777, statSync(dirname(fileOf(home))).mode & 0o777]).toEqual([0o600, 0o700]);
    expect((await runMain(["config", "get", "port"], { home })).out).toBe("19400\n");
    expect((await runMain(["config", "unset", "port"], { home })).out).toBe("port is 19368\n");
    expect(valuesOf(home)).toEqual({});
  });

  it("keeps a dotted alias one name, and an alias means a model that exists", async () => {
    const home = temporaryHome();
    expect((await runMain(["config", "set", "aliases.gpt-4.1", "opus"], { home })).out).toBe(
      "aliases.gpt-4.1 is claude-opus-4-7\n",
    );
    expect(valuesOf(home)).toEqual({ aliases: { "gpt-4.1": "claude-opus-4-7" } });
    expect((await runMain(["config", "get", "aliases.gpt-4.1"], { home })).out).toBe("claude-opus-4-7\n");
    await runMain(["config", "unset", "aliases.gpt-4.1"], { home });
    expect(valuesOf(home)).toEqual({});
    const wrong = await runMain(["config", "set", "aliases.x", "claud-opus-4-7"], { home });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.err).toContain("did you mean claude-opus-4-7?");
  });

  it("takes lists by blanks and by commas", async () => {
    const home = temporaryHome();
    await runMain(["config", "set", "proxy.allowedHosts", "a", "b,c"], { home });
    expect(valuesOf(home)).toEqual({ proxy: { allowedHosts: ["a", "b", "c"] } });
    await runMain(["config", "unset", "proxy.allowedHosts"], { home });
    expect(valuesOf(home)).toEqual({});
  });

  it("says that a variable wins over what was just set", async () => {
    const { exitCode, err } = await runMain(["config", "set", "port", "1"], {
      home: temporaryHome(),
      env: { ZENTHREX_PORT: "2" },
    });
    expect(exitCode).toBe(0);
    expect(err).toBe("warning: ZENTHREX_PORT is set and wins: port stays 2 in this shell\n");
  });

  it.each([
    [["config", "set", "port", "x"], /bad value of port: expected a port number/],
    [["config", "set", "upstream", "http://example.com"], /bad value of upstream: expected an https:\/\/ origin/],
    [["config", "set", "prot", "1"], /no setting "prot"\nfix: {3}Did you mean port\?/],
    [["config", "set", "port"], /what should port be\nfix: {3}It takes a port number/],
    [["config", "set"], /which setting to set/],
    [["config", "get"], /which setting to get/],
    [["config", "unset", "nope"], /no setting "nope"/],
    [["config", "delete", "port"], /no action "delete"/],
    [["config"], /argument <action> is missing/],
    [["config", "set", "key", "something"], /the key is no setting\nfix: {3}Use `zenthrex login`/],
    [["config", "set", "localToken", "x"], /the local token is no setting/],
    [["config", "set", "aliases.__proto__", "opus"], /no setting/],
  ])("refuses %j as wrong usage, and writes nothing", async (argv, message) => {
    const home = temporaryHome();
    const { exitCode, out, err } = await runMain(argv, { home });
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(() => statSync(fileOf(home))).toThrow();
  });

  it("refuses a broken file with line and column, without a word of it, and leaves it alone", async () => {
    const text = '{\n  "key": "zk_live_CANARYCANARY",\n  "port": 12,\n}';
    const home = homeWith(text);
    for (const argv of [
      ["config", "list"],
      ["config", "set", "port", "1"],
      ["config", "get", "port"],
      ["key", "status"],
      ["whoami"],
      ["logout"],
    ]) {
      const { exitCode, out, err } = await runMain(argv, { home });
      expect([exitCode, out]).toEqual([6, ""]);
      expect(err).toContain("config.json is not valid JSON at 4:1");
      expect(err).not.toContain("CANARY");
    }
    expect(readFileSync(fileOf(home), "utf8")).toBe(text);
  });

  it("says which value in the file is bad", async () => {
    const home = homeWith('{"port":"CANARY"}');
    const { exitCode, err } = await runMain(["config", "list"], { home });
    expect(exitCode).toBe(6);
    expect(err).toMatch(/bad value of port in .*config\.json: expected a port number/);
    expect(err).not.toContain("CANARY");
  });

  it("needs a home directory [F74]", async () => {
    const { exitCode, err } = await runMain(["config", "path"], { home: "" });
    expect(exitCode).toBe(6);
    expect(err).toContain("Set HOME to your home directory.");
  });

  it.each(["with blanks and ü", "with\nnewline"])("works in a home %j [F74]", async (name) => {
    const home = join(temporaryHome(), name);
    mkdirSync(home);
    expect(await runMain(["config", "set", "strict", "true"], { home })).toMatchObject({ exitCode: 0 });
    expect(valuesOf(home)).toEqual({ strict: true });
  });

  it("reads nothing of the working directory [T9]", async () => {
    const cwd = temporaryHome();
    for (const name of ["config.json", "zenthrex.json", ".zenthrexrc", ".env", ".config/zenthrex/config.json"]) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), '{"port":6666,"upstream":"https://evil.example"}');
    }
    const home = temporaryHome();
    for (const env of [{}, { XDG_CONFIG_HOME: ".config" }, { XDG_CONFIG_HOME: "" }]) {
      const { out } = await runMain(["config", "list"], { home, cwd, env });
      expect(out).not.toMatch(/6666|evil/);
    }
  });
});
