import { posix, win32 } from "node:path";
import { firstFile } from "./detect/first-file.ts";
import { type OpencodeKind, opencodeSteps, opencodeTool } from "./detect/opencode-settings.ts";
import { dotConfig } from "./detect/settings-folder.ts";
import { detectSettingsTool } from "./detect/settings-tool.ts";
import type { Integration, IntegrationContext } from "./types.ts";

const kind: OpencodeKind = {
  title: "opencode",
  program: "opencode",
  schema: "https://opencode.ai/config.json",
  contentVariable: "OPENCODE_CONFIG_CONTENT",
  path: opencodePath,
};

/** The global settings; comments are allowed in both. Source: opencode.ai/docs/config; opencode 1.18.33. */
function opencodePath(context: IntegrationContext): Promise<string> {
  const path = context.platform === "win32" ? win32 : posix;
  const folder = path.join(dotConfig(context), "opencode");
  return firstFile([path.join(folder, "opencode.jsonc"), path.join(folder, "opencode.json")]);
}

const opencode: Integration = {
  title: kind.title,
  format: "anthropic",
  baseUrlRule: "v1",
  docsUrl: "https://opencode.ai/docs/providers",
  verified: "opencode@1.18.33",
  place: "app",
  program: kind.program,
  tryCommand: 'opencode run "say hi"',
  detect: (context) => detectSettingsTool(opencodeTool(kind), context),
  plan: (status, target) => opencodeSteps(kind, status, target),
};

export default opencode;
