import { posix, win32 } from "node:path";
import type { IntegrationContext } from "../types.ts";
import { claudeCodeVariables, managedSettingsFiles, providerSwitches, shellNames } from "./claude-code-facts.ts";
import { claudeCodeHindrances } from "./claude-code-hindrances.ts";
import { uncoveredProxies } from "./proxy-notes.ts";
import { envOf, type Layer, readLayer } from "./read-layer.ts";

/**
 * Sentences on what may keep the user's settings from working: layers that win, shell variables, other providers, company proxies.
 * Never with a value: it may be a key.
 */
export async function claudeCodeNotes(
  context: IntegrationContext,
  user: Layer,
  managedFolder: string,
): Promise<string[]> {
  return [
    ...(user.problem === undefined ? [] : [`${user.problem}: Claude Code ignores this file`]),
    ...(await managedNotes(managedFolder, context)),
    ...(await projectNotes(context, user)),
    ...userNotes(user),
    ...shellNotes(context, user),
  ];
}

async function managedNotes(folder: string, context: IntegrationContext): Promise<string[]> {
  const notes: string[] = [];
  for (const file of await managedSettingsFiles(folder, context.platform)) {
    const layer = await readLayer(file);
    const overrides = overriding(layer);
    if (overrides.length > 0)
      notes.push(`${file} (your administrator's) sets ${overrides.join(", ")}: it wins over your settings`);
    if (layer.values["forceLoginMethod"] !== undefined || layer.values["forceLoginOrgUUID"] !== undefined) {
      notes.push(
        `${file} requires a first-party login: Claude Code will not use another address; ask your administrator`,
      );
    }
  }
  return notes;
}

async function projectNotes(context: IntegrationContext, user: Layer): Promise<string[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const notes: string[] = [];
  for (const name of ["settings.local.json", "settings.json"]) {
    const file = path.join(context.cwd, ".claude", name);
    if (file === user.path) continue;
    const layer = await readLayer(file);
    const overrides = overriding(layer);
    if (overrides.length > 0)
      notes.push(`${file} sets ${overrides.join(", ")}: in this folder it wins over your settings`);
    if (layer.problem !== undefined) notes.push(`${layer.problem}: Claude Code ignores this file`);
  }
  return notes;
}

function userNotes(user: Layer): string[] {
  const notes = hindranceNotes(user.path, envOf(user), "remove it");
  if (user.values["apiKeyHelper"] !== undefined) {
    notes.push(
      `${user.path} names an apiKeyHelper: ANTHROPIC_AUTH_TOKEN comes before it; remove it if it runs for nothing`,
    );
  }
  return notes;
}

function shellNotes({ env }: IntegrationContext, user: Layer): string[] {
  const notes = hindranceNotes("the shell", env, "unset it");
  const set = shellNames(env);
  if (set.length > 0) notes.push(`the shell sets ${set.join(", ")}: inside Claude Code the settings file wins`);
  const proxies = uncoveredProxies(env, envOf(user)["NO_PROXY"]);
  if (proxies.length > 0) {
    notes.push(
      `the shell sets ${proxies.join(", ")} and no NO_PROXY for 127.0.0.1: a tool without one would ask the company proxy`,
    );
  }
  return notes;
}

function hindranceNotes(where: string, env: IntegrationContext["env"], remedy: string): string[] {
  return claudeCodeHindrances(env).map((name) =>
    providerSwitches.includes(name)
      ? `${where} sets ${name}: Claude Code then ignores the base URL; ${remedy}`
      : `${where} sets ${name} to a model that the hosted API doesn't list; ${remedy}`,
  );
}

function overriding(layer: Layer): string[] {
  const env = envOf(layer);
  const names = [...claudeCodeVariables, ...providerSwitches].filter((name) => env[name] !== undefined);
  return layer.values["apiKeyHelper"] === undefined ? names : [...names, "apiKeyHelper"];
}
