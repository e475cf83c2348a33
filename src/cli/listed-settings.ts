import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";
import { maskSecret } from "../base/redact.ts";
import { configPaths } from "../config/paths.ts";
import { readConfigFile } from "../config/read.ts";
import { resolveSetting, valueAt } from "../config/resolve.ts";
import { findSetting, type Setting, type SettingName, type SettingTarget, settings } from "../config/schema.ts";
import type { Context } from "./context.ts";

/** One line of `config list`. */
export interface Listed {
  readonly name: string;
  readonly value: unknown;
  readonly from: string;
  readonly source: string;
}

/** A name that means a setting or an alias. */
export type KnownTarget = Exclude<SettingTarget, { kind: "unknown" }>;

/** Every setting, every alias, and the two secrets masked. */
export function listSettings(context: Context): Listed[] {
  const aliases = valueAt(readConfigFile(configPaths(context).file), ["aliases"]);
  const aliasRows = isJsonObject(aliases)
    ? Object.keys(aliases).map((alias) => settingRow(`aliases.${alias}`, context))
    : [];
  const names = Object.keys(settings).filter((name) => name !== "aliases");
  const secrets = ["key", "localToken"].flatMap((name) => secretRow(name, context) ?? []);
  return [...names.map((name) => settingRow(name, context)), ...aliasRows, ...secrets];
}

/** One setting or alias as it counts now. Throws: ZX_USAGE for a name that means nothing. */
export function settingRow(name: string, context: Context): Listed {
  const { file } = configPaths(context);
  const values = readConfigFile(file);
  const target = requireTarget(name);
  const settingName: SettingName = target.kind === "alias" ? "aliases" : target.name;
  const resolved = resolveSetting(settingName, { env: context.env, values, file });
  if (target.kind === "setting") return { name, ...resolved, value: shownSetting(target, resolved.value) ?? null };
  const aliases = resolved.value as Readonly<Record<string, string>>;
  const model = Object.hasOwn(aliases, target.alias) ? aliases[target.alias] : undefined;
  return model === undefined
    ? { name, value: null, from: "default", source: "default" }
    : { name, value: model, from: resolved.from, source: resolved.source };
}

/** The value of a setting as it may be shown: a proxy's password is left out. */
export function shownSetting(target: KnownTarget, value: unknown): unknown {
  const setting = target.kind === "setting" ? (settings[target.name] as Setting<unknown>) : undefined;
  return setting?.shown === undefined ? value : setting.shown(value);
}

/** The key and the local token lie in the same file but are no settings: they are shown masked. */
export function secretRow(name: string, context: Context): Listed | undefined {
  if (name !== "key" && name !== "localToken") return undefined;
  const { file } = configPaths(context);
  const stored = readConfigFile(file)[name];
  const value = typeof stored === "string" ? maskSecret(stored) : null;
  return { name, value, from: value === null ? "default" : "config file", source: value === null ? "default" : file };
}

/** What a name means. Throws: ZX_USAGE with what was probably meant. */
export function requireTarget(name: string): KnownTarget {
  const target = findSetting(name);
  if (target.kind !== "unknown") return target;
  const hint = target.suggestion === undefined ? "" : `Did you mean ${target.suggestion}? `;
  throw settingUsage(`there is no setting "${name}"`, `${hint}See \`zenthrex config list\`.`);
}

/** A value for people. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.join(", ");
  return isJsonObject(value)
    ? Object.entries(value)
        .map(([name, model]) => `${name}=${model}`)
        .join(", ") || "-"
    : String(value);
}

/** A mistake in how a setting was named or given. */
export function settingUsage(message: string, fix: string): ZenthrexError {
  return new ZenthrexError("ZX_USAGE", message, { fix });
}
