import { posix, win32 } from "node:path";
import { baseUrl } from "./base-url.ts";
import { anyTarget } from "./detect/any-target.ts";
import { listedModels } from "./detect/listed-models.ts";
import { settingAt, textAt } from "./detect/setting-at.ts";
import { dotConfig } from "./detect/settings-folder.ts";
import { detectSettingsTool, frameKeys, type SettingsTool, settingsStep } from "./detect/settings-tool.ts";
import type { Integration, IntegrationContext, KeyValue, SettingsFile, Step, Target } from "./types.ts";

const PROVIDER = "zenthrex";
const ENTRY = ["providers", PROVIDER];

/** `crush.json` is read beside the newer `crushrc`, which is a script. Source: github.com/charmbracelet/crush, README. */
export function crushSettingsPath(context: IntegrationContext): string {
  const { env, cwd, home, platform } = context;
  const path = platform === "win32" ? win32 : posix;
  const named = env["CRUSH_GLOBAL_CONFIG"];
  if (named !== undefined && named !== "") return path.join(path.resolve(cwd, named), "crush.json");
  if (platform !== "win32") return posix.join(dotConfig(context), "crush", "crush.json");
  return win32.join(env["LOCALAPPDATA"] ?? win32.join(home, "AppData", "Local"), "crush", "crush.json");
}

const tool: SettingsTool = {
  title: "Crush",
  syntax: "json",
  program: "crush",
  path: crushSettingsPath,
  entry: ENTRY,
  usesOf(values) {
    const address = textAt(values, [...ENTRY, "base_url"]);
    if (address === undefined) return undefined;
    return { baseUrl: address, credential: textAt(values, [...ENTRY, "api_key"]) ?? "", model: undefined };
  },
  isOther: (values) => settingAt(values, ["providers"]) !== undefined,
  paths: () => keysOf(undefined, anyTarget).map(({ path }) => path),
  isPointer: () => false,
};

const crush: Integration = {
  title: tool.title,
  format: "anthropic",
  baseUrlRule: "v1",
  docsUrl: "https://github.com/charmbracelet/crush",
  verified: "docs-only",
  place: "app",
  tryCommand: 'crush run "say hi"',
  detect: (context) => detectSettingsTool(tool, context),

  plan(status, target): readonly Step[] {
    if (target.through !== "file") return [];
    const step = settingsStep(status, keysOf(status.files[0], target), target);
    const lines = ["Choose a model of Zenthrex in Crush (ctrl+l)."];
    return step === undefined ? [] : [step, { kind: "manual", lines }];
  },
};

export default crush;

function keysOf(file: SettingsFile | undefined, target: Target): KeyValue[] {
  const models = listedModels().map(({ id, name, contextTokens, answerTokens }) => ({
    id,
    name,
    context_window: contextTokens,
    default_max_tokens: answerTokens,
    supports_attachments: true,
  }));
  return [
    ...frameKeys(file, { $schema: "https://charm.land/crush.json" }),
    { path: [...ENTRY, "name"], value: "Zenthrex" },
    { path: [...ENTRY, "type"], value: "anthropic" },
    { path: [...ENTRY, "base_url"], value: baseUrl("v1", target.origin) },
    { path: [...ENTRY, "api_key"], value: target.credential, secret: true },
    { path: [...ENTRY, "models"], value: models },
  ];
}
