import { posix, win32 } from "node:path";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { findModel } from "../catalog/models.ts";
import { valueAt } from "../config/resolve.ts";
import { baseUrl } from "./base-url.ts";
import { hasExtension } from "./detect/find-extension.ts";
import { findProgram } from "./detect/find-program.ts";
import { judgeUse } from "./detect/judge-use.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { readLayer, valuesIn } from "./detect/read-layer.ts";
import { openAiCompatibleLines } from "./manual/open-ai-compatible.ts";
import type {
  Integration,
  IntegrationContext,
  KeyValue,
  RecognisedKey,
  Status,
  Step,
  Target,
  ToolUse,
} from "./types.ts";

const PROVIDER = "openai-compatible";
const ENTRY = ["providers", PROVIDER];
const setting = (...names: string[]): string[] => [...ENTRY, "settings", ...names];

/**
 * Of itself Cline's command line calls as "ai-sdk/openai-compatible/3.0.37 ... runtime/bun/1.3.13", as any program with that library
 * does; a User-Agent of its entry comes first, and the log can name it. Source: requests of Cline 3.0.65.
 */
const USER_AGENT = { path: setting("headers", "User-Agent"), value: "cline" } as const;

/** Where Cline keeps its providers: the command line, the VS Code extension and its hub share the file. Source: Cline 3.0.65, sdk/packages/core. */
export function clineProvidersPath({ env, home, cwd, platform }: IntegrationContext): string {
  const path = platform === "win32" ? win32 : posix;
  const named = (name: string): string | undefined => {
    const value = env[name];
    return value === undefined || value === "" ? undefined : path.resolve(cwd, value);
  };
  const data = named("CLINE_DATA_DIR") ?? path.join(named("CLINE_DIR") ?? path.join(home, ".cline"), "data");
  return named("CLINE_PROVIDER_SETTINGS_PATH") ?? path.join(data, "settings", "providers.json");
}

const cline: Integration = {
  title: "Cline",
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://docs.cline.bot/provider-config/openai-compatible",
  verified: "cline@3.0.65",
  place: "app",
  tryCommand: 'cline "say hi"',

  async detect(context): Promise<Status> {
    const { path, text, values, problem } = await readLayer(clineProvidersPath(context));
    const uses = usesOf(values);
    const isSelected = values["lastUsedProvider"] === PROVIDER;
    const use = judgeUse(uses?.baseUrl, uses?.credential);
    const hasOther = Object.keys(isJsonObject(values["providers"]) ? values["providers"] : {}).length > 0;
    const configuredFor = isSelected ? use : hasOther ? "other" : "nothing";
    const model = use.startsWith("zenthrex") ? findModel(uses?.model ?? "")?.id : undefined;
    return {
      installed:
        (await findProgram("cline", context)) !== undefined || (await hasExtension("saoudrizwan.claude-dev", context)),
      configuredFor,
      models: model === undefined ? {} : { model },
      files: [{ path, syntax: "json", text, recognised: use === "zenthrex-local" ? recognised(values) : [] }],
      ...(uses === undefined ? {} : { uses }),
      shell: { names: [] },
      notes: [
        ...(problem === undefined
          ? []
          : [`${problem}: Cline takes such a file for an empty one, and shows you logged out`]),
        ...proxyNotes("Cline", context.env),
      ],
    };
  },

  plan(status, target): readonly Step[] {
    const [file] = status.files;
    // Not for one child: its hub outlives every run and would go on with that child's file for all that come after it.
    if (target.through !== "file" || file === undefined) return [];
    const values = valuesIn(file.text);
    return [
      {
        kind: "edit-file",
        file,
        set: keysOf(values, target),
        units: [{ object: ENTRY, anchor: setting("baseUrl"), also: [["lastUsedProvider"]] }],
        access: target.kind === "direct" ? "owner-only" : "private",
      },
      {
        kind: "manual",
        lines: [
          ...openAiCompatibleLines("Cline", target),
          "An editor that is open shows it after a reload of its window (Developer: Reload Window).",
        ],
      },
    ];
  },
};

export default cline;

/**
 * The keys of our entry. Cline takes a file whose shape it doesn't know for an empty one, so what a whole file needs is set too:
 * version and modes as they are if they are there. The date changes only when something else does.
 */
function keysOf(values: JsonObject, target: Target): KeyValue[] {
  const set: KeyValue[] = [
    { path: setting("provider"), value: PROVIDER },
    { path: setting("apiKey"), value: target.credential, secret: true },
    { path: setting("model"), value: target.model },
    { path: setting("baseUrl"), value: baseUrl("v1", target.origin) },
    ...(target.kind === "local" && !namesItself(values) ? [USER_AGENT] : []),
  ];
  const entry = valueAt(values, ENTRY);
  const isSame = set.every(({ path, value }) => valueAt(values, path) === value);
  const known = isJsonObject(entry) ? entry["updatedAt"] : undefined;
  const isDated = isSame && typeof known === "string" && !Number.isNaN(Date.parse(known));
  const modes = isJsonObject(values["modes"]) ? (values["modes"] as { [key: string]: never }) : {};
  return [
    { path: ["version"], value: typeof values["version"] === "number" ? values["version"] : 1, frame: true },
    { path: ["lastUsedProvider"], value: PROVIDER },
    { path: ["modes"], value: modes, frame: true },
    ...set,
    { path: [...ENTRY, "updatedAt"], value: isDated ? known : new Date(target.nowMs).toISOString() },
    { path: [...ENTRY, "tokenSource"], value: "manual" },
  ];
}

/** True where the entry has a User-Agent of somebody else's. */
function namesItself(values: JsonObject): boolean {
  const headers = valueAt(values, setting("headers"));
  if (headers === undefined) return false;
  // Something else in its place is not ours to replace.
  if (!isJsonObject(headers)) return true;
  return Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === "user-agent" && (name !== "User-Agent" || value !== USER_AGENT.value),
  );
}

function usesOf(values: JsonObject): ToolUse | undefined {
  const settings = valueAt(values, [...ENTRY, "settings"]);
  if (!isJsonObject(settings)) return undefined;
  const { baseUrl: address, apiKey, model } = settings;
  if (typeof address !== "string") return undefined;
  return {
    baseUrl: address,
    credential: typeof apiKey === "string" ? apiKey : "",
    model: typeof model === "string" ? model : undefined,
  };
}

/** Beside a local token these can only be ours; what came before is not known. */
function recognised(values: JsonObject): RecognisedKey[] {
  const paths = [["provider"], ["apiKey"], ["model"], ["baseUrl"]].map(([name]) => setting(name ?? ""));
  const dated = [
    [...ENTRY, "updatedAt"],
    [...ENTRY, "tokenSource"],
  ];
  if (valueAt(values, USER_AGENT.path) === USER_AGENT.value) paths.push(USER_AGENT.path);
  const selected = values["lastUsedProvider"] === PROVIDER ? [["lastUsedProvider"]] : [];
  return [...selected, ...paths, ...dated].flatMap((path) => {
    const value = valueAt(values, path);
    return typeof value === "string" ? [{ path, value }] : [];
  });
}
