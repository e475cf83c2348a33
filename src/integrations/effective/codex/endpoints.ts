import { isJsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { credential, credentialOfVariable, foundIn, mainModel, winner } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { credentialKind } from "../judge/credential-kind.ts";
import { type LocatedFile, objectOf } from "../read-located.ts";
import type { ShellVariables } from "../shell-variables.ts";
import type { ApartEntry, ConfiguredEndpoint, FoundCredential, FoundModel } from "../types.ts";
import { type CodexFiles, isOwnProfile, laidOver } from "./config-views.ts";

/** The provider that Codex has of itself. */
const BUILT_IN = "openai";

/** Where Codex goes: with `config.toml` alone, and with each profile over it. */
export function codexEndpoints({ main, profiles, project }: CodexFiles, shell: ShellVariables): ConfiguredEndpoint[] {
  const chosen = selectedIn(main);
  const all = providersIn(main).map((id) => endpointOf(main, id, id === chosen, shell));
  return [
    ...all.flatMap((endpoint) => endpoint ?? []).map((one) => (one.isActive ? withProject(one, project) : one)),
    ...builtIn(main, chosen === undefined || chosen === BUILT_IN, shell),
    ...profiles.flatMap((profile) => inProfile(profile, main, shell)),
  ];
}

/** The provider that a file chooses. */
export function selectedIn(file: LocatedFile): string | undefined {
  return foundIn(file, ["model_provider"])?.text;
}

/** The providers that a file describes. */
export function providersIn(file: LocatedFile): string[] {
  const providers = objectOf(file)["model_providers"];
  return Object.keys(isJsonObject(providers) ? providers : {});
}

/** True for a text that can't be the name of a variable: a key, mostly. */
export function holdsKey(name: string): boolean {
  return credentialKind(name) !== "unknown" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** What a profile makes of it; nothing where it leaves the provider and the model as they are. */
function inProfile(profile: LocatedFile, main: LocatedFile, shell: ShellVariables): ConfiguredEndpoint[] {
  const view = laidOver(profile, main);
  const id = selectedIn(view);
  const isSilent = ["model", "model_provider", `model_providers.${id}`].every(
    (name) => valueAt(profile.values, name.split(".")) === undefined,
  );
  const endpoint = id === undefined || isSilent ? undefined : endpointOf(view, id, true, shell);
  return endpoint === undefined ? [] : [{ ...endpoint, isActive: isOwnProfile(profile) }];
}

function endpointOf(
  file: LocatedFile,
  id: string,
  isActive: boolean,
  shell: ShellVariables,
): ConfiguredEndpoint | undefined {
  const path = ["model_providers", id];
  const base = foundIn(file, [...path, "base_url"]);
  if (base === undefined) return undefined;
  const { place } = base;
  const isOwn = isOwnProfile({ path: place.file ?? "" });
  const wantsLogin = ["requires_openai_auth", "auth"].some(
    (name) => (valueAt(file.values, [...path, name]) ?? false) !== false,
  );
  return {
    label: `provider ${id}`,
    isActive,
    join: joinRules.responses,
    base,
    defaultBase: vendorBases.openai,
    credentials: credentialsOf(file, path, shell),
    // The key of `codex login`, or what a program of the user's own prints.
    ...(wantsLogin ? { hasHiddenCredential: true } : {}),
    models: isActive ? mainModel(foundIn(file, ["model"])) : [],
    losesLineEnds: true,
    ...(id === "zenthrex" ? { bearsOurName: true } : {}),
    ...(isOwn || place.file === undefined ? {} : { apart: apartEntry(place.file, file, path) }),
  };
}

function apartEntry(file: string, values: LocatedFile, path: readonly string[]): ApartEntry {
  const instead = [[...path, "env_key"]].filter((keys) => foundIn(values, keys) !== undefined);
  return { file, syntax: "toml", credential: [...path, "experimental_bearer_token"], instead };
}

/** The variable wins over the token in the file, and Codex asks for it where it isn't set; headers are sent beside. Source: as above. */
function credentialsOf(file: LocatedFile, path: readonly string[], shell: ShellVariables): FoundCredential[] {
  const token = credential(foundIn(file, [...path, "experimental_bearer_token"]), "authorization");
  const variable = foundIn(file, [...path, "env_key"]);
  const headers = headersOf(file, path, shell);
  if (variable === undefined || variable.text === "" || holdsKey(variable.text)) return [...token, ...headers];
  return [...credentialOfVariable(variable.text, shell(variable.text), variable.place, "authorization"), ...headers];
}

/** Credentials that stand among the headers of a provider, plainly or as the name of a variable. */
function headersOf(file: LocatedFile, path: readonly string[], shell: ShellVariables): FoundCredential[] {
  return ["http_headers", "env_http_headers"].flatMap((table) => {
    const headers = valueAt(file.values, [...path, table]);
    return Object.keys(isJsonObject(headers) ? headers : {}).flatMap((name) => {
      const header = /^(?:x-api-key|authorization)$/i.exec(name)?.[0].toLowerCase();
      const found = foundIn(file, [...path, table, name]);
      const value = table === "http_headers" ? found : found && shell(found.text);
      if (header === undefined || value === undefined) return [];
      const text = value.text.replace(/^bearer\s+/i, "");
      return credential({ ...value, text }, header === "x-api-key" ? header : "authorization");
    });
  });
}

/** `openai_base_url` moves the provider that Codex has of itself; its key is what `codex login` keeps, or CODEX_API_KEY. */
function builtIn(main: LocatedFile, isActive: boolean, shell: ShellVariables): ConfiguredEndpoint[] {
  const base = foundIn(main, ["openai_base_url"]);
  if (base === undefined) return [];
  const variable = credential(shell("CODEX_API_KEY"), "authorization");
  return [
    {
      label: "OpenAI, which is built-in,",
      isActive,
      join: joinRules.responses,
      base,
      defaultBase: vendorBases.openai,
      credentials: variable,
      ...(variable.length === 0 ? { hasHiddenCredential: true } : {}),
      models: isActive ? mainModel(foundIn(main, ["model"])) : [],
      losesLineEnds: true,
      apart: { file: main.path, syntax: "toml", instead: [] },
    },
  ];
}

/** A project chooses its model over the user's; its providers are ignored, and Codex says so itself. */
function withProject(endpoint: ConfiguredEndpoint, project: readonly LocatedFile[]): ConfiguredEndpoint {
  const [own] = endpoint.models;
  const nearest = [...project].reverse().map((file) => foundIn(file, ["model"]));
  const model = winner([...nearest, own]);
  return model === undefined ? endpoint : { ...endpoint, models: mainModel(model) as readonly FoundModel[] };
}
