import { baseUrl } from "../base-url.ts";
import type { KeyValue, Status, Step, Target } from "../types.ts";
import { anyTarget } from "./any-target.ts";
import { listedModels } from "./listed-models.ts";
import { settingAt, textAt } from "./setting-at.ts";
import { frameKeys, type SettingsTool, settingsStep } from "./settings-tool.ts";

const PROVIDER = "zenthrex";
const ENTRY = ["provider", PROVIDER];
const POINTERS = ["model", "small_model"];

/** What opencode and its descendants read. `schema`: the address that they write into a file without one. */
export interface OpencodeKind {
  readonly title: string;
  readonly program: string;
  readonly schema: string;
  /** A variable that carries a whole configuration. */
  readonly contentVariable: string;
  readonly path: SettingsTool["path"];
}

/** The settings of opencode or a descendant, as detection wants them. */
export function opencodeTool({ title, program, path, schema }: OpencodeKind): SettingsTool {
  return {
    title,
    syntax: "jsonc",
    program,
    path,
    entry: ENTRY,
    usesOf(values) {
      const address = textAt(values, [...ENTRY, "options", "baseURL"]);
      if (address === undefined) return undefined;
      const model = textAt(values, ["model"]);
      return {
        baseUrl: address,
        credential: textAt(values, [...ENTRY, "options", "apiKey"]) ?? "",
        model: model?.startsWith(`${PROVIDER}/`) ? model.slice(PROVIDER.length + 1) : undefined,
      };
    },
    isOther: (values) => settingAt(values, ["provider"]) !== undefined || textAt(values, ["model"]) !== undefined,
    paths: () => keysOf(undefined, anyTarget, schema).map(({ path: key }) => key),
    isPointer: ([key = ""], value) => POINTERS.includes(key) && String(value).startsWith(`${PROVIDER}/`),
  };
}

/** The plan of such a tool: its file, or for one child the same as a text in its environment. */
export function opencodeSteps(
  { contentVariable, schema }: OpencodeKind,
  status: Status,
  target: Target,
): readonly Step[] {
  const set = keysOf(status.files[0], target, schema);
  if (target.through !== "file") {
    const content = JSON.stringify(asObject(set.filter(({ frame }) => frame !== true)));
    return [{ kind: "env", variables: { [contentVariable]: content } }];
  }
  const step = settingsStep(status, set, target);
  return step === undefined ? [] : [step];
}

/** The provider of the AI SDK for Anthropic's format: the daemon's raw lane. Its base URL has /v1. */
function keysOf(file: Status["files"][number] | undefined, target: Target, schema: string): KeyValue[] {
  const options: KeyValue[] = [
    { path: [...ENTRY, "options", "baseURL"], value: baseUrl("v1", target.origin) },
    { path: [...ENTRY, "options", "apiKey"], value: target.credential, secret: true },
  ];
  const models = listedModels().flatMap(({ id, name, contextTokens, answerTokens }): KeyValue[] => [
    { path: [...ENTRY, "models", id, "name"], value: name },
    { path: [...ENTRY, "models", id, "limit", "context"], value: contextTokens },
    { path: [...ENTRY, "models", id, "limit", "output"], value: answerTokens },
    { path: [...ENTRY, "models", id, "reasoning"], value: true },
  ]);
  return [
    ...frameKeys(file, { $schema: schema }),
    { path: ["model"], value: `${PROVIDER}/${target.model}` },
    { path: ["small_model"], value: `${PROVIDER}/${target.haikuModel}` },
    { path: [...ENTRY, "npm"], value: "@ai-sdk/anthropic" },
    { path: [...ENTRY, "name"], value: "Zenthrex" },
    ...options,
    ...models,
  ];
}

function asObject(set: readonly KeyValue[]): object {
  const result: Record<string, unknown> = {};
  for (const { path, value } of set) {
    let container = result;
    for (const key of path.slice(0, -1)) {
      container[key] ??= {};
      container = container[key] as Record<string, unknown>;
    }
    container[path.at(-1) ?? ""] = value;
  }
  return result;
}
