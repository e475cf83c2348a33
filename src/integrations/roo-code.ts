import { posix, win32 } from "node:path";
import { isJsonObject, type Json } from "../base/json.ts";
import { findModel } from "../catalog/models.ts";
import { configPaths } from "../config/paths.ts";
import { valueAt } from "../config/resolve.ts";
import { baseUrl } from "./base-url.ts";
import { hasExtension } from "./detect/find-extension.ts";
import { judgeUse } from "./detect/judge-use.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { type Layer, readLayer, valuesIn } from "./detect/read-layer.ts";
import { vsCodeSettings } from "./detect/vs-code-settings.ts";
import { openAiCompatibleLines } from "./manual/open-ai-compatible.ts";
import type {
  Integration,
  IntegrationContext,
  KeyValue,
  SettingsFile,
  Status,
  Step,
  Target,
  ToolUse,
} from "./types.ts";

const PROFILE = "zenthrex";
const EXTENSION = "rooveterinaryinc.roo-cline";
/** The extension imports this file whenever it starts. Source: Roo Code 3.52.1, src/utils/autoImportSettings.ts. */
const AUTO_IMPORT = "roo-cline.autoImportSettingsPath";
/** Room for an answer; the model's own maximum would be taken off the window. */
const ANSWER_TOKENS = 32_000;

/** The file that Roo Code imports: ours alone, because Roo keeps its keys in the editor's secret storage, where nobody else can write. */
export function rooImportPath(context: IntegrationContext): string {
  const path = context.platform === "win32" ? win32 : posix;
  return path.join(configPaths(context).directory, "roo-code-settings.json");
}

const rooCode: Integration = {
  title: "Roo Code",
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://docs.roocode.com/providers/openai-compatible",
  verified: "source of 3.52.1",
  place: "app",
  afterUndo: ['Roo Code keeps a profile that it has imported: delete "zenthrex" in its settings, under Providers.'],

  async detect(context): Promise<Status> {
    const isInstalled = await hasExtension(EXTENSION, context);
    const layer = await readLayer(rooImportPath(context));
    const uses = usesOf(layer);
    const editors = isInstalled ? await importingEditors(context) : { files: [], notes: [] };
    const model = findModel(uses?.model ?? "")?.id;
    return {
      installed: isInstalled,
      configuredFor: judgeUse(uses?.baseUrl, uses?.credential),
      models: model === undefined ? {} : { model },
      files: [{ path: layer.path, syntax: "json", text: layer.text, recognised: [] }, ...editors.files],
      ...(uses === undefined ? {} : { uses }),
      shell: { names: [] },
      notes: [
        "Roo Code was shut down in May 2026: what is installed goes on working. Its successor is Zoo Code (same settings file); Cline is kept up too",
        ...(layer.problem === undefined ? [] : [`${layer.problem}: Roo Code would not import it`]),
        ...editors.notes,
        ...proxyNotes("Roo Code", context.env),
      ],
    };
  },

  plan(status, target): readonly Step[] {
    const [file, ...editors] = status.files;
    if (target.through !== "file" || file === undefined) return [];
    const access = target.kind === "direct" ? "owner-only" : "private";
    return [
      { kind: "edit-file", file, set: keysOf(target, valuesIn(file.text)["globalSettings"]), access },
      ...editors.map(
        (editor): Step => ({
          kind: "edit-file",
          file: editor,
          set: [{ path: [AUTO_IMPORT], value: file.path }],
          access: "as-is",
        }),
      ),
      { kind: "manual", lines: linesFor(file, editors, target) },
    ];
  },
};

export default rooCode;

function keysOf(target: Target, present: unknown): KeyValue[] {
  const profile = ["providerProfiles", "apiConfigs", PROFILE];
  const settings: Record<string, string | boolean> = {
    id: PROFILE,
    apiProvider: "openai",
    openAiBaseUrl: baseUrl("v1", target.origin),
    openAiApiKey: target.credential,
    openAiModelId: target.model,
    openAiStreamingEnabled: true,
  };
  const model = findModel(target.model);
  const facts: Record<string, number | boolean> = {
    maxTokens: Math.min(ANSWER_TOKENS, model?.maxOutputTokens ?? ANSWER_TOKENS),
    contextWindow: model?.contextTokens ?? 200_000,
    supportsImages: true,
    supportsPromptCache: false,
  };
  return [
    { path: ["providerProfiles", "currentApiConfigName"], value: PROFILE },
    ...Object.entries(settings).map(([name, value]) => ({
      path: [...profile, name],
      value,
      ...(name === "openAiApiKey" ? { secret: true } : {}),
    })),
    ...Object.entries(facts).map(([name, value]) => ({ path: [...profile, "openAiCustomModelInfo", name], value })),
    // An import without it is refused; what is in it would change settings that aren't ours.
    { path: ["globalSettings"], value: (isJsonObject(present) ? present : {}) as Json },
  ];
}

function linesFor(file: SettingsFile, editors: readonly SettingsFile[], target: Target): string[] {
  const imports =
    editors.length > 0
      ? "Roo Code imports it when its window is reloaded (Developer: Reload Window)."
      : "Import it in Roo Code: Settings > About > Import.";
  return [
    `${imports} Zoo Code takes the same file: Settings > About > Import ${file.path}.`,
    ...openAiCompatibleLines("Roo Code", target),
  ];
}

/** Editors whose settings don't already name another file to import. */
async function importingEditors(context: IntegrationContext): Promise<{ files: SettingsFile[]; notes: string[] }> {
  const files: SettingsFile[] = [];
  const notes: string[] = [];
  for (const path of await vsCodeSettings(context)) {
    const { text, values, problem } = await readLayer(path, "jsonc");
    const present = values[AUTO_IMPORT];
    if (problem !== undefined) notes.push(`${problem}: this editor is left as it is`);
    else if (present === undefined || present === rooImportPath(context))
      files.push({ path, syntax: "jsonc", text, recognised: ownImport(present) });
    else notes.push(`${path} imports another file (${AUTO_IMPORT}): it is left as it is`);
  }
  return { files, notes };
}

function ownImport(present: unknown): SettingsFile["recognised"] {
  return typeof present === "string" ? [{ path: [AUTO_IMPORT], value: present }] : [];
}

function usesOf({ values }: Layer): ToolUse | undefined {
  const profile = valueAt(values, ["providerProfiles", "apiConfigs", PROFILE]);
  if (!isJsonObject(profile)) return undefined;
  const text = (name: string): string | undefined => {
    const value = profile[name];
    return typeof value === "string" ? value : undefined;
  };
  const address = text("openAiBaseUrl");
  if (address === undefined) return undefined;
  return { baseUrl: address, credential: text("openAiApiKey") ?? "", model: text("openAiModelId") };
}
