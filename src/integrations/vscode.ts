import { posix, win32 } from "node:path";
import { isJsonObject, type Json } from "../base/json.ts";
import { baseUrl } from "./base-url.ts";
import { findProgram } from "./detect/find-program.ts";
import { judgeUse } from "./detect/judge-use.ts";
import { listedModels } from "./detect/listed-models.ts";
import { readLayer } from "./detect/read-layer.ts";
import { settingAt } from "./detect/setting-at.ts";
import { vsCodeSettings } from "./detect/vs-code-settings.ts";
import { credentialCommand } from "./manual/words.ts";
import type { Integration, KeyValue, RecognisedKey, SettingsFile, Step, Target } from "./types.ts";

const NAME = "Zenthrex";
const ENTRY = [`[name=${NAME}]`];
const KEYS = ["vendor", "apiKey", "apiType", "models"];

/**
 * VS Code's own chat with a "Custom Endpoint" (stable since 1.122). The key is an input variable, which VS Code asks for and keeps in
 * its secret storage: its settings folder may be synchronised to its maker. Source: VS Code documentation, "Language models".
 */
const vscode: Integration = {
  title: "VS Code chat",
  format: "anthropic",
  baseUrlRule: "endpoint",
  docsUrl: "https://code.visualstudio.com/docs/copilot/customization/language-models",
  verified: "docs-only",
  place: "app",

  async detect(context) {
    const path = context.platform === "win32" ? win32 : posix;
    const files: SettingsFile[] = [];
    const notes: string[] = [];
    let use: ReturnType<typeof judgeUse> = "nothing";
    for (const settings of await vsCodeSettings(context)) {
      const file = path.join(path.dirname(settings), "chatLanguageModels.json");
      const { text, list, problem } = await readLayer(file, "jsonc");
      const isUsable = list !== undefined || (problem === undefined && (text ?? "").trim() === "");
      if (!isUsable)
        notes.push(`${problem ?? `${file}:1:1: the top level is not a list`}: this editor is left as it is`);
      else files.push({ path: file, syntax: "jsonc", text, recognised: recognised(list ?? []) });
      // VS Code keeps the key where nobody else reads: the address says whom the entry is for.
      const address = addressIn(list ?? []);
      if (address !== undefined) use = judgeUse(address, "zxl_");
    }
    return {
      installed: (await findProgram("code", context)) !== undefined || files.length > 0,
      configuredFor: use,
      models: {},
      files,
      shell: { names: [] },
      notes,
    };
  },

  plan(status, target): readonly Step[] {
    if (target.through !== "file") return [];
    const lines = [
      `VS Code asks for the key when a model of ${NAME} is chosen for the first time; paste there what this prints:`,
      `  ${credentialCommand(target)}`,
      'Set "chat.utilityModel" and "chat.utilitySmallModel" too: without them titles and commit messages are not written.',
    ];
    const steps = status.files.map((file): Step => ({ kind: "edit-file", file, set: keysOf(target), access: "as-is" }));
    const none = ["No VS Code of this user was found: start it once, then run this again."];
    return [...steps, { kind: "manual", lines: steps.length > 0 ? lines : none }];
  },
};

export default vscode;

function keysOf(target: Target): KeyValue[] {
  const url = baseUrl("endpoint", target.origin, "messages");
  const models = listedModels().map(({ id, name, contextTokens, answerTokens }) => ({
    id,
    name,
    url,
    toolCalling: true,
    vision: true,
    maxInputTokens: contextTokens - answerTokens,
    maxOutputTokens: answerTokens,
  }));
  const values: Record<string, Json> = {
    vendor: "customendpoint",
    apiKey: `\${input:${NAME.toLowerCase()}Token}`,
    apiType: "messages",
    models,
  };
  return KEYS.map((name) => ({ path: [...ENTRY, name], value: values[name] ?? null }));
}

function addressIn(list: readonly unknown[]): string | undefined {
  const models = settingAt(list, [...ENTRY, "models"]);
  const first: unknown = Array.isArray(models) ? models[0] : undefined;
  return isJsonObject(first) && typeof first["url"] === "string" ? first["url"] : undefined;
}

function recognised(list: readonly unknown[]): RecognisedKey[] {
  if (judgeUse(addressIn(list), "zxl_") !== "zenthrex-local") return [];
  return KEYS.flatMap((name) => {
    const value = settingAt(list, [...ENTRY, name]);
    return value === undefined ? [] : [{ path: [...ENTRY, name], value }];
  });
}
