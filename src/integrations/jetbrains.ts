import { readdir } from "node:fs/promises";
import { posix, win32 } from "node:path";
import { baseUrl } from "./base-url.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { dotConfig } from "./detect/settings-folder.ts";
import { credentialCommand, timeoutAdvice } from "./manual/words.ts";
import type { Integration, IntegrationContext, Step } from "./types.ts";

/** Keys lie in the IDE's password safe, which nobody else can write: steps for people are all there is. */
const jetbrains: Integration = {
  title: "JetBrains AI Assistant",
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://www.jetbrains.com/help/ai-assistant/use-custom-models.html",
  verified: "docs-only",
  place: "app",

  async detect(context) {
    const notes = proxyNotes("the IDE", context.env);
    const installed = await hasSettings(context);
    return { installed, configuredFor: "nothing", models: {}, files: [], shell: { names: [] }, notes };
  },

  plan(_status, target): readonly Step[] {
    if (target.through !== "file") return [];
    const lines = [
      "JetBrains AI Assistant is set up by hand, in each IDE:",
      "",
      "  1. Open Settings > Tools > AI Assistant > Models & API keys.",
      '  2. Under "Third-party AI providers" choose "OpenAI-compatible".',
      `  3. URL: ${baseUrl("v1", target.origin)} (the /v1 is required).`,
      `  4. API key: ${credentialCommand(target)}`,
      `  5. Click Test Connection, then choose ${target.model} for the chat and ${target.haikuModel} for instant helpers.`,
      "",
      "To undo: remove the provider there.",
      ...(target.kind === "direct" ? [timeoutAdvice] : []),
    ];
    return [{ kind: "manual", lines }];
  },
};

export default jetbrains;

/** True where an IDE of JetBrains has settings. Source: JetBrains documentation, "Directories used by the IDE". */
async function hasSettings(context: IntegrationContext): Promise<boolean> {
  const { env, home, platform } = context;
  const folder = {
    darwin: () => posix.join(home, "Library", "Application Support", "JetBrains"),
    win32: () => win32.join(env["APPDATA"] ?? win32.join(home, "AppData", "Roaming"), "JetBrains"),
  };
  const path =
    platform === "darwin" || platform === "win32" ? folder[platform]() : posix.join(dotConfig(context), "JetBrains");
  return (await readdir(path).catch(() => [])).length > 0;
}
