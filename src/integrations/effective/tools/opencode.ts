import { posix } from "node:path";
import { findProgram } from "../../detect/find-program.ts";
import { readFamily } from "../open-code-family.ts";
import type { EffectiveReader } from "../types.ts";

/** opencode. Source: its documentation, "Config"; measured with opencode 1.18.33. */
const opencode: EffectiveReader = {
  title: "opencode",
  async read(context) {
    const places = [posix.join(context.home, ".opencode", "bin", "opencode")];
    const isInstalled = (await findProgram("opencode", context, places)) !== undefined;
    const files = ["config.json", "opencode.json", "opencode.jsonc"];
    return readFamily(
      {
        tool: "opencode",
        title: "opencode",
        user: files.map((name) => `opencode/${name}`),
        project: ["opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"],
        variable: "OPENCODE_CONFIG",
        contentVariable: "OPENCODE_CONFIG_CONTENT",
        logins: ".local/share/opencode/auth.json",
      },
      context,
      isInstalled,
    );
  },
};

export default opencode;
