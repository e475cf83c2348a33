import { describe, expect, it } from "vitest";
import { configPaths } from "../../src/config/paths.ts";

describe("configPaths", () => {
  it.each([
    ["Linux", "linux", "/home/ann", {}, "/home/ann/.config/zenthrex/config.json"],
    ["Linux with XDG_CONFIG_HOME", "linux", "/home/ann", { XDG_CONFIG_HOME: "/etc/x" }, "/etc/x/zenthrex/config.json"],
    [
      "Linux with a relative XDG_CONFIG_HOME, which the working directory would decide",
      "linux",
      "/home/ann",
      { XDG_CONFIG_HOME: "evil" },
      "/home/ann/.config/zenthrex/config.json",
    ],
    [
      "Linux with an empty XDG_CONFIG_HOME",
      "linux",
      "/home/ann",
      { XDG_CONFIG_HOME: "" },
      "/home/ann/.config/zenthrex/config.json",
    ],
    [
      "a home with blanks, umlauts and a newline",
      "linux",
      "/home/an n/ü\nx",
      {},
      "/home/an n/ü\nx/.config/zenthrex/config.json",
    ],
    [
      "macOS",
      "darwin",
      "/Users/ann",
      { XDG_CONFIG_HOME: "/etc/x" },
      "/Users/ann/Library/Preferences/zenthrex/config.json",
    ],
    ["Windows", "win32", "C:\\Users\\ann", { APPDATA: "D:\\Roaming" }, "D:\\Roaming\\zenthrex\\Config\\config.json"],
    [
      "Windows without APPDATA",
      "win32",
      "C:\\Users\\ann",
      {},
      "C:\\Users\\ann\\AppData\\Roaming\\zenthrex\\Config\\config.json",
    ],
  ] as const)("finds the file on %s", (_name, platform, home, env, expected) => {
    expect(configPaths({ platform, home, env }).file).toBe(expected);
  });

  it.each(["", "relative/home"])("refuses a home that is no absolute path: %j", (home) => {
    expect(() => configPaths({ platform: "linux", home, env: {} })).toThrow(/no home directory/);
  });

  it("agrees with what conf itself would choose with an empty suffix", async () => {
    const { default: Conf } = await import("conf");
    const home = process.env["HOME"] ?? "";
    const ours = configPaths({ platform: process.platform, home, env: process.env });
    const projectName = "zenthrex";
    // Only the path is asked for: `cwd` is resolved before anything is read.
    const conf = new Conf({ projectName, projectSuffix: "", configName: "config", deserialize: () => ({}) });
    expect(conf.path).toBe(ours.file);
  });
});
