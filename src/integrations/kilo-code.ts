import { posix, win32 } from "node:path";
import { hasExtension } from "./detect/find-extension.ts";
import { firstFile } from "./detect/first-file.ts";
import { type OpencodeKind, opencodeSteps, opencodeTool } from "./detect/opencode-settings.ts";
import { dotConfig } from "./detect/settings-folder.ts";
import { detectSettingsTool } from "./detect/settings-tool.ts";
import type { Integration, IntegrationContext } from "./types.ts";

const kind: OpencodeKind = {
  title: "Kilo Code",
  program: "kilo",
  schema: "https://app.kilo.ai/config.json",
  contentVariable: "KILO_CONFIG_CONTENT",
  path: kiloPath,
};

/** Kilo Code 7 and later, the command line and the extension, is built on opencode and reads settings of its kind. */
function kiloPath(context: IntegrationContext): Promise<string> {
  const path = context.platform === "win32" ? win32 : posix;
  const folder = path.join(dotConfig(context), "kilo");
  return firstFile([path.join(folder, "kilo.json"), path.join(folder, "kilo.jsonc")]);
}

const kiloCode: Integration = {
  title: kind.title,
  format: "anthropic",
  baseUrlRule: "v1",
  docsUrl: "https://kilo.ai/docs/providers",
  verified: "kilo-code@7.7.9",
  place: "app",
  program: kind.program,
  tryCommand: 'kilo run "say hi"',
  detect: async (context) =>
    detectSettingsTool(opencodeTool(kind), context, await hasExtension("kilocode.kilo-code", context)),
  plan: (status, target) => opencodeSteps(kind, status, target),
};

export default kiloCode;
