import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { findProgram } from "../../detect/find-program.ts";
import { zedSettingsPath } from "../../zed.ts";
import { credential, fileProblems, foundIn } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { type LocatedFile, readLocated } from "../read-located.ts";
import { type ShellVariables, shellVariables } from "../shell-variables.ts";
import type { ConfiguredEndpoint, EffectiveReader, FoundModel } from "../types.ts";

/** Zed: its settings; keys lie in the system's keychain unless a variable is set. Source: Zed's documentation, "Use API access". */
const zed: EffectiveReader = {
  title: "Zed",
  async read(context) {
    const path = context.platform === "win32" ? win32 : posix;
    const shell = await shellVariables(context);
    const user = await readLocated(zedSettingsPath(context), "user", "jsonc");
    const project = await readLocated(path.join(context.cwd, ".zed", "settings.json"), "project", "jsonc");
    const files = [project, user].filter(({ text, problem }) => text !== undefined || problem !== undefined);
    return {
      isPresent: (await findProgram("zed", context)) !== undefined || files.includes(user),
      endpoints: endpointsOf(user, shell),
      switches: [],
      hasUnreadable: user.problem !== undefined,
      problems: fileProblems(files, "Zed keeps its defaults"),
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
    const variable = `${id.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_API_KEY`;
    const credentials = credential(shell(variable), join.format === "anthropic" ? "x-api-key" : "authorization");
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
