import type { JsonObject } from "../base/json.ts";
import { type ConfigPaths, configPaths } from "../config/paths.ts";
import { readConfigFile } from "../config/read.ts";
import { type ResolvedSettings, resolveSettings } from "../config/resolve.ts";
import { isSettingName, type SettingName } from "../config/schema.ts";
import type { Invocation } from "./command.ts";
import type { Context } from "./context.ts";

/** What the config file, the environment and the command line say together. */
export interface Configuration {
  readonly paths: ConfigPaths;
  readonly values: JsonObject;
  readonly settings: ResolvedSettings;
}

/** Reads the configuration of a command. Options that are named like a setting set it. Throws: as the config layer does. */
export function loadConfiguration(context: Context, options: Invocation["options"] = {}): Configuration {
  const paths = configPaths(context);
  const values = readConfigFile(paths.file);
  const settings = resolveSettings({ flags: settingFlags(options), env: context.env, values, file: paths.file });
  return { paths, values, settings };
}

/** The options of a command line that are settings. */
export function settingFlags(options: Invocation["options"]): Partial<Record<SettingName, string | boolean>> {
  const flags: Partial<Record<SettingName, string | boolean>> = {};
  for (const [name, value] of Object.entries(options)) {
    if (isSettingName(name) && (typeof value === "string" || typeof value === "boolean")) flags[name] = value;
  }
  return flags;
}
