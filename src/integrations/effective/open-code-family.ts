import { posix, win32 } from "node:path";
import { isJsonObject } from "../../base/json.ts";
import { valueAt } from "../../config/resolve.ts";
import { dotConfig } from "../detect/settings-folder.ts";
import { credentialOfVariable, fileProblems, foundIn, mainModel, winner } from "./found.ts";
import { joinRules } from "./join-rules.ts";
import { openCodeProblems } from "./open-code-problems.ts";
import { proxyFacts, readAsBun } from "./proxy-facts.ts";
import { inlineSettings, type LocatedFile, objectOf, readLocated } from "./read-located.ts";
import { type ShellVariables, shellVariables } from "./shell-variables.ts";
import type {
  ConfiguredEndpoint,
  EffectiveContext,
  Found,
  FoundCredential,
  FoundModel,
  JoinRule,
  LayerName,
  Place,
  ToolFacts,
} from "./types.ts";

/** Where a tool of the opencode family keeps its files, the nearest last. */
export interface FamilyFiles {
  readonly title: string;
  /** Below the user's configuration folder. */
  readonly user: readonly string[];
  /** Below the project. */
  readonly project: readonly string[];
  readonly tool: string;
  /** A variable that names one more file. */
  readonly variable?: string;
  /** A variable that carries settings itself, which win. */
  readonly contentVariable?: string;
  /** Saved logins, below the home directory. */
  readonly logins: string;
}

/** Reads the settings that opencode and what is built on it share. Source: measured with opencode 1.18.33. */
export async function readFamily(
  family: FamilyFiles,
  context: EffectiveContext,
  isInstalled: boolean,
): Promise<Omit<ToolFacts, "tool" | "title">> {
  const shell = await shellVariables(context);
  const all = [...(await configFiles(family, context)), ...inline(family, shell)];
  const files = all.filter(({ text, problem }) => text !== undefined || problem !== undefined);
  const path = context.platform === "win32" ? win32 : posix;
  const logins = await readLocated(path.join(context.home, family.logins), "user", "json");
  const nearest = [...files].reverse();
  const endpoints = endpointsOf(nearest, logins, shell);
  return {
    isPresent: isInstalled || files.length > 0,
    endpoints,
    switches: [],
    proxy: proxyFacts(shell, undefined, readAsBun),
    hasUnreadable: files.some(({ problem }) => problem !== undefined),
    problems: [
      ...fileProblems(files, `${family.title} refuses to start`),
      ...(await openCodeProblems({ ...family, files: nearest, endpoints, context })),
    ],
  };
}

function inline({ contentVariable }: FamilyFiles, shell: ShellVariables): LocatedFile[] {
  const found = contentVariable === undefined ? undefined : shell(contentVariable);
  return contentVariable === undefined || found === undefined || found.text.trim() === ""
    ? []
    : [inlineSettings(contentVariable, found.text, "command-line")];
}

async function configFiles(family: FamilyFiles, context: EffectiveContext): Promise<LocatedFile[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const folder = dotConfig(context);
  const variable = family.variable === undefined ? undefined : context.env[family.variable];
  const places: { file: string; layer: LayerName }[] = [
    ...family.user.map((name) => ({ file: path.join(folder, name), layer: "user" as const })),
    ...(variable === undefined || variable === ""
      ? []
      : [{ file: path.resolve(context.cwd, variable), layer: "command-line" as const }]),
    ...family.project.map((name) => ({ file: path.join(context.cwd, name), layer: "project" as const })),
  ];
  return Promise.all(places.map(({ file, layer }) => readLocated(file, layer, "jsonc")));
}

function endpointsOf(files: readonly LocatedFile[], logins: LocatedFile, shell: ShellVariables): ConfiguredEndpoint[] {
  const read = (path: readonly string[]): Found | undefined => winner(files.map((file) => foundIn(file, path)));
  const ids = new Set(
    files.flatMap((file) => {
      const providers = objectOf(file)["provider"];
      return Object.keys(isJsonObject(providers) ? providers : {});
    }),
  );
  const chosen = [read(["model"]), read(["small_model"])].map((found) => found && { found, ...splitModel(found.text) });
  return [...ids].flatMap((id): ConfiguredEndpoint[] => {
    const base = read(["provider", id, "options", "baseURL"]);
    const [main, small] = chosen.map((model) => (model?.provider === id ? model : undefined));
    const key = read(["provider", id, "options", "apiKey"]);
    const credentials = credentialsOf(id, key, files, logins, shell);
    if (base === undefined && credentials.length === 0) return [];
    const menu = listedModels(files, id);
    const join = joinOf(id, read(["provider", id, "npm"])?.text);
    // A model may go by a name of the user's own.
    const ownId = ({ model }: { model: string }): string =>
      read(["provider", id, "models", model, "id"])?.text ?? model;
    const [basePlace, credentialPlace] = [optionPlace(files, id, "baseURL"), optionPlace(files, id, "apiKey")];
    return [
      {
        label: `provider ${id}`,
        isActive: chosen[0] === undefined || main !== undefined,
        join: join.rule,
        base,
        ...(basePlace === undefined ? {} : { basePlace }),
        ...(credentialPlace === undefined ? {} : { credentialPlace }),
        defaultBase: join.rule.format === "anthropic" ? "https://api.anthropic.com/v1" : "https://api.openai.com/v1",
        credentials: credentials.map((found) => ({ ...found, header: join.header })),
        // What a file of its own holds is read by nobody here.
        ...(key?.text.startsWith("{file:") === true ? { hasHiddenCredential: true as const } : {}),
        models: [
          ...(main === undefined ? menu : chosenModel(main.found, ownId(main), menu)),
          ...(small === undefined
            ? []
            : chosenModel(small.found, ownId(small), menu).map((model) => ({ ...model, role: "background" as const }))),
        ].map((model) => ({ ...model, text: model.requested, prefix: `${id}/` })),
        ...(id === "zenthrex"
          ? { bearsOurName: true as const }
          : { isUsersOwn: true as const, isReplacedBySetup: true as const }),
      },
    ];
  });
}

/** Where an option that a provider lacks would stand: in the user's own file, where that has the provider. */
function optionPlace(files: readonly LocatedFile[], id: string, name: string): Place | undefined {
  const file = files.find(({ layer, values }) => layer === "user" && valueAt(values, ["provider", id]) !== undefined);
  return file?.place(["provider", id, "options", name]);
}

/** A provider of the user's own has the models of its menu alone. */
function chosenModel(found: Found, requested: string, menu: readonly FoundModel[]): FoundModel[] {
  const choices = menu.map(({ place }) => place.keys?.at(-1) ?? "");
  return mainModel(found, requested).map((chosen) => ({ ...chosen, choices }));
}

/** Without a chosen model, the menu's are what may be asked for. */
function listedModels(files: readonly LocatedFile[], id: string): FoundModel[] {
  return files.flatMap((file) => {
    const listed = valueAt(file.values, ["provider", id, "models"]);
    return Object.keys(isJsonObject(listed) ? listed : {}).map((name): FoundModel => {
      const place = file.place(["provider", id, "models", name]);
      const requested = foundIn(file, ["provider", id, "models", name, "id"])?.text ?? name;
      // Its name is a key, which no text can take the place of.
      return { text: requested, requested, place, overridden: [], role: "background", choices: [] };
    });
  });
}

function splitModel(text: string): { provider: string; model: string } {
  const slash = text.indexOf("/");
  return { provider: text.slice(0, Math.max(0, slash)), model: text.slice(slash + 1) };
}

function joinOf(id: string, npm: string | undefined): { rule: JoinRule; header: FoundCredential["header"] } {
  const sdk =
    npm ??
    (id === "anthropic" ? "@ai-sdk/anthropic" : id === "openai" ? "@ai-sdk/openai" : "@ai-sdk/openai-compatible");
  if (sdk === "@ai-sdk/anthropic") return { rule: joinRules.anthropicV1, header: "x-api-key" };
  return { rule: sdk === "@ai-sdk/openai" ? joinRules.responses : joinRules.chat, header: "authorization" };
}

function credentialsOf(
  id: string,
  setting: Found | undefined,
  files: readonly LocatedFile[],
  logins: LocatedFile,
  shell: ShellVariables,
): FoundCredential[] {
  const header = "authorization";
  if (setting === undefined) {
    const saved = foundIn(logins, [id, "key"]);
    if (saved !== undefined) return [{ ...saved, header }];
    const variable = files.flatMap((file) => foundIn(file, ["provider", id, "env", 0]) ?? [])[0];
    return variable === undefined
      ? []
      : credentialOfVariable(variable.text, shell(variable.text), variable.place, header);
  }
  const variable = /^\{env:([^}]+)\}$/.exec(setting.text.trim())?.[1];
  if (variable !== undefined) return credentialOfVariable(variable, shell(variable), setting.place, header);
  if (/^\{file:/.test(setting.text.trim()) || setting.text === "") return [];
  return [{ ...setting, header }];
}
