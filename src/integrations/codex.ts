import { posix, win32 } from "node:path";
import { isJsonObject, type Json } from "../base/json.ts";
import { findModel } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { codexModelList } from "./codex/model-list.ts";
import { anyTarget } from "./detect/any-target.ts";
import { readLayer } from "./detect/read-layer.ts";
import { textAt } from "./detect/setting-at.ts";
import { homePath } from "./detect/settings-folder.ts";
import { detectSettingsTool, type SettingsTool, settingsStep } from "./detect/settings-tool.ts";
import type { Integration, IntegrationContext, KeyValue, SettingsFile, Status, Step, Target } from "./types.ts";

const PROVIDER = "zenthrex";
const ENTRY = ["model_providers", PROVIDER];
const TOKEN_VARIABLE = "ZENTHREX_LOCAL_TOKEN";
/** Beside the profile, which names it: Codex reads such a path from the profile's folder on. */
const MODELS_FILE = `${PROVIDER}.models.json`;
const MODELS_SETTING = "model_catalog_json";

/**
 * A profile of its own, laid over the user's config.toml by `--profile zenthrex`: nothing of the user's is touched.
 * Source: Codex 0.169.0, `codex --help`: "Layer $CODEX_HOME/<name>.config.toml on top of the base user config".
 */
export function codexProfilePath(context: IntegrationContext): string {
  return homePath(context, "CODEX_HOME", ".codex", `${PROVIDER}.config.toml`);
}

const tool: SettingsTool = {
  title: "Codex",
  syntax: "toml",
  program: "codex",
  path: codexProfilePath,
  entry: ENTRY,
  usesOf(values) {
    const address = textAt(values, [...ENTRY, "base_url"]);
    if (address === undefined) return undefined;
    const credential = textAt(values, [...ENTRY, "experimental_bearer_token"]) ?? "";
    return { baseUrl: address, credential, model: textAt(values, ["model"]) };
  },
  isOther: (values) => textAt(values, ["model_provider"]) !== undefined,
  paths: () => keysOf(anyTarget).map(({ path }) => path),
  isPointer: ([name], value) => {
    if (name === "model") return findModel(String(value)) !== undefined;
    return (name === "model_provider" && value === PROVIDER) || (name === MODELS_SETTING && value === MODELS_FILE);
  },
  notes: legacyNotes,
};

/** Codex speaks the Responses API only, which the hosted API lacks: it can only be set up for the daemon. */
const codex: Integration = {
  title: tool.title,
  format: "openai-responses",
  baseUrlRule: "v1",
  docsUrl: "https://developers.openai.com/codex/config-advanced",
  verified: "codex@0.169.0",
  place: "app",
  program: "codex",
  tryCommand: 'codex exec --profile zenthrex "say hi"',
  async detect(context) {
    const status = await detectSettingsTool(tool, context);
    return { ...status, files: [...status.files, await modelsFile(context, status)] };
  },

  plan(status, target): readonly Step[] {
    if (target.through === "environment") return [];
    if (target.kind === "direct") return [{ kind: "manual", lines: hostedLines(target) }];
    if (target.through === "child") return childSteps(target);
    const step = settingsStep(status, keysOf(target), target);
    const file = status.files.find(({ path }) => path.endsWith(MODELS_FILE));
    if (step === undefined || file === undefined) return [];
    const set = [{ path: ["models"], value: codexModelList(target.model) }];
    const lines = [
      "Start Codex with this profile: codex --profile zenthrex. Without it, Codex goes on with its own settings.",
    ];
    // The list first: Codex refuses a profile whose list isn't there.
    return [{ kind: "edit-file", file, set, access: "as-is" }, step, { kind: "manual", lines }];
  },
};

export default codex;

function keysOf(target: Target): KeyValue[] {
  const entry: Record<string, string> = {
    name: "Zenthrex",
    base_url: baseUrl("v1", target.origin),
    wire_api: "responses",
  };
  return [
    { path: ["model"], value: target.model },
    { path: ["model_provider"], value: PROVIDER },
    { path: [MODELS_SETTING], value: MODELS_FILE },
    // The hosted API has no search tool: offered, it would be left out of every request with a warning.
    { path: ["web_search"], value: "disabled" },
    ...Object.entries(entry).map(([name, value]) => ({ path: [...ENTRY, name], value })),
    { path: [...ENTRY, "experimental_bearer_token"], value: target.credential, secret: true },
  ];
}

/** For one child: everything but the token as arguments, which other users can read; the token in its environment. */
function childSteps(target: Target): Step[] {
  const settings = keysOf(target).filter(({ path, secret }) => secret !== true && path[0] !== MODELS_SETTING);
  const args = [...settings, { path: [...ENTRY, "env_key"], value: TOKEN_VARIABLE }].flatMap(({ path, value }) => [
    "-c",
    `${path.join(".")}=${JSON.stringify(value)}`,
  ]);
  return [
    { kind: "env", variables: { [TOKEN_VARIABLE]: target.credential } },
    { kind: "child-arguments", args },
    { kind: "child-file", name: MODELS_FILE, text: modelsText(target), argument: "-c", setting: MODELS_SETTING },
  ];
}

function modelsText({ model }: Target): string {
  return JSON.stringify({ models: codexModelList(model) });
}

/** Without a receipt it is ours where our profile is, and where it lists nothing but our models. */
async function modelsFile(context: IntegrationContext, { configuredFor }: Status): Promise<SettingsFile> {
  const path = homePath(context, "CODEX_HOME", ".codex", MODELS_FILE);
  const { text, values } = await readLayer(path, "json");
  const { models } = values;
  const isOurs =
    configuredFor === "zenthrex-local" &&
    Array.isArray(models) &&
    models.every((model) => isJsonObject(model) && findModel(String(model["slug"])) !== undefined);
  const recognised = isOurs ? [{ path: ["models"], value: models as Json }] : [];
  return { path, syntax: "json", text, recognised, values };
}

function hostedLines({ self }: Target): string[] {
  return [
    "Codex speaks the OpenAI Responses API only, which the hosted API doesn't have: it works through the daemon, which translates.",
    `Leave out --direct: ${self} setup codex.`,
  ];
}

/** Codex refuses `--profile zenthrex` while the old form of a profile of that name is there. */
async function legacyNotes(context: IntegrationContext): Promise<string[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const base = await readLayer(path.join(path.dirname(codexProfilePath(context)), "config.toml"), "toml");
  if (base.problem !== undefined) return [`${base.problem}: Codex doesn't start with such a file`];
  const { profile, profiles } = base.values;
  if (profile !== PROVIDER && !(isJsonObject(profiles) && profiles[PROVIDER] !== undefined)) return [];
  return [
    `${base.path} has a profile "${PROVIDER}" in the old form: Codex refuses --profile ${PROVIDER} until it is taken out`,
  ];
}
