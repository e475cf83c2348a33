import { hasExtension } from "../../detect/find-extension.ts";
import { findProgram } from "../../detect/find-program.ts";
import { readFamily } from "../open-code-family.ts";
import type { EffectiveReader } from "../types.ts";

/** Kilo Code since version 7, which is built on opencode. Source: its documentation, "Configuration". */
const kiloCode: EffectiveReader = {
  title: "Kilo Code",
  async read(context) {
    const isInstalled =
      (await findProgram("kilo", context)) !== undefined || (await hasExtension("kilocode.kilo-code", context));
    const names = ["config.json", "opencode.json", "kilo.json", "kilo.jsonc"];
    return readFamily(
      {
        tool: "kilo-code",
        title: "Kilo Code",
        user: names.map((name) => `kilo/${name}`),
        project: ["kilo.json", "kilo.jsonc", ".kilo/kilo.json", ".kilo/kilo.jsonc"],
        contentVariable: "KILO_CONFIG_CONTENT",
        logins: ".local/share/kilo/auth.json",
      },
      context,
      isInstalled,
    );
  },
};

export default kiloCode;
