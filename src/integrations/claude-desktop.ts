import { stat } from "node:fs/promises";
import { posix, win32 } from "node:path";
import { baseUrl } from "./base-url.ts";
import { credentialCommand, timeoutAdvice } from "./manual/words.ts";
import type { Integration, IntegrationContext, Step } from "./types.ts";

/**
 * Claude Desktop reads neither Claude Code's settings nor ANTHROPIC_BASE_URL: another endpoint is its "third-party inference", which
 * switches the whole app over and keeps its settings in files of undocumented form. So there are steps, and nothing is written.
 */
const claudeDesktop: Integration = {
  title: "Claude Desktop",
  format: "anthropic",
  baseUrlRule: "bare",
  docsUrl: "https://support.claude.com/en/articles/10065433-installing-claude-desktop",
  verified: "docs-only",
  place: "app",

  async detect(context) {
    const installed = (await stat(settingsFolder(context)).catch(() => undefined)) !== undefined;
    return { installed, configuredFor: "nothing", models: {}, files: [], shell: { names: [] }, notes: [] };
  },

  plan(_status, target): readonly Step[] {
    if (target.through !== "file") return [];
    const lines = [
      "Claude Desktop is set up by hand. It then uses this endpoint for everything, without your claude.ai account:",
      "",
      "  1. Help > Troubleshooting > Enable Developer Mode; then Developer > Configure Third-Party Inference.",
      "  2. Provider: Gateway.",
      `  3. Base URL: ${baseUrl("bare", target.origin)} (the bare host: the app adds /v1/messages itself).`,
      `  4. API key: ${credentialCommand(target)}; authentication: bearer.`,
      `  5. Model: ${target.model}. Restart the app.`,
      "",
      '"Gateway was unreachable" means that the daemon is not running. To undo: turn third-party inference off there.',
      ...(target.kind === "direct" ? [timeoutAdvice] : []),
    ];
    return [{ kind: "manual", lines }];
  },
};

export default claudeDesktop;

function settingsFolder({ env, home, platform }: IntegrationContext): string {
  if (platform === "win32") return win32.join(env["APPDATA"] ?? win32.join(home, "AppData", "Roaming"), "Claude");
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", "Claude");
  return posix.join(home, ".config", "Claude");
}
