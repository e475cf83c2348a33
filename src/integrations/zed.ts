import { posix, win32 } from "node:path";
import { findModel } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { anyTarget } from "./detect/any-target.ts";
import { judgeUse } from "./detect/judge-use.ts";
import { listedModels } from "./detect/listed-models.ts";
import { settingAt, textAt } from "./detect/setting-at.ts";
import { dotConfig } from "./detect/settings-folder.ts";
import { detectSettingsTool, type SettingsTool, settingsStep } from "./detect/settings-tool.ts";
import { credentialCommand } from "./manual/words.ts";
import type { Integration, IntegrationContext, KeyValue, Step, Target } from "./types.ts";

const PROVIDER = "zenthrex";
const ENTRY = ["language_models", "anthropic_compatible", PROVIDER];

/** The user's settings. Source: zed.dev/docs/configuring-zed. */
export function zedSettingsPath(context: IntegrationContext): string {
  if (context.platform !== "win32") return posix.join(dotConfig(context), "zed", "settings.json");
  return win32.join(context.env["APPDATA"] ?? win32.join(context.home, "AppData", "Roaming"), "Zed", "settings.json");
}

const tool: SettingsTool = {
  title: "Zed",
  syntax: "jsonc",
  program: "zed",
  path: zedSettingsPath,
  entry: ENTRY,
  // The token lies in the system's keychain, where only Zed puts it.
  usesOf: () => undefined,
  isOther: (values) => settingAt(values, ["language_models"]) !== undefined,
  paths: () => keysOf(anyTarget).map(({ path }) => path),
  isPointer: () => false,
};

/** Zed takes no key from its settings: it asks for it once and keeps it in the keychain, or reads it from the environment. */
const zed: Integration = {
  title: tool.title,
  format: "anthropic",
  baseUrlRule: "bare",
  docsUrl: "https://zed.dev/docs/ai/use-api-access",
  verified: "docs-only",
  place: "app",

  async detect(context) {
    const status = await detectSettingsTool(tool, context);
    const [file] = status.files;
    const address = textAt(file?.values, [...ENTRY, "api_url"]);
    if (file === undefined || address === undefined) return status;
    // Whatever Zed keeps for this provider, it is asked for there: the address says whom it is for.
    const use = judgeUse(address, "zxl_");
    const recognised =
      use === "zenthrex-local"
        ? keysOf(anyTarget).flatMap(({ path }) => {
            const value = settingAt(file.values, path);
            return value === undefined ? [] : [{ path, value }];
          })
        : [];
    return { ...status, configuredFor: use, files: [{ ...file, recognised }] };
  },

  plan(status, target): readonly Step[] {
    if (target.through === "environment") return [{ kind: "env", variables: { ZENTHREX_API_KEY: target.credential } }];
    if (target.through === "child") return [];
    const step = settingsStep(status, keysOf(target), target);
    const lines = [
      "Zed asks for the key in its settings (AI > LLM Providers > zenthrex) and keeps it in the keychain; paste there what this prints:",
      `  ${credentialCommand(target)}`,
      "Then choose a model of zenthrex in the agent panel. With SSH projects, too, it is the Zed on this machine that calls.",
    ];
    return step === undefined ? [] : [step, { kind: "manual", lines }];
  },
};

export default zed;

function keysOf(target: Target): KeyValue[] {
  const models = listedModels().flatMap(({ id, name, contextTokens, answerTokens }): KeyValue[] => {
    const entry = [...ENTRY, "available_models", `[name=${id}]`];
    return [
      { path: [...entry, "display_name"], value: name },
      { path: [...entry, "max_tokens"], value: contextTokens },
      { path: [...entry, "max_output_tokens"], value: answerTokens },
      { path: [...entry, "capabilities", "tools"], value: true },
      { path: [...entry, "capabilities", "images"], value: findModel(id) !== undefined },
      { path: [...entry, "capabilities", "prompt_caching"], value: true },
    ];
  });
  return [{ path: [...ENTRY, "api_url"], value: baseUrl("bare", target.origin) }, ...models];
}
