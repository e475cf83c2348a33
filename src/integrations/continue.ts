import { findModel } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { anyTarget } from "./detect/any-target.ts";
import { hasExtension } from "./detect/find-extension.ts";
import { listedModels } from "./detect/listed-models.ts";
import { settingAt, textAt } from "./detect/setting-at.ts";
import { homePath } from "./detect/settings-folder.ts";
import { detectSettingsTool, frameKeys, type SettingsTool, settingsStep } from "./detect/settings-tool.ts";
import type { Integration, IntegrationContext, KeyValue, SettingsFile, Step, Target } from "./types.ts";

const NAME = "Zenthrex";
const ENTRY = ["models", `[name=${NAME}]`];

/** Source: docs.continue.dev, "config.yaml reference"; CONTINUE_GLOBAL_DIR moves the folder. */
function configPath(context: IntegrationContext): string {
  return homePath(context, "CONTINUE_GLOBAL_DIR", ".continue", "config.yaml");
}

const tool: SettingsTool = {
  title: "Continue",
  syntax: "yaml",
  program: "cn",
  path: configPath,
  entry: ENTRY,
  usesOf(values) {
    const address = textAt(values, [...ENTRY, "apiBase"]);
    if (address === undefined) return undefined;
    const credential = textAt(values, [...ENTRY, "apiKey"]) ?? "";
    return { baseUrl: address, credential, model: textAt(values, [...ENTRY, "model"]) };
  },
  isOther: (values) => settingAt(values, ["models", "0"]) !== undefined || Array.isArray(settingAt(values, ["models"])),
  paths: () => keysOf(undefined, anyTarget).map(({ path }) => path),
  isPointer: () => false,
};

/**
 * Its provider for OpenAI's format: that for Anthropic's leaves out the thinking that a call began with, which the API then asks for;
 * the daemon's translation puts it back.
 */
const continueDev: Integration = {
  title: tool.title,
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://docs.continue.dev/reference",
  verified: "continue@1.5.47",
  place: "app",
  tryCommand: 'cn -p "say hi"',
  detect: async (context) => detectSettingsTool(tool, context, await hasExtension("continue.continue", context)),

  plan(status, target): readonly Step[] {
    if (target.through !== "file") return [];
    // Without its provider the rest of an entry would keep Continue from reading the file at all.
    const unit = { object: ENTRY, anchor: [...ENTRY, "apiBase"], also: [] };
    const step = settingsStep(status, keysOf(status.files[0], target), target, [unit]);
    const lines = [`Choose the model "${NAME}" in Continue, if another one stands before it in the list.`];
    return step === undefined ? [] : [step, { kind: "manual", lines }];
  },
};

export default continueDev;

function keysOf(file: SettingsFile | undefined, target: Target): KeyValue[] {
  const model = listedModels().find(({ id }) => id === target.model);
  const settings: Record<string, string> = {
    provider: "openai",
    model: target.model,
    apiBase: baseUrl("v1", target.origin),
    apiKey: target.credential,
  };
  const completion = [...ENTRY, "defaultCompletionOptions"];
  return [
    ...frameKeys(file, { name: "Local Assistant", version: "1.0.0", schema: "v1" }),
    ...Object.entries(settings).map(([name, value]) => ({
      path: [...ENTRY, name],
      value,
      ...(name === "apiKey" ? { secret: true } : {}),
    })),
    // It knows what a model can by its name only with the provider of its maker.
    { path: [...ENTRY, "capabilities"], value: ["tool_use", "image_input"] },
    { path: [...completion, "contextLength"], value: findModel(target.model)?.contextTokens ?? 200_000 },
    { path: [...completion, "maxTokens"], value: model?.answerTokens ?? 32_000 },
  ];
}
