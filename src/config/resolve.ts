import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { type Setting, type SettingName, type Settings, settings } from "./schema.ts";

/** Where a value came from: the nearest of command line, environment, config file and default wins. */
export type SettingOrigin = "flag" | "environment" | "config file" | "default";

/** The value of one setting. `source` names the place exactly: "--port", "ZENTHREX_PORT", the file's path. */
export interface ResolvedSetting<T> {
  readonly value: T;
  readonly from: SettingOrigin;
  readonly source: string;
}

/** The values of all settings, each with where it came from. */
export type ResolvedSettings = { readonly [Name in SettingName]: ResolvedSetting<Settings[Name]> };

/** What settings are resolved from. `flags` holds what the command line gave, by setting: text, true or false. */
export interface SettingSources {
  readonly flags?: Readonly<Partial<Record<SettingName, string | boolean>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly values: JsonObject;
  readonly file: string;
}

/**
 * Resolves every setting: flag > environment > config file > default.
 * Throws: ZX_USAGE for a bad flag or variable, ZX_CONFIG_INVALID for a bad value in the file.
 */
export function resolveSettings(sources: SettingSources): ResolvedSettings {
  const resolved = Object.keys(settings).map((name) => [name, resolveSetting(name as SettingName, sources)]);
  return Object.fromEntries(resolved) as ResolvedSettings;
}

/** Resolves one setting. Throws: as `resolveSettings`. */
export function resolveSetting<Name extends SettingName>(
  name: Name,
  sources: SettingSources,
): ResolvedSetting<Settings[Name]> {
  const setting: Setting<Settings[Name]> = settings[name];
  const flag = sources.flags?.[name];
  if (flag !== undefined) {
    const source = flagName(name);
    return { value: parse(setting.fromText, String(flag), source, "ZX_USAGE"), from: "flag", source };
  }
  const text = setting.variable === undefined ? undefined : sources.env[setting.variable];
  if (setting.variable !== undefined && text !== undefined && text !== "") {
    const value = parse(setting.fromText, text, setting.variable, "ZX_USAGE");
    return { value, from: "environment", source: setting.variable };
  }
  const stored = valueAt(sources.values, name.split("."));
  if (stored !== undefined) {
    const value = parse(setting.fromJson, stored, `${name} in ${sources.file}`, "ZX_CONFIG_INVALID");
    return { value, from: "config file", source: sources.file };
  }
  return { value: setting.defaultValue, from: "default", source: "default" };
}

/** The value at a path of an object, or undefined. */
export function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    values,
  );
}

function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function parse<I, T>(parser: (input: I) => T, input: I, source: string, code: "ZX_USAGE" | "ZX_CONFIG_INVALID"): T {
  try {
    return parser(input);
  } catch (error) {
    throw new ZenthrexError(
      code,
      `bad value of ${source}: ${error instanceof Error ? error.message : "not understood"}`,
    );
  }
}
