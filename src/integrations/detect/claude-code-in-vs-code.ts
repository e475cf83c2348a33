import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { baseUrl } from "../base-url.ts";
import type { EditFileStep, IntegrationContext, RecognisedKey, SettingsFile, Target } from "../types.ts";
import { judgeUse } from "./judge-use.ts";
import { readLayer } from "./read-layer.ts";
import { vsCodeSettings } from "./vs-code-settings.ts";

/** The extension's own list of variables. Source: Claude Code documentation, "LLM gateway": its login check reads nothing else. */
export const vsCodeVariables = "claudeCode.environmentVariables";

/** The VS Code settings that Claude Code's extension reads, and what is wrong with those that can't be read. */
export interface VsCodeFiles {
  readonly files: readonly SettingsFile[];
  readonly notes: readonly string[];
}

/** Looks at every VS Code of this user. A file that is no valid JSONC is left out: it must not keep Claude Code itself from being set up. */
export async function claudeCodeInVsCode(context: IntegrationContext): Promise<VsCodeFiles> {
  const files: SettingsFile[] = [];
  const notes: string[] = [];
  for (const path of await vsCodeSettings(context)) {
    const { text, values, problem } = await readLayer(path, "jsonc");
    const list = values[vsCodeVariables];
    const isUsable = problem === undefined && (list === undefined || Array.isArray(list));
    if (isUsable) files.push({ path, syntax: "jsonc", text, recognised: recognised(values) });
    else
      notes.push(`${problem ?? `${path}: "${vsCodeVariables}" is not a list`}: the VS Code extension is left as it is`);
  }
  return { files, notes };
}

/** The two variables that the extension's login check wants; models and the rest come from Claude Code's own settings. */
export function vsCodeStep(file: SettingsFile, target: Target): EditFileStep {
  return {
    kind: "edit-file",
    file,
    set: [
      { path: pathOf("ANTHROPIC_BASE_URL"), value: baseUrl("bare", target.origin) },
      { path: pathOf("ANTHROPIC_AUTH_TOKEN"), value: target.credential, secret: true },
    ],
    access: "private",
  };
}

/** True for a file of VS Code among the files of Claude Code. */
export function isVsCodeFile({ syntax }: SettingsFile): boolean {
  return syntax === "jsonc";
}

function pathOf(name: string): string[] {
  return [vsCodeVariables, `[name=${name}]`, "value"];
}

function recognised(values: JsonObject): RecognisedKey[] {
  const list = values[vsCodeVariables];
  const elements = Array.isArray(list) ? list.filter(isJsonObject) : [];
  const read = (name: string): string => {
    const value = elements.findLast((element) => element["name"] === name)?.["value"];
    return typeof value === "string" ? value : "";
  };
  const [address, token] = [read("ANTHROPIC_BASE_URL"), read("ANTHROPIC_AUTH_TOKEN")];
  if (judgeUse(address, token) !== "zenthrex-local") return [];
  return [
    { path: pathOf("ANTHROPIC_BASE_URL"), value: address },
    { path: pathOf("ANTHROPIC_AUTH_TOKEN"), value: token },
  ];
}
