import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { editDistance } from "../../../base/registry.ts";
import { valueAt } from "../../../config/resolve.ts";
import { findProgram } from "../../detect/find-program.ts";
import { zedSettingsPath } from "../../zed.ts";
import { credential, fileProblems, foundIn } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { looksMeant } from "../judge/is-meant.ts";
import { setTo } from "../judge/judging.ts";
import { misnamedBase } from "../misnamed.ts";
import { type LocatedFile, readLocated } from "../read-located.ts";
import { type ShellVariables, shellVariables } from "../shell-variables.ts";
import { showPlace } from "../show-place.ts";
import type { ConfiguredEndpoint, EffectiveContext, EffectiveReader, FoundModel, Problem } from "../types.ts";

/** Zed: its settings; keys lie in the system's keychain unless a variable is set. Source: Zed's documentation, "Use API access". */
const zed: EffectiveReader = {
  title: "Zed",
  async read(context) {
    const path = context.platform === "win32" ? win32 : posix;
    const shell = await shellVariables(context);
    const user = await readLocated(zedSettingsPath(context), "user", "jsonc");
    const project = await readLocated(path.join(context.cwd, ".zed", "settings.json"), "project", "jsonc");
    const endpoints = endpointsOf(user, shell);
    const files = [project, user].filter(({ text, problem }) => text !== undefined || problem !== undefined);
    return {
      isPresent: (await findProgram("zed", context)) !== undefined || files.includes(user),
      endpoints,
      switches: [],
      hasUnreadable: user.problem !== undefined,
      problems: [...fileProblems(files, "Zed keeps its defaults"), ...zedProblems(user, endpoints, context, shell)],
    };
  },
};

export default zed;

const KINDS = { openai_compatible: joinRules.chat, anthropic_compatible: joinRules.anthropic } as const;

function endpointsOf(file: LocatedFile, shell: ShellVariables): ConfiguredEndpoint[] {
  const selected = valueAt(file.values, ["agent", "default_model", "provider"]);
  const custom = (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) => {
    const providers = valueAt(file.values, ["language_models", kind]);
    return Object.keys(isJsonObject(providers) ? providers : {}).map((id) => ({
      id,
      path: ["language_models", kind, id],
      join: KINDS[kind],
    }));
  });
  const builtIn = [
    { id: "anthropic", path: ["language_models", "anthropic"], join: joinRules.anthropic },
    { id: "openai", path: ["language_models", "openai"], join: joinRules.chat },
  ];
  return [...custom, ...builtIn].flatMap(({ id, path, join }): ConfiguredEndpoint[] => {
    const base = foundIn(file, [...path, "api_url"]);
    if (base === undefined) return [];
    const credentials = credential(shell(keyVariable(id)), join.format === "anthropic" ? "x-api-key" : "authorization");
    return [
      {
        label: `provider ${id}`,
        isActive: selected === undefined || selected === id,
        join,
        base,
        defaultBase: join.format === "anthropic" ? vendorBases.anthropic : vendorBases.openai,
        credentials,
        hasHiddenCredential: true,
        models: listedModels(file, path, selected === id),
        ...(id === "zenthrex" ? { bearsOurName: true } : {}),
      },
    ];
  });
}

/** The variable that a provider's key is read from: "My Gateway" has MY_GATEWAY_API_KEY. */
function keyVariable(id: string): string {
  return `${id.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_API_KEY`;
}

const PARENT = ["language_models"] as const;

/** Keys of other tools that Zed passes over, and a chosen provider that isn't there. */
function zedProblems(
  file: LocatedFile,
  endpoints: readonly ConfiguredEndpoint[],
  context: EffectiveContext,
  shell: ShellVariables,
): Problem[] {
  const self = { tool: "zed", title: "Zed" };
  const custom = (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) => {
    const providers = valueAt(file.values, [...PARENT, kind]);
    return Object.keys(isJsonObject(providers) ? providers : {}).map((id) => ({ id, path: [...PARENT, kind, id] }));
  });
  const ours = endpoints
    .filter((endpoint) => looksMeant(endpoint, context))
    .map(({ label }) => label.replace(/^provider /, ""));
  return [
    ...custom.flatMap(({ path }) => misnamedBase(file, { ...self, parent: path, key: "api_url" }, context)),
    ...custom
      .filter(({ id, path }) => ours.includes(id) && (shell(keyVariable(id))?.text ?? "") === "" && hasKey(file, path))
      .map(({ id, path }): Problem => {
        const place = file.place([...path, "api_key"]);
        const cause = `${showPlace(place)} is nothing that Zed reads: it takes the key from the system's keychain or from ${keyVariable(id)}`;
        const text = `Type the key into Zed's own settings (agent: open settings), or export ${keyVariable(id)} where Zed is started`;
        return { code: "setting-misnamed", severity: "warning", place, cause, fix: { text } };
      }),
    ...unknownChoice(
      file,
      custom.map(({ id }) => id),
      ours,
    ),
  ];
}

function hasKey(file: LocatedFile, path: readonly string[]): boolean {
  return foundIn(file, [...path, "api_key"]) !== undefined;
}

/** Only a name that looks like one of ours: Zed has many providers of its own. */
function unknownChoice(file: LocatedFile, custom: readonly string[], ours: readonly string[]): Problem[] {
  const chosen = foundIn(file, ["agent", "default_model", "provider"]);
  const [first] = ours;
  if (chosen === undefined || first === undefined || custom.includes(chosen.text)) return [];
  const { text, place } = chosen;
  const near = [...ours, "zenthrex", "zentherix"].some((name) => editDistance(name, text.toLowerCase()) <= 2);
  if (!near) return [];
  const right = ours.find((id) => editDistance(id, text) <= 2) ?? first;
  const cause = `${showPlace(place)} is "${text}", and no provider of language_models has that name: Zed has no model to start with`;
  return [{ code: "provider-unknown", severity: "error", place, wrong: text, right, cause, fix: setTo(place, right) }];
}

function listedModels(file: LocatedFile, path: readonly string[], isSelected: boolean): FoundModel[] {
  const listed = valueAt(file.values, [...path, "available_models"]);
  const menu = (Array.isArray(listed) ? listed : []).flatMap((entry: unknown, index): FoundModel[] => {
    const name = isJsonObject(entry) ? entry["name"] : undefined;
    if (typeof name !== "string") return [];
    const place = file.place([...path, "available_models", index, "name"]);
    return [{ text: name, requested: name, place, overridden: [], role: "background" }];
  });
  const chosen = isSelected ? foundIn(file, ["agent", "default_model", "model"]) : undefined;
  return chosen === undefined ? menu : [{ ...chosen, requested: chosen.text, role: "main" }, ...menu];
}
