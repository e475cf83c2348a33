import { findModel } from "../../catalog/models.ts";
import type { RecognisedKey } from "../types.ts";
import { claudeCodeVariables, providerSwitches } from "./claude-code-facts.ts";
import { mergeNoProxy, unmergeNoProxy } from "./no-proxy.ts";

/** Variables of Claude Code's settings file that are ours beyond doubt: with a local token beside them, these values can only be. */
export function recognisedVariables(env: Readonly<Record<string, string>>): RecognisedKey[] {
  const keys: RecognisedKey[] = [];
  for (const name of claudeCodeVariables) {
    const value = env[name];
    if (value !== undefined && isOurs(name, value)) keys.push({ path: ["env", name], value });
  }
  for (const name of providerSwitches) if (env[name] === "") keys.push({ path: ["env", name], value: "" });
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const value = env[name];
    if (value === undefined || mergeNoProxy(value) !== value) continue;
    const before = unmergeNoProxy(value);
    keys.push({ path: ["env", name], value, ...(before === undefined ? {} : { before }) });
  }
  return keys;
}

function isOurs(name: string, value: string): boolean {
  if (name.endsWith("_MODEL")) return findModel(value) !== undefined;
  if (name === "ANTHROPIC_API_KEY") return value === "";
  return name !== "CLAUDE_CODE_DISABLE_1M_CONTEXT" || value === "1";
}
