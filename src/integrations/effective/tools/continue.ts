import { posix, win32 } from "node:path";
import { valueAt } from "../../../config/resolve.ts";
import { hasExtension } from "../../detect/find-extension.ts";
import { findProgram } from "../../detect/find-program.ts";
import { homePath } from "../../detect/settings-folder.ts";
import { readDotEnv } from "../dot-env.ts";
import { credential, credentialOfVariable, fileProblems, mainModel, named } from "../found.ts";
import { joinRules } from "../join-rules.ts";
import { misnamedBase } from "../misnamed.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { type LocatedFile, readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import type { ConfiguredEndpoint, EffectiveReader, Found, FoundCredential, Place } from "../types.ts";

/** Continue: the models of its `config.yaml`. Source: measured with @continuedev/cli 1.5.47. */
const continueTool: EffectiveReader = {
  title: "Continue",
  async read(context) {
    const path = context.platform === "win32" ? win32 : posix;
    const shell = await shellVariables(context);
    const folder = homePath(context, "CONTINUE_GLOBAL_DIR", ".continue");
    const [yaml, json, dotEnv] = await Promise.all([
      readLocated(path.join(folder, "config.yaml"), "user", "yaml"),
      readLocated(path.join(folder, "config.json"), "user", "jsonc"),
      readDotEnv(path.join(folder, ".env"), "user"),
    ]);
    // The old file counts until there is a new one. Source: docs.continue.dev, "config.json reference".
    const file = yaml.text === undefined && yaml.problem === undefined ? json : yaml;
    const isInstalled =
      (await findProgram("cn", context)) !== undefined || (await hasExtension("continue.continue", context));
    return {
      isPresent: isInstalled || file.text !== undefined || file.problem !== undefined,
      endpoints: endpointsOf(file, (name) => dotEnv(name) ?? shell(name)),
      switches: [],
      proxy: proxyFacts(shell),
      hasUnreadable: file.problem !== undefined,
      problems: [
        ...fileProblems([file], "Continue falls back to no models of yours"),
        ...modelsOf(file).flatMap((_, index) =>
          misnamedBase(
            file,
            { tool: "continue", title: "Continue", parent: ["models", index], key: "apiBase" },
            context,
          ),
        ),
      ],
    };
  },
};

export default continueTool;

function endpointsOf(file: LocatedFile, secret: (name: string) => Found | undefined): ConfiguredEndpoint[] {
  return modelsOf(file).flatMap((_, index): ConfiguredEndpoint[] => {
    const provider = readAt(file, index, "provider")?.text;
    const isAnthropic = provider === "anthropic";
    if (!isAnthropic && provider !== "openai") return [];
    const base = readAt(file, index, "apiBase");
    const name = readAt(file, index, "name")?.text;
    const place = (key: string): Place => ({
      ...file.place(["models", index]),
      ...named(file.place(["models", index, key])),
    });
    return [
      {
        label: `model "${name ?? index + 1}"`,
        isActive: true,
        join: isAnthropic ? joinRules.anthropicV1 : joinRules.chat,
        base,
        basePlace: place("apiBase"),
        credentialPlace: place("apiKey"),
        ...(name === "Zenthrex" ? {} : { isUsersOwn: true as const }),
        defaultBase: isAnthropic ? "https://api.anthropic.com/v1" : "https://api.openai.com/v1",
        credentials: credentialsOf(readAt(file, index, "apiKey"), secret, isAnthropic ? "x-api-key" : "authorization"),
        models: mainModel(readAt(file, index, "model")),
      },
    ];
  });
}

function modelsOf(file: LocatedFile): readonly unknown[] {
  const models = valueAt(file.values, ["models"]);
  return Array.isArray(models) ? models : [];
}

/** A list's elements are found by their number, which plain lookups don't know. */
function readAt(file: LocatedFile, index: number, name: string): Found | undefined {
  const value = valueAt(modelsOf(file)[index], [name]);
  if (typeof value !== "string") return undefined;
  return { text: value, place: file.place(["models", index, name]), overridden: [] };
}

function credentialsOf(
  setting: Found | undefined,
  secret: (name: string) => Found | undefined,
  header: FoundCredential["header"],
): FoundCredential[] {
  const variable = /^\$\{\{\s*(?:secrets\.)?([\w.-]+)\s*\}\}$/.exec(setting?.text.trim() ?? "")?.[1];
  if (setting === undefined || variable === undefined) return credential(setting, header);
  return credentialOfVariable(variable, secret(variable), setting.place, header);
}
