import { isJsonObject, type JsonObject } from "../base/json.ts";
import { findModel } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { anyTarget } from "./detect/any-target.ts";
import { listedModels } from "./detect/listed-models.ts";
import { settingAt, textAt } from "./detect/setting-at.ts";
import { homePath } from "./detect/settings-folder.ts";
import { detectSettingsTool, type SettingsTool, settingsStep } from "./detect/settings-tool.ts";
import { shellStep } from "./manual/shell-use.ts";
import type { Integration, KeyValue, Step, Target } from "./types.ts";

const TOKEN_VARIABLE = "ZENTHREX_LOCAL_TOKEN";
const LIST = ["modelProviders", "openai"];
const SELECTED = ["security", "auth", "selectedType"];
const entryOf = (name: string): string[] => [...LIST, `[name=${name} (Zenthrex)]`];

const tool: SettingsTool = {
  title: "Qwen Code",
  syntax: "jsonc",
  program: "qwen",
  path: (context) => homePath(context, "QWEN_HOME", ".qwen", "settings.json"),
  entry: LIST,
  usesOf(values) {
    const [first] = listedModels().map(({ name }) => entryOf(name));
    const address = textAt(values, [...(first ?? LIST), "baseUrl"]);
    if (address === undefined) return undefined;
    return {
      baseUrl: address,
      credential: textAt(values, ["env", TOKEN_VARIABLE]) ?? "",
      model: textAt(values, ["model", "name"]),
    };
  },
  isOther: (values) => settingAt(values, SELECTED) !== undefined,
  paths: () => keysOf(anyTarget).map(({ path }) => path),
  isPointer: ([key, name], value) =>
    (key === "env" && name === TOKEN_VARIABLE) || (key === "model" && findModel(String(value)) !== undefined),
  notes: (_context, values) => earlierEntries(values),
};

/** In its OpenAI format: its Anthropic format sends a temperature, which Opus 4.7 refuses. */
const qwenCode: Integration = {
  title: tool.title,
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://qwenlm.github.io/qwen-code-docs/en/users/configuration/model-providers",
  verified: "qwen-code@0.24.4",
  place: "app",
  program: "qwen",
  tryCommand: 'qwen "say hi"',
  detect: (context) => detectSettingsTool(tool, context),

  plan(status, target): readonly Step[] {
    if (target.through === "file") {
      // A model without its id is none.
      const units = listedModels().map(({ name }) => ({
        object: entryOf(name),
        anchor: [...entryOf(name), "baseUrl"],
        also: [],
      }));
      const step = settingsStep(status, keysOf(target), target, units);
      return step === undefined ? [] : [step];
    }
    const variables = {
      OPENAI_API_KEY: target.credential,
      OPENAI_BASE_URL: baseUrl("v1", target.origin),
      OPENAI_MODEL: target.model,
    };
    const step = shellStep(status, target, variables);
    if (target.through === "environment") return [step];
    return [step, { kind: "child-arguments", args: ["--auth-type", "openai", "--model", target.model] }];
  },
};

export default qwenCode;

/** Of two entries with the same id Qwen Code takes the first (tried with 0.24.4), and ours are put behind the user's own. */
function earlierEntries(values: unknown): string[] {
  const listed = settingAt(values, LIST);
  if (!Array.isArray(listed)) return [];
  const entries = listed.flatMap((entry): JsonObject[] => (isJsonObject(entry) ? [entry] : []));
  const isOurs = ({ name }: JsonObject): boolean => listedModels().some((model) => name === `${model.name} (Zenthrex)`);
  return listedModels().flatMap(({ id }) => {
    const first = entries.find((entry) => entry["id"] === id);
    if (first === undefined || isOurs(first)) return [];
    return [
      `your own entry of modelProviders.openai for ${id} stands first, and Qwen Code takes that one: remove it, or set its baseUrl`,
    ];
  });
}

function keysOf(target: Target): KeyValue[] {
  const models = listedModels().flatMap(({ id, name, contextTokens }): KeyValue[] => {
    const settings: Record<string, string> = {
      id,
      baseUrl: baseUrl("v1", target.origin),
      envKey: TOKEN_VARIABLE,
    };
    return [
      ...Object.entries(settings).map(([key, value]) => ({ path: [...entryOf(name), key], value })),
      { path: [...entryOf(name), "generationConfig", "contextWindowSize"], value: contextTokens },
    ];
  });
  return [
    ...models,
    { path: ["env", TOKEN_VARIABLE], value: target.credential, secret: true },
    { path: SELECTED, value: "openai" },
    { path: ["model", "name"], value: target.model },
  ];
}
