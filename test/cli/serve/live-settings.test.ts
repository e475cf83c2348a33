import { join } from "node:path";
import { expect, it } from "vitest";
import { createLiveSettings } from "../../../src/cli/serve/live-settings.ts";
import { watchConfigFile } from "../../../src/config/read.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

it("a key that is fixed counts as used: the log masks it like any other", () => {
  const file = join(temporaryHome(), "config.json");
  const warn = (): void => undefined;
  const settings = createLiveSettings({
    flags: {},
    env: {},
    file,
    config: watchConfigFile(file, warn),
    localToken: "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
    fixedKey: "zk_sandbox_fixed_0123456789",
    warn,
  });
  expect([settings.apiKey(), ...settings.usedKeys()]).toEqual([
    "zk_sandbox_fixed_0123456789",
    "zk_sandbox_fixed_0123456789",
  ]);
});
