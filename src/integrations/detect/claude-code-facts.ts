import { readdir } from "node:fs/promises";
import { posix, win32 } from "node:path";
import type { IntegrationContext } from "../types.ts";

/** The variables that setup writes, and so must win. */
export const claudeCodeVariables: readonly string[] = [
  "ANTHROPIC_BASE_URL",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_MODEL",
  "ANTHROPIC_DEFAULT_OPUS_MODEL",
  "ANTHROPIC_DEFAULT_SONNET_MODEL",
  "ANTHROPIC_DEFAULT_HAIKU_MODEL",
  "CLAUDE_CODE_DISABLE_1M_CONTEXT",
];

/** Each sends Claude Code to another provider, whatever the base URL says. Source: its documentation, "Environment variables". */
export const providerSwitches: readonly string[] = [
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
  "CLAUDE_CODE_USE_FOUNDRY",
  "CLAUDE_CODE_USE_MANTLE",
  "CLAUDE_CODE_USE_ANTHROPIC_AWS",
  "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST",
];

/** Models of background work that setup pins only where they are wrong. */
export const otherModelVariables: readonly string[] = ["CLAUDE_CODE_SUBAGENT_MODEL", "ANTHROPIC_SMALL_FAST_MODEL"];

/** Where an administrator's settings lie. Source: Claude Code documentation, "Managed settings". */
export function managedSettingsFolder(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "/Library/Application Support/ClaudeCode";
  return platform === "win32" ? "C:\\Program Files\\ClaudeCode" : "/etc/claude-code";
}

/** The files of an administrator's settings folder, the one that wins last. Source: Claude Code documentation, "Managed settings". */
export async function managedSettingsFiles(folder: string, platform: NodeJS.Platform): Promise<string[]> {
  const path = platform === "win32" ? win32 : posix;
  const dropIns = path.join(folder, "managed-settings.d");
  const names = (await readdir(dropIns).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  return [path.join(folder, "managed-settings.json"), ...names.map((name) => path.join(dropIns, name))];
}

/** The variables of the tool that the shell sets. */
export function shellNames(env: IntegrationContext["env"]): string[] {
  return claudeCodeVariables.filter((name) => (env[name] ?? "") !== "");
}

/** True for a switch that is on, as Claude Code reads it. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false", "no", "off"].includes(value.toLowerCase());
}
