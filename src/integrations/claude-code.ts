import { posix, win32 } from "node:path";
import { ZenthrexError } from "../base/errors.ts";
import { findModel } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { managedSettingsFolder, shellNames } from "./detect/claude-code-facts.ts";
import { againstHindrances, claudeCodeHindrances } from "./detect/claude-code-hindrances.ts";
import { claudeCodeInVsCode, isVsCodeFile, vsCodeStep } from "./detect/claude-code-in-vs-code.ts";
import { claudeCodeNotes } from "./detect/claude-code-notes.ts";
import { recognisedVariables } from "./detect/claude-code-recognised.ts";
import { foreignStatusLine, recognisedStatusLine, statusLineEdit } from "./detect/claude-code-status-line.ts";
import { findProgram } from "./detect/find-program.ts";
import { judgeUse } from "./detect/judge-use.ts";
import { mergeNoProxy } from "./detect/no-proxy.ts";
import { envOf, type Layer, readLayer, valuesIn } from "./detect/read-layer.ts";
import type { Integration, IntegrationContext, KeyValue, SettingsFile, Status, Step, Target } from "./types.ts";

const DEFAULT_OPUS = "claude-opus-4-7";

/** The user's settings file. Source: hosted documentation, "Option B"; CLAUDE_CONFIG_DIR moves the folder (Claude Code documentation). */
export function claudeCodeSettingsPath({ env, home, cwd, platform }: IntegrationContext): string {
  const path = platform === "win32" ? win32 : posix;
  const moved = env["CLAUDE_CONFIG_DIR"];
  if (moved !== undefined && moved !== "") return path.join(path.resolve(cwd, moved), "settings.json");
  const folder = platform === "win32" ? (env["USERPROFILE"] ?? home) : home;
  if (!path.isAbsolute(folder)) {
    throw new ZenthrexError("ZX_FILE_ACCESS", "there is no home directory with settings in it", {
      fix: platform === "win32" ? "Set USERPROFILE to your home directory." : "Set HOME to your home directory.",
    });
  }
  return path.join(folder, ".claude", "settings.json");
}

/** Reads what there is of Claude Code on this machine. `managedFolder`: where an administrator's settings lie. */
export async function detectClaudeCode(context: IntegrationContext, managedFolder: string): Promise<Status> {
  const user = await readLayer(claudeCodeSettingsPath(context));
  const env = envOf(user);
  const configuredFor = configurationOf(user);
  const vsCode = await claudeCodeInVsCode(context);
  const { NO_PROXY, no_proxy } = context.env;
  return {
    installed: (await findProgram("claude", context, installPlaces(context))) !== undefined,
    configuredFor,
    models: configuredFor.startsWith("zenthrex") ? modelsOf(env) : {},
    files: [
      {
        path: user.path,
        syntax: "json",
        text: user.text,
        recognised:
          configuredFor === "zenthrex-local" ? [...recognisedVariables(env), ...recognisedStatusLine(user)] : [],
      },
      ...vsCode.files,
    ],
    ...usesOf(env),
    shell: {
      names: [...shellNames(context.env), ...claudeCodeHindrances(context.env)],
      ...(NO_PROXY === undefined ? {} : { NO_PROXY }),
      ...(no_proxy === undefined ? {} : { no_proxy }),
    },
    notes: [...(await claudeCodeNotes(context, user, managedFolder)), ...vsCode.notes],
    ...foreignStatusLine(user),
  };
}

const claudeCode: Integration = {
  title: "Claude Code",
  format: "anthropic",
  baseUrlRule: "bare",
  docsUrl: "https://code.claude.com/docs/en/llm-gateway",
  verified: "claude-code@2.1.330",
  place: "app",
  asksByTier: true,
  showsStatusline: true,
  program: "claude",
  places: installPlaces,
  tryCommand: 'claude -p "say hi"',
  detect: (context) => detectClaudeCode(context, managedSettingsFolder(context.platform)),

  plan(status, target): readonly Step[] {
    const [file, ...vsCode] = status.files;
    if (target.through === "environment") return environmentSteps(status, target);
    if (target.through === "child") return childSteps(status, target);
    if (file === undefined) return [];
    const set: KeyValue[] = Object.entries(fileVariables(status, target)).map(([name, value]) => ({
      path: ["env", name],
      value,
      ...(name === "ANTHROPIC_AUTH_TOKEN" ? { secret: true } : {}),
    }));
    if (target.statusline === true) set.push(statusLineEdit(target.self));
    const access = target.kind === "direct" ? "owner-only" : "private";
    return [
      { kind: "edit-file", file, set, access },
      ...vsCodeSteps(vsCode.filter(isVsCodeFile), target),
      ...documentedOnlySteps(status, target),
    ];
  },
};

export default claudeCode;

function fileVariables(status: Status, target: Target): Record<string, string> {
  const noProxy = target.kind === "local" && !target.documentedKeysOnly ? noProxyVariables(status) : {};
  const hindrances = target.documentedKeysOnly ? [] : [...status.shell.names, ...claudeCodeHindrances(fileEnv(status))];
  return { ...settingsVariables(target), ...noProxy, ...againstHindrances(hindrances, target.haikuModel) };
}

/** Settings Sync copies VS Code's settings to the editor's maker: a local token is worth nothing there, the real key never goes in. */
function vsCodeSteps(files: readonly SettingsFile[], target: Target): Step[] {
  if (files.length === 0 || target.documentedKeysOnly) return [];
  if (target.kind === "local") return files.map((file) => vsCodeStep(file, target));
  const lines = [
    "VS Code: the key is not written into its settings, because Settings Sync would upload it. If the extension asks you to log in, " +
      "set up the daemon instead (leave out --direct).",
  ];
  return [{ kind: "manual", lines }];
}

/** For one child: its settings files beat the environment, and --settings beats them. */
function childSteps(status: Status, target: Target): Step[] {
  const variables = fileVariables(status, target);
  const text = `${JSON.stringify({ env: variables }, undefined, 2)}\n`;
  return [
    { kind: "env", variables },
    { kind: "child-file", name: "settings.json", text, argument: "--settings" },
  ];
}

/** Option B of the hosted documentation; unless only that is wanted, with what it lacks to work. */
function settingsVariables(target: Target): Record<string, string> {
  const address = baseUrl("bare", target.origin);
  const documented = { ANTHROPIC_BASE_URL: address, ANTHROPIC_AUTH_TOKEN: target.credential };
  if (target.documentedKeysOnly) return { ...documented, ANTHROPIC_MODEL: target.model };
  // The empty key keeps a shell's ANTHROPIC_API_KEY from being sent along.
  return { ...documented, ANTHROPIC_API_KEY: "", ANTHROPIC_MODEL: target.model, ...modelPins(target) };
}

/** Without pins, aliases and background work ask for models that the hosted API doesn't list. */
function modelPins({ model, sonnetModel, haikuModel }: Target): Record<string, string> {
  const opusModel = findModel(model)?.tier === "opus" ? model : DEFAULT_OPUS;
  const uses1m = [model, sonnetModel, haikuModel].some((id) => id.endsWith("-1m"));
  return {
    ANTHROPIC_DEFAULT_OPUS_MODEL: opusModel,
    ANTHROPIC_DEFAULT_SONNET_MODEL: sonnetModel,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: haikuModel,
    // Claude Code takes claude-opus-4-7 for a model of 1M tokens and would compact too late for the documented 200K.
    ...(uses1m ? {} : { CLAUDE_CODE_DISABLE_1M_CONTEXT: "1" }),
  };
}

/** Option A of the hosted documentation: variables of a shell. */
function environmentSteps(status: Status, target: Target): Step[] {
  const documented = {
    ANTHROPIC_BASE_URL: baseUrl("bare", target.origin),
    ANTHROPIC_API_KEY: target.credential,
    ANTHROPIC_MODEL: target.model,
  };
  const { NO_PROXY, no_proxy } = status.shell;
  const noProxy = {
    NO_PROXY: mergeNoProxy(NO_PROXY),
    ...(no_proxy === undefined ? {} : { no_proxy: mergeNoProxy(no_proxy) }),
  };
  const more = target.documentedKeysOnly ? {} : { ...modelPins(target), ...(target.kind === "local" ? noProxy : {}) };
  const hindrances = Object.keys(againstHindrances(status.shell.names, ""));
  const lines: string[] = [];
  if (status.shell.names.includes("ANTHROPIC_AUTH_TOKEN"))
    lines.push("Unset ANTHROPIC_AUTH_TOKEN in the shell: Claude Code would send it along.");
  if (status.configuredFor !== "nothing")
    lines.push("Claude Code's settings file sets variables of its own, and they win over the shell's.");
  return [
    { kind: "env", variables: { ...documented, ...more }, unset: ["ANTHROPIC_AUTH_TOKEN", ...hindrances] },
    ...(lines.length > 0 ? [{ kind: "manual" as const, lines }] : []),
  ];
}

function documentedOnlySteps(status: Status, target: Target): Step[] {
  if (!target.documentedKeysOnly || !status.shell.names.includes("ANTHROPIC_API_KEY")) return [];
  return [
    {
      kind: "manual",
      lines: ["Unset ANTHROPIC_API_KEY in the shell: with the documented keys alone, Claude Code sends it along."],
    },
  ];
}

/**
 * The settings file's NO_PROXY wins over the shell's, so the shell's entries go in too. The lower-case name is read first by many
 * clients: where one is in use, it gets the same.
 */
function noProxyVariables(status: Status): Record<string, string> {
  const own = fileEnv(status);
  const lower = own["no_proxy"] ?? status.shell.no_proxy;
  return {
    NO_PROXY: mergeNoProxy(own["NO_PROXY"] ?? status.shell.NO_PROXY),
    ...(lower === undefined ? {} : { no_proxy: mergeNoProxy(lower) }),
  };
}

function fileEnv(status: Status): Readonly<Record<string, string>> {
  return envOf({ values: valuesIn(status.files[0]?.text) });
}

function configurationOf(user: Layer): Status["configuredFor"] {
  const env = envOf(user);
  const use = judgeUse(env["ANTHROPIC_BASE_URL"], credentialOf(env));
  return use === "nothing" && user.values["apiKeyHelper"] !== undefined ? "other" : use;
}

function credentialOf(env: Readonly<Record<string, string>>): string {
  return env["ANTHROPIC_AUTH_TOKEN"] ?? env["ANTHROPIC_API_KEY"] ?? "";
}

function usesOf(env: Readonly<Record<string, string>>): Pick<Status, "uses"> {
  const address = env["ANTHROPIC_BASE_URL"];
  if (address === undefined) return {};
  return { uses: { baseUrl: address, credential: credentialOf(env), model: env["ANTHROPIC_MODEL"] } };
}

function modelsOf(env: Readonly<Record<string, string>>): Status["models"] {
  const known = (name: string): string | undefined => findModel(env[name] ?? "")?.id;
  const model = known("ANTHROPIC_MODEL");
  const sonnetModel = known("ANTHROPIC_DEFAULT_SONNET_MODEL");
  const haikuModel = known("ANTHROPIC_DEFAULT_HAIKU_MODEL");
  return { ...(model && { model }), ...(sonnetModel && { sonnetModel }), ...(haikuModel && { haikuModel }) };
}

/** Where Claude Code's own installers put the program. */
export function installPlaces({ home, platform }: IntegrationContext): string[] {
  const path = platform === "win32" ? win32 : posix;
  if (!path.isAbsolute(home)) return [];
  return [
    path.join(home, ".local", "bin", platform === "win32" ? "claude.exe" : "claude"),
    path.join(home, ".claude", "local", "claude"),
  ];
}
