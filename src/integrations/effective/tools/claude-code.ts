import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { claudeCodeSettingsPath, installPlaces } from "../../claude-code.ts";
import { claudeCodeVariables, isOn, managedSettingsFiles, providerSwitches } from "../../detect/claude-code-facts.ts";
import { vsCodeVariables } from "../../detect/claude-code-in-vs-code.ts";
import { hasExtension } from "../../detect/find-extension.ts";
import { findProgram } from "../../detect/find-program.ts";
import { vsCodeSettings } from "../../detect/vs-code-settings.ts";
import { claudeCodeProblems } from "../claude-code-problems.ts";
import { fileProblems, foundIn, winner } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { proxyFacts, readAsBun } from "../proxy-facts.ts";
import { type LocatedFile, readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import type {
  ConfiguredEndpoint,
  EffectiveContext,
  EffectiveReader,
  Found,
  FoundCredential,
  FoundModel,
  ToolFacts,
} from "../types.ts";

/**
 * Claude Code on the command line, in VS Code and in JetBrains. Layers, the nearest last: shell, user, project, project-local, the
 * file of --settings, managed. Variables are merged one by one; an empty one is as good as none.
 * Source: its documentation, "Settings" and "LLM gateway"; measured with 2.1.330.
 */
const claudeCode: EffectiveReader = {
  title: "Claude Code",
  async read(context) {
    const shell = await shellVariables(context);
    const layers = await settingsLayers(context);
    const files = layers.flatMap((file) => (file.text === undefined && file.problem === undefined ? [] : [file]));
    const effective = (name: string): Found | undefined =>
      winner([...layers.map((file) => inEnv(file, name)), shell(name)]);
    const endpoint = endpointOf(effective, layers, "settings and shell");
    const editors = await editorEndpoints(context, effective);
    const isInstalled =
      (await findProgram("claude", context, installPlaces(context))) !== undefined ||
      (await hasExtension("anthropic.claude-code", context));
    const isUsed = claudeCodeVariables.some((name) => (shell(name)?.text ?? "") !== "");
    return {
      isPresent: isInstalled || files.length > 0 || isUsed,
      endpoints: [endpoint, ...editors.endpoints],
      switches: switchesOf(effective),
      proxy: proxyFacts(shell, (name) => winner(layers.map((file) => inEnv(file, name))), readAsBun),
      hasUnreadable: files.some(({ problem }) => problem !== undefined),
      problems: [
        ...fileProblems(files, "Claude Code ignores the whole file"),
        ...fileProblems(editors.files, "VS Code ignores the file"),
        ...(await claudeCodeProblems({ context, layers, endpoint, shell })),
      ],
    } satisfies Omit<ToolFacts, "tool" | "title">;
  },
};

export default claudeCode;

/** The settings files that count, the one that wins first. */
async function settingsLayers(context: EffectiveContext): Promise<LocatedFile[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const user = claudeCodeSettingsPath(context);
  const project = path.join(context.cwd, ".claude");
  const managed = (await managedSettingsFiles(context.managedFolder, context.platform)).reverse();
  const named = [
    ...managed.map((file) => ({ file, layer: "managed" as const })),
    ...(context.commandLineFile === undefined
      ? []
      : [{ file: context.commandLineFile, layer: "command-line" as const }]),
    { file: path.join(project, "settings.local.json"), layer: "project-local" as const },
    { file: path.join(project, "settings.json"), layer: "project" as const },
    { file: user, layer: "user" as const },
  ];
  // Standing in the home directory, the project's settings are the user's.
  const once = named.filter(({ file, layer }) => layer === "user" || file !== user);
  return Promise.all(once.map(({ file, layer }) => readLocated(file, layer, "json")));
}

function inEnv(file: LocatedFile, name: string): Found | undefined {
  const found = foundIn(file, ["env", name]);
  return found && { ...found, place: { ...found.place, name } };
}

type Effective = (name: string) => Found | undefined;

function endpointOf(effective: Effective, layers: readonly LocatedFile[], label: string): ConfiguredEndpoint {
  return {
    label,
    isActive: true,
    join: { ...joinRules.anthropic, suffix: "/v1/messages?beta=true" },
    base: effective("ANTHROPIC_BASE_URL"),
    defaultBase: vendorBases.anthropic,
    credentials: credentialsOf(effective),
    ...(layers.some((file) => valueAt(file.values, ["apiKeyHelper"]) !== undefined)
      ? { hasHiddenCredential: true }
      : {}),
    models: modelsOf(effective, layers),
  };
}

/** AUTH_TOKEN comes first and needs no approval; both are sent where both are set. Source: measured with 2.1.330. */
function credentialsOf(effective: Effective): FoundCredential[] {
  const token = effective("ANTHROPIC_AUTH_TOKEN");
  const key = effective("ANTHROPIC_API_KEY");
  return [
    ...(token === undefined || token.text === "" ? [] : [{ ...token, header: "authorization" as const }]),
    ...(key === undefined || key.text === "" ? [] : [{ ...key, header: "x-api-key" as const }]),
  ];
}

/** What each tier asks for where nobody says otherwise. Source: measured with 2.1.330. */
const TIERS = {
  opus: ["ANTHROPIC_DEFAULT_OPUS_MODEL", "claude-opus-5-5"],
  sonnet: ["ANTHROPIC_DEFAULT_SONNET_MODEL", "claude-sonnet-5-5"],
  haiku: ["ANTHROPIC_DEFAULT_HAIKU_MODEL", "claude-haiku-5-5"],
} as const;

function modelsOf(effective: Effective, layers: readonly LocatedFile[]): FoundModel[] {
  const main = chosenModel(effective, layers);
  const background = ["ANTHROPIC_SMALL_FAST_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL"].flatMap((name) => {
    const found = effective(name);
    return found === undefined || found.text === "" || found.text === "inherit"
      ? []
      : [asked(found, "background", effective)];
  });
  const tiers = (Object.keys(TIERS) as (keyof typeof TIERS)[]).map((tier) => tierModel(tier, "background", effective));
  return [main, ...background, ...tiers];
}

/** ANTHROPIC_MODEL, else `model` of the settings, else the default, which is the Opus tier. */
function chosenModel(effective: Effective, layers: readonly LocatedFile[]): FoundModel {
  const variable = effective("ANTHROPIC_MODEL");
  const setting = winner(layers.map((file) => foundIn(file, ["model"])));
  const chosen = [variable, setting].find((found) => found !== undefined && found.text !== "");
  return chosen === undefined || chosen.text === "default"
    ? tierModel("opus", "main", effective)
    : asked(chosen, "main", effective);
}

function asked(found: Found, role: FoundModel["role"], effective: Effective): FoundModel {
  const alias = found.text.toLowerCase().replace(/\[1m\]$/, "");
  const tier = alias === "opusplan" || alias === "best" ? "opus" : alias;
  if (tier === "opus" || tier === "sonnet" || tier === "haiku") return tierModel(tier, role, effective, found);
  return { ...found, role, requested: found.text.replace(/\[1m\]$/i, "") };
}

function tierModel(
  tier: keyof typeof TIERS,
  role: FoundModel["role"],
  effective: Effective,
  alias?: Found,
): FoundModel {
  const [variable, fallback] = TIERS[tier];
  const pinned = effective(variable);
  if (pinned !== undefined && pinned.text !== "") {
    return { ...pinned, role, requested: pinned.text.replace(/\[1m\]$/i, "") };
  }
  const place = alias?.place ?? { layer: "user", name: variable };
  return { text: fallback, requested: fallback, place, overridden: [], role, isDefault: true };
}

function switchesOf(effective: Effective): Found[] {
  return providerSwitches.flatMap((name) => {
    const found = effective(name);
    return isOn(found?.text) && found !== undefined ? [found] : [];
  });
}

/**
 * The extension's own variables are what a shell would be to it: the settings files beat them, but its login check reads nothing else.
 * So they are judged where they are not what the settings say.
 */
async function editorEndpoints(
  context: EffectiveContext,
  effective: Effective,
): Promise<{ endpoints: ConfiguredEndpoint[]; files: LocatedFile[] }> {
  const paths = await vsCodeSettings(context);
  const files = await Promise.all(paths.map((path) => readLocated(path, "vs-code", "jsonc")));
  const endpoints = files.flatMap((file): ConfiguredEndpoint[] => {
    const own = extensionVariables(file);
    const base = own("ANTHROPIC_BASE_URL");
    const credentials = credentialsOf(own);
    if (base === undefined && credentials.length === 0) return [];
    const settled = effective("ANTHROPIC_BASE_URL");
    const isSettled = settled !== undefined && settled.place.layer !== "shell";
    return [
      {
        label: "the VS Code extension",
        isActive: !isSettled,
        join: joinRules.anthropic,
        base: base ?? settled,
        defaultBase: vendorBases.anthropic,
        credentials: credentials.length > 0 ? credentials : credentialsOf(effective),
        models: [],
      },
    ];
  });
  return {
    endpoints,
    files: files.filter(({ text, problem }) => text?.includes(vsCodeVariables) === true && problem !== undefined),
  };
}

function extensionVariables(file: LocatedFile): Effective {
  const list = valueAt(file.values, [vsCodeVariables]);
  const elements = Array.isArray(list) ? list : [];
  return (name) => {
    const element = elements.findLast((candidate: unknown) => isJsonObject(candidate) && candidate["name"] === name);
    const value = isJsonObject(element) ? element["value"] : undefined;
    if (typeof value !== "string") return undefined;
    const place = { ...file.place([vsCodeVariables, `[name=${name}]`, "value"]), name };
    return { text: value, place, overridden: [] };
  };
}
