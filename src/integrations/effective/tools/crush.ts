import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { crushSettingsPath } from "../../crush.ts";
import { findProgram } from "../../detect/find-program.ts";
import { readCrushScript } from "../crush-script.ts";
import { credential, credentialOfVariable, fileProblems, foundIn, winner } from "../found.ts";
import { joinRules } from "../join-rules.ts";
import { misnamedBase } from "../misnamed.ts";
import { type LocatedFile, objectOf, readLocated } from "../read-located.ts";
import { type ShellVariables, shellVariables } from "../shell-variables.ts";
import type {
  ConfiguredEndpoint,
  EffectiveContext,
  EffectiveReader,
  Found,
  FoundCredential,
  FoundModel,
} from "../types.ts";

/** Crush: `crushrc` and `crush.json` of the user and of the project. It leaves loopback out of the company proxy by itself, as Go programs do. Source: Crush's README. */
const crush: EffectiveReader = {
  title: "Crush",
  async read(context) {
    const shell = await shellVariables(context);
    const files = (await configFiles(context, shell)).filter(
      ({ text, problem }) => text !== undefined || problem !== undefined,
    );
    return {
      isPresent: (await findProgram("crush", context)) !== undefined || files.length > 0,
      endpoints: endpointsOf(files, shell),
      switches: [],
      hasUnreadable: files.some(({ problem }) => problem !== undefined),
      problems: [
        ...fileProblems(files, "Crush refuses to start"),
        ...files.flatMap((file) =>
          providersOf(file).flatMap((id) =>
            misnamedBase(file, { tool: "crush", title: "Crush", parent: ["providers", id], key: "base_url" }, context),
          ),
        ),
      ],
    };
  },
};

export default crush;

/** The nearest first; in one folder the script wins. */
async function configFiles(context: EffectiveContext, shell: ShellVariables): Promise<LocatedFile[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const user = crushSettingsPath(context);
  const files = await Promise.all([
    readCrushScript(path.join(context.cwd, ".crushrc"), shell),
    readCrushScript(path.join(context.cwd, "crushrc"), shell),
    readLocated(path.join(context.cwd, ".crush.json"), "project", "jsonc"),
    readLocated(path.join(context.cwd, "crush.json"), "project", "jsonc"),
    readCrushScript(path.join(path.dirname(user), "crushrc"), shell),
    readLocated(user, "user", "jsonc"),
  ]);
  return files.filter((file) => file !== undefined);
}

function providersOf(file: LocatedFile): string[] {
  const providers = objectOf(file)["providers"];
  return Object.keys(isJsonObject(providers) ? providers : {});
}

function endpointsOf(files: readonly LocatedFile[], shell: ShellVariables): ConfiguredEndpoint[] {
  const read = (path: readonly (string | number)[]): Found | undefined =>
    winner(files.map((file) => foundIn(file, path)));
  const ids = new Set(files.flatMap(providersOf));
  const selected = read(["models", "large", "provider"])?.text;
  return [...ids].flatMap((id): ConfiguredEndpoint[] => {
    const base = read(["providers", id, "base_url"]);
    if (base === undefined) return [];
    const isAnthropic = read(["providers", id, "type"])?.text === "anthropic";
    const header = isAnthropic ? "x-api-key" : "authorization";
    return [
      {
        label: `provider ${id}`,
        isActive: selected === undefined || selected === id,
        join: isAnthropic ? joinRules.anthropicV1 : joinRules.chat,
        base,
        defaultBase: isAnthropic ? "https://api.anthropic.com/v1" : "https://api.openai.com/v1",
        credentials: credentialsOf(read(["providers", id, "api_key"]), shell, header),
        models: selected === id ? chosenModels(read) : [],
        ...(id === "zenthrex" ? { bearsOurName: true } : {}),
      },
    ];
  });
}

function chosenModels(read: (path: readonly string[]) => Found | undefined): FoundModel[] {
  const [large, small] = ["large", "small"].map((size) => read(["models", size, "model"]));
  return [
    ...(large === undefined ? [] : [{ ...large, requested: large.text, role: "main" as const }]),
    ...(small === undefined ? [] : [{ ...small, requested: small.text, role: "background" as const }]),
  ];
}

function credentialsOf(
  setting: Found | undefined,
  shell: ShellVariables,
  header: FoundCredential["header"],
): FoundCredential[] {
  const variable = /^\$\{?([A-Za-z_]\w*)(?::[?-][^}]*)?\}?$/.exec(setting?.text.trim() ?? "")?.[1];
  if (setting === undefined || variable === undefined) return credential(setting, header);
  return credentialOfVariable(variable, shell(variable), setting.place, header);
}
