import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { findProgram } from "../../detect/find-program.ts";
import { homePath } from "../../detect/settings-folder.ts";
import { readDotEnv } from "../dot-env.ts";
import { credential, fileProblems, foundIn, mainModel, named, winner } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { type LocatedFile, readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import type { ConfiguredEndpoint, EffectiveReader, Found, Place } from "../types.ts";

/** Qwen Code: variables of the shell, `.env` and `settings.json`, by the selected kind of login. Source: measured with @qwen-code/qwen-code 0.24.4. */
const qwenCode: EffectiveReader = {
  title: "Qwen Code",
  async read(context) {
    const path = context.platform === "win32" ? win32 : posix;
    const shell = await shellVariables(context);
    const user = homePath(context, "QWEN_HOME", ".qwen");
    const all = await Promise.all([
      readLocated(path.join(context.cwd, ".qwen", "settings.json"), "project", "jsonc"),
      readLocated(path.join(user, "settings.json"), "user", "jsonc"),
    ]);
    const files = all.filter(({ text, problem }) => text !== undefined || problem !== undefined);
    const dotEnv = await readDotEnv(path.join(user, ".env"), "user");
    const setting = (keys: readonly string[]): Found | undefined => winner(files.map((file) => foundIn(file, keys)));
    const variable = (name: string): Found | undefined =>
      winner([shell(name), dotEnv(name), ...files.map((file) => foundIn(file, ["env", name]))]);
    const isInstalled = (await findProgram("qwen", context)) !== undefined;
    // Texts of the settings may name a variable. Source: its documentation, "Settings".
    const filled = (found: Found | undefined): Found | undefined => {
      const name = /^\$(?:\{(\w+)\}|(\w+))$/.exec(found?.text ?? "");
      const value = name === null ? undefined : variable(name[1] ?? name[2] ?? "");
      return found === undefined || value === undefined ? found : { ...found, text: value.text };
    };
    const type = setting(["security", "auth", "selectedType"])?.text;
    const hasOwn = files.some((file) => valueAt(file.values, ["security", "auth"]) !== undefined) || type !== undefined;
    return {
      isPresent: isInstalled || files.length > 0,
      endpoints:
        isInstalled || hasOwn
          ? endpointOf(type, (keys) => filled(setting(keys)), variable, routeOf(type, files, setting))
          : [],
      switches: [],
      proxy: proxyFacts(shell),
      hasUnreadable: files.some(({ problem }) => problem !== undefined),
      problems: fileProblems(files, "Qwen Code refuses to start"),
    };
  },
};

export default qwenCode;

/** The entry of `modelProviders` that the chosen model has. */
interface Route {
  readonly base: Found | undefined;
  /** Where its address would stand. */
  readonly basePlace?: Place;
  /** The name of the variable that holds its key. */
  readonly keyName: Found | undefined;
  readonly isUsersOwn: boolean;
  /** The models of its kind that can be chosen. */
  readonly choices: readonly string[];
}

function routeOf(
  type: string | undefined,
  files: readonly LocatedFile[],
  setting: (keys: readonly string[]) => Found | undefined,
): Route {
  const model = setting(["model", "name"])?.text;
  for (const file of files) {
    const list = valueAt(file.values, ["modelProviders", type ?? "openai"]);
    const entries: readonly unknown[] = Array.isArray(list) ? list : [];
    const index = entries.findIndex((entry) => isJsonObject(entry) && entry["id"] === model);
    const entry = entries[index];
    if (!isJsonObject(entry)) continue;
    const placeOf = (...key: readonly string[]): Place =>
      file.place(["modelProviders", type ?? "openai", index, ...key]);
    const found = (name: string): Found | undefined => {
      const text = entry[name];
      const place = placeOf(name);
      return typeof text === "string" ? { text, place, overridden: [] } : undefined;
    };
    return {
      base: found("baseUrl"),
      basePlace: { ...placeOf(), ...named(placeOf("baseUrl")) },
      keyName: found("envKey"),
      isUsersOwn: !String(entry["name"]).endsWith("(Zenthrex)"),
      choices: entries.flatMap((one) => (isJsonObject(one) && typeof one["id"] === "string" ? [one["id"]] : [])),
    };
  }
  return { base: undefined, keyName: undefined, isUsersOwn: false, choices: [] };
}

function endpointOf(
  type: string | undefined,
  setting: (keys: readonly string[]) => Found | undefined,
  variable: (name: string) => Found | undefined,
  route: Route,
): ConfiguredEndpoint[] {
  const isAnthropic = type === "anthropic";
  const vendor = isAnthropic ? "ANTHROPIC" : "OPENAI";
  const base = route.base ?? setting(["security", "auth", "baseUrl"]) ?? variable(`${vendor}_BASE_URL`);
  const own = route.keyName === undefined ? undefined : variable(route.keyName.text);
  const credentials = credential(
    own ?? setting(["security", "auth", "apiKey"]) ?? variable(`${vendor}_API_KEY`),
    "authorization",
  );
  if (base === undefined && credentials.length === 0) return [];
  const chat = type === "openai-responses" ? joinRules.responses : joinRules.chat;
  return [
    {
      label: `login ${type ?? "openai"}`,
      isActive: true,
      join: isAnthropic ? joinRules.anthropic : chat,
      base,
      ...(route.basePlace === undefined ? {} : { basePlace: route.basePlace }),
      ...(route.isUsersOwn ? { isUsersOwn: true as const } : {}),
      defaultBase: isAnthropic ? vendorBases.anthropic : vendorBases.openai,
      credentials,
      models: mainModel(setting(["model", "name"]) ?? variable(`${vendor}_MODEL`)).map((model) =>
        route.isUsersOwn ? { ...model, choices: route.choices } : model,
      ),
    },
  ];
}
