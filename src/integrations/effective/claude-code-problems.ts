import { stat } from "node:fs/promises";
import { posix, win32 } from "node:path";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { maskSecret } from "../../base/redact.ts";
import { valueAt } from "../../config/resolve.ts";
import { claudeCodeSettingsPath } from "../claude-code.ts";
import { hasExtension } from "../detect/find-extension.ts";
import { readAddress } from "./judge/address.ts";
import { credentialKind } from "./judge/credential-kind.ts";
import { removeFrom } from "./judge/judging.ts";
import { misnamed } from "./misnamed.ts";
import { type LocatedFile, objectOf, readLocated } from "./read-located.ts";
import type { ShellVariables } from "./shell-variables.ts";
import { placeAddress, showPlace } from "./show-place.ts";
import type { ConfiguredEndpoint, EffectiveContext, Problem } from "./types.ts";

/** What was read of Claude Code so far. */
export interface ClaudeCodeReading {
  readonly context: EffectiveContext;
  /** The settings files, the one that wins first. */
  readonly layers: readonly LocatedFile[];
  readonly endpoint: ConfiguredEndpoint;
  readonly shell: ShellVariables;
}

/** What only Claude Code can have: logins, approvals of keys, helpers. */
export async function claudeCodeProblems(reading: ClaudeCodeReading): Promise<Problem[]> {
  return [
    ...forcedLogin(reading),
    ...(await rejectedKey(reading)),
    ...(await savedLogin(reading)),
    ...projectHelper(reading),
    ...(await missingHelper(reading)),
    ...shapeOfEnv(reading),
    ...outsideEnv(reading),
    ...(await editorWithoutShell(reading)),
  ];
}

function forcedLogin({ layers }: ClaudeCodeReading): Problem[] {
  return layers.flatMap((file): Problem[] => {
    const name = ["forceLoginMethod", "forceLoginOrgUUID"].find((key) => valueAt(file.values, [key]) !== undefined);
    if (name === undefined) return [];
    const place = file.place([name]);
    // Measured with 2.1.330: an administrator's is obeyed at every start, anybody else's by its own login alone.
    const isManaged = file.layer === "managed";
    const then = isManaged
      ? "Claude Code then uses no other address"
      : "Claude Code's own /login takes no other; variables still work";
    const cause = `${showPlace(place)} demands a first-party login: ${then}`;
    return [{ code: "forced-login", severity: isManaged ? "error" : "warning", place, cause, fix: removeFrom(place) }];
  });
}

/** A key that was once declined is ignored without a word. Source: Claude Code 2.1.330: the last 20 characters are kept. */
async function rejectedKey({ context, layers, endpoint }: ClaudeCodeReading): Promise<Problem[]> {
  const [first] = endpoint.credentials;
  if (first === undefined || first.header !== "x-api-key") return [];
  const state = await stateFile(context, layers);
  const rejected = valueAt(state.values, ["customApiKeyResponses", "rejected"]);
  if (!Array.isArray(rejected) || !rejected.includes(first.text.trim().slice(-20))) return [];
  const place = state.place(["customApiKeyResponses", "rejected"]);
  return [
    {
      code: "credential-rejected",
      severity: "error",
      place,
      wrong: maskSecret(first.text.trim()),
      cause: `${showPlace(first.place)} was declined in Claude Code once, and is ignored ever since: its end stands in ${placeAddress(place)}`,
      fix: withSetup(
        "Use ANTHROPIC_AUTH_TOKEN, which needs no approval, or turn the key on in /config",
        context,
        endpoint,
      ),
    },
  ];
}

async function savedLogin({ context, layers, endpoint }: ClaudeCodeReading): Promise<Problem[]> {
  if (endpoint.credentials.length === 0) return [];
  const login = await readLocated(besideSettings(context, layers, ".credentials.json"), "user", "json");
  const state = await stateFile(context, layers);
  const oauth = objectOf(login)["claudeAiOauth"];
  const hasOauth = isJsonObject(oauth) && typeof oauth["accessToken"] === "string" && oauth["accessToken"] !== "";
  const hasKey = typeof objectOf(state)["primaryApiKey"] === "string" && objectOf(state)["primaryApiKey"] !== "";
  if (!hasOauth && !hasKey) return [];
  const place = hasOauth ? login.place(["claudeAiOauth"]) : state.place(["primaryApiKey"]);
  return [
    {
      code: "saved-login",
      severity: "warning",
      place,
      cause: `Claude Code is logged in with an Anthropic account (${placeAddress(place)}) beside ${endpoint.credentials[0]?.place.name}: it warns of an auth conflict, and works by the variable`,
      fix: { text: "Run `claude auth logout` (or say /logout in Claude Code), or ignore its warning" },
    },
  ];
}

/** A project's helper is a program of the project's that is run for every key. */
function projectHelper({ layers }: ClaudeCodeReading): Problem[] {
  return layers
    .filter((file) => file.layer === "project" && valueAt(file.values, ["apiKeyHelper"]) !== undefined)
    .map((file): Problem => {
      const place = file.place(["apiKeyHelper"]);
      const cause = `${showPlace(place)} runs a program of this project to get a key: if you didn't write that, the project is hostile`;
      const removal = removeFrom(place);
      const fix = { ...removal, text: `${removal.text}, and don't trust this folder before` };
      return { code: "project-redirects", severity: "warning", place, cause, fix };
    });
}

/** A helper whose program is gone gives no key; only a credential in a variable saves the tool then. */
async function missingHelper({ context, layers, endpoint }: ClaudeCodeReading): Promise<Problem[]> {
  const file = layers.find(({ values }) => typeof valueAt(values, ["apiKeyHelper"]) === "string");
  if (file === undefined || endpoint.credentials.length > 0) return [];
  const place = file.place(["apiKeyHelper"]);
  const [program = ""] = String(valueAt(file.values, ["apiKeyHelper"]))
    .trim()
    .split(/\s+/);
  const path = context.platform === "win32" ? win32 : posix;
  const absolute = program.startsWith("~/") ? path.join(context.home, program.slice(2)) : program;
  // A name without a folder, quotes and substitutions are the shell's business.
  if (!path.isAbsolute(absolute)) return [];
  const found = await stat(absolute).catch(() => undefined);
  if (found !== undefined && (context.platform === "win32" || (found.mode & 0o111) !== 0)) return [];
  const why = found === undefined ? "which isn't there" : "which may not be run";
  return [
    {
      code: "credential-source-missing",
      severity: "error",
      place,
      wrong: program,
      cause: `${showPlace(place)} runs ${program}, ${why}: Claude Code has no key to send`,
      fix: {
        text: `Put the program there, or take apiKeyHelper out of ${placeAddress(place)} and run \`zenthrex setup claude-code\``,
        command: ["setup", "claude-code"],
      },
    },
  ];
}

/** A list or a text in the place of the block: Claude Code then loads nothing of the file. Source: measured with 2.1.330. */
function shapeOfEnv({ layers, endpoint }: ClaudeCodeReading): Problem[] {
  return layers.flatMap((file): Problem[] => {
    const env = objectOf(file)["env"];
    if (env === undefined) return [];
    if (isJsonObject(env)) return endpoint.base === undefined ? nestedVariables(file, env) : [];
    const place = file.place(["env"]);
    const cause = `${showPlace(place)} must be an object of variables, {"NAME": "value"}: Claude Code loads nothing of this file`;
    return [
      {
        code: "settings-shape",
        severity: "error",
        place,
        cause,
        fix: {
          text: `Write {} in the place of the text at ${placeAddress(place)}, and run \`zenthrex setup claude-code\``,
        },
      },
    ];
  });
}

/** An object or a list is no variable: it is passed over without a word. Source: measured with 2.1.330. */
function nestedVariables(file: LocatedFile, env: JsonObject): Problem[] {
  const names = Object.keys(env).filter((name) => typeof env[name] === "object" && env[name] !== null);
  return names.slice(0, 1).map((name): Problem => {
    const place = file.place(["env", name]);
    const cause = `${showPlace(place)} is no text: Claude Code takes plain variables there, {"ANTHROPIC_BASE_URL": "..."}, and passes it over`;
    const fix = {
      text: `Write plain variables at ${placeAddress(place)}, or run \`zenthrex setup claude-code\``,
      command: ["setup", "claude-code"],
    };
    return { code: "setting-misnamed", severity: "error", place, cause, fix };
  });
}

/** Variables work in the `env` block alone; at the top, or in a block of another name, they are passed over without a word. */
function outsideEnv({ context, layers, endpoint, shell }: ClaudeCodeReading): Problem[] {
  const isMissing = (name: string): boolean => {
    const isUnset = name === "ANTHROPIC_BASE_URL" ? endpoint.base === undefined : endpoint.credentials.length === 0;
    return isUnset && shell(name) === undefined;
  };
  return layers.flatMap((file): Problem[] => {
    const stray = strays(file).find((keys) => isMissing(keys.at(-1) ?? ""));
    if (stray === undefined) return [];
    const value = String(valueAt(file.values, stray));
    const isHosted = readAddress(value, context).destination === "hosted" || credentialKind(value) === "hosted-key";
    const self = { tool: "claude-code", title: "Claude Code" };
    return [misnamed(file.place(stray), `env.${stray.at(-1)}`, self, isHosted ? "hosted" : "loopback")];
  });
}

/** Where else than in `env` the three variables stand that decide where it goes. */
function strays(file: LocatedFile): string[][] {
  const top = objectOf(file);
  const blocks = Object.keys(top).filter((name) => name !== "env" && isJsonObject(top[name]));
  return [[], ...blocks.map((name) => [name])].flatMap((path) =>
    ["ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"]
      .map((name) => [...path, name])
      .filter((keys) => {
        const value = valueAt(file.values, keys);
        return typeof value === "string" && value !== "";
      }),
  );
}

/** Editors that are started from the dock or a menu see no exports. */
async function editorWithoutShell({ context, endpoint, layers }: ClaudeCodeReading): Promise<Problem[]> {
  const isShellOnly = endpoint.base?.place.layer === "shell" && !layers.some(({ problem }) => problem !== undefined);
  if (!isShellOnly || endpoint.base === undefined || !(await hasExtension("anthropic.claude-code", context))) return [];
  return [
    {
      code: "gui-misses-shell",
      severity: "warning",
      place: endpoint.base.place,
      cause:
        "the base URL is an export of the shell: Claude Code in an editor that wasn't started from a shell doesn't see it",
      fix: withSetup("Write it to the settings file, which both read", context, endpoint),
    },
  ];
}

/** Setting it up again for where it goes: who calls the hosted API without a daemon goes on doing so. */
function withSetup(text: string, context: EffectiveContext, { base }: ConfiguredEndpoint): Problem["fix"] {
  const { destination } = readAddress(base?.text ?? "", context);
  const command = ["setup", "claude-code", ...(destination === "hosted" ? ["--direct"] : [])];
  return { text: `${text}, or run \`zenthrex ${command.join(" ")}\``, command };
}

/** `.claude.json` lies beside `.claude`, and inside a folder that CLAUDE_CONFIG_DIR names. */
function stateFile(context: EffectiveContext, layers: readonly LocatedFile[]): Promise<LocatedFile> {
  const path = context.platform === "win32" ? win32 : posix;
  const isMoved = (context.env["CLAUDE_CONFIG_DIR"] ?? "") !== "";
  const folder = path.dirname(besideSettings(context, layers, "."));
  const inside = path.dirname(userFile(context, layers));
  return readLocated(path.join(isMoved ? inside : folder, ".claude.json"), "user", "json");
}

function besideSettings(context: EffectiveContext, layers: readonly LocatedFile[], name: string): string {
  const path = context.platform === "win32" ? win32 : posix;
  return path.join(path.dirname(userFile(context, layers)), name);
}

function userFile(context: EffectiveContext, layers: readonly LocatedFile[]): string {
  return layers.find(({ layer }) => layer === "user")?.path ?? claudeCodeSettingsPath(context);
}
