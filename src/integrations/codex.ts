import { posix, win32 } from "node:path";
import { isJsonObject } from "../base/json.ts";
import { findModel } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { anyTarget } from "./detect/any-target.ts";
import { readLayer } from "./detect/read-layer.ts";
import { textAt } from "./detect/setting-at.ts";
import { homePath } from "./detect/settings-folder.ts";
import { detectSettingsTool, type SettingsTool, settingsStep } from "./detect/settings-tool.ts";
import type { Integration, IntegrationContext, KeyValue, Step, Target } from "./types.ts";

const PROVIDER = "zenthrex";
const ENTRY = ["model_providers", PROVIDER];
const TOKEN_VARIABLE = "ZENTHREX_LOCAL_TOKEN";

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
  isPointer: (path, value) =>
    path[0] === "model_provider" ? value === PROVIDER : path[0] === "model" && findModel(String(value)) !== undefined,
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
  detect: (context) => detectSettingsTool(tool, context),

  plan(status, target): readonly Step[] {
    if (target.through === "environment") return [];
    if (target.kind === "direct") return [{ kind: "manual", lines: hostedLines(target) }];
    if (target.through === "child") return childSteps(target);
    const step = settingsStep(status, keysOf(target), target);
    const lines = [
      "Start Codex with this profile: codex --profile zenthrex. Without it, Codex goes on with its own settings.",
      "Codex may say that it knows no metadata of the model: the window is set, the rest are its defaults.",
    ];
    return step === undefined ? [] : [step, { kind: "manual", lines }];
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
    { path: ["model_context_window"], value: findModel(target.model)?.contextTokens ?? 200_000 },
    ...Object.entries(entry).map(([name, value]) => ({ path: [...ENTRY, name], value })),
    { path: [...ENTRY, "experimental_bearer_token"], value: target.credential, secret: true },
  ];
}

/** For one child: everything but the token as arguments, which other users can read; the token in its environment. */
function childSteps(target: Target): Step[] {
  const settings = keysOf(target).filter(({ secret }) => secret !== true);
  const args = [...settings, { path: [...ENTRY, "env_key"], value: TOKEN_VARIABLE }].flatMap(({ path, value }) => [
    "-c",
    `${path.join(".")}=${JSON.stringify(value)}`,
  ]);
  return [
    { kind: "env", variables: { [TOKEN_VARIABLE]: target.credential } },
    { kind: "child-arguments", args },
  ];
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
