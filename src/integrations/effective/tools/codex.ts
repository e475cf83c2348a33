import { readdir } from "node:fs/promises";
import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { maskSecret } from "../../../base/redact.ts";
import { valueAt } from "../../../config/resolve.ts";
import { findProgram } from "../../detect/find-program.ts";
import { homePath } from "../../detect/settings-folder.ts";
import { codexProblems } from "../codex-problems.ts";
import { credential, credentialOfVariable, fileProblems, foundIn, mainModel } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { credentialKind } from "../judge/credential-kind.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { type LocatedFile, objectOf, readLocated } from "../read-located.ts";
import { type ShellVariables, shellVariables } from "../shell-variables.ts";
import { placeAddress, showPlace } from "../show-place.ts";
import type { ConfiguredEndpoint, EffectiveContext, EffectiveReader, FoundCredential, Problem } from "../types.ts";

/** OpenAI's Codex: `config.toml`, and profile files beside it. Source: measured with @openai/codex 0.169.0. */
const codex: EffectiveReader = {
  title: "Codex",
  async read(context) {
    const shell = await shellVariables(context);
    const files = await configFiles(context);
    const [main] = files;
    const project = await readLocated(projectFile(context), "project", "toml");
    const present = files.filter(({ text, problem }) => text !== undefined || problem !== undefined);
    const endpoints = present.flatMap((file) => endpointsOf(file, file === main || isOwnProfile(file), shell));
    return {
      isPresent: (await findProgram("codex", context)) !== undefined || present.length > 0,
      endpoints,
      switches: [],
      proxy: proxyFacts(shell),
      hasUnreadable: present.some(({ problem }) => problem !== undefined),
      problems: [
        ...fileProblems(present, "Codex refuses to start"),
        ...present.flatMap(wireProblems),
        ...present.flatMap((file) => keyNameProblems(file)),
        ...(main === undefined ? [] : codexProblems(main, project, endpoints, context)),
      ],
    };
  },
};

export default codex;

/** `config.toml` first; then the profiles, each a file of its own. */
async function configFiles(context: EffectiveContext): Promise<LocatedFile[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const folder = homePath(context, "CODEX_HOME", ".codex");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[\w-]+\.config\.toml$/.test(name)).sort();
  return Promise.all(["config.toml", ...names].map((name) => readLocated(path.join(folder, name), "user", "toml")));
}

function projectFile(context: EffectiveContext): string {
  const path = context.platform === "win32" ? win32 : posix;
  return path.join(context.cwd, ".codex", "config.toml");
}

/** What `zenthrex setup codex` writes: in use as soon as Codex is started with `--profile zenthrex`. */
function isOwnProfile({ path }: LocatedFile): boolean {
  return /[\\/]zenthrex\.config\.toml$/.test(path);
}

function endpointsOf(file: LocatedFile, isMain: boolean, shell: ShellVariables): ConfiguredEndpoint[] {
  const values = objectOf(file);
  const profile = values["profile"];
  const own = typeof profile === "string" ? valueAt(values, ["profiles", profile]) : undefined;
  const selected = (isJsonObject(own) ? own["model_provider"] : undefined) ?? values["model_provider"];
  const providers = values["model_providers"];
  return Object.keys(isJsonObject(providers) ? providers : {}).flatMap((id): ConfiguredEndpoint[] => {
    const path = ["model_providers", id];
    const base = foundIn(file, [...path, "base_url"]);
    if (base === undefined) return [];
    const profiles = isJsonObject(own) ? foundIn(file, ["profiles", String(profile), "model"]) : undefined;
    const isSelected = id === selected;
    return [
      {
        label: `provider ${id}`,
        isActive: isMain && isSelected,
        join: joinRules.responses,
        base,
        defaultBase: vendorBases.openai,
        credentials: credentialsOf(file, path, shell),
        // The login of Codex itself, or a program that prints a key.
        ...(foundIn(file, [...path, "requires_openai_auth"])?.text === "true" ||
        isJsonObject(valueAt(file.values, [...path, "auth"]))
          ? { hasHiddenCredential: true as const }
          : {}),
        models: isSelected ? mainModel(profiles ?? foundIn(file, ["model"])) : [],
        ...(id === "zenthrex" ? { bearsOurName: true } : {}),
      },
    ];
  });
}

function credentialsOf(file: LocatedFile, path: readonly string[], shell: ShellVariables): FoundCredential[] {
  const inFile = credential(foundIn(file, [...path, "experimental_bearer_token"]), "authorization");
  const variable = foundIn(file, [...path, "env_key"]);
  const inHeaders = headerCredentials(file, path, shell);
  if (inFile.length > 0 || variable === undefined || holdsKey(variable.text)) return [...inFile, ...inHeaders];
  if (inHeaders.length > 0 && shell(variable.text) === undefined) return inHeaders;
  return credentialOfVariable(variable.text, shell(variable.text), variable.place, "authorization");
}

const HEADERS = { "x-api-key": "x-api-key", authorization: "authorization" } as const;

/** `http_headers` has values, `env_http_headers` the names of variables that hold them. */
function headerCredentials(file: LocatedFile, path: readonly string[], shell: ShellVariables): FoundCredential[] {
  const tables = ["http_headers", "env_http_headers"].flatMap((table) => {
    const headers = valueAt(file.values, [...path, table]);
    return Object.keys(isJsonObject(headers) ? headers : {}).map((name) => [table, name] as const);
  });
  return tables.flatMap(([table, name]): FoundCredential[] => {
    const header = Object.entries(HEADERS).find(([known]) => known === name.toLowerCase())?.[1];
    const found = foundIn(file, [...path, table, name]);
    if (header === undefined || found === undefined) return [];
    const sent =
      table === "http_headers"
        ? credential(found, header)
        : credentialOfVariable(found.text, shell(found.text), found.place, header);
    return sent.map((one) => ({ ...one, text: one.text.replace(/^Bearer\s+/i, "") }));
  });
}

function holdsKey(name: string): boolean {
  return credentialKind(name) !== "unknown" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

function providersOf(file: LocatedFile): string[] {
  const providers = objectOf(file)["model_providers"];
  return Object.keys(isJsonObject(providers) ? providers : {});
}

/** One such provider keeps Codex from reading the file at all. */
function wireProblems(file: LocatedFile): Problem[] {
  return providersOf(file).flatMap((id): Problem[] => {
    const found = foundIn(file, ["model_providers", id, "wire_api"]);
    if (found === undefined || found.text === "responses") return [];
    const place = found.place;
    return [
      {
        code: "wire-api-chat",
        severity: "error",
        place,
        wrong: found.text,
        right: "responses",
        cause: `${showPlace(place)} is "${found.text}", which Codex no longer has: it refuses to start`,
        fix: {
          text: `Set wire_api = "responses" at ${placeAddress(place)}, or run \`zenthrex setup codex\``,
          command: ["setup", "codex"],
        },
      },
    ];
  });
}

function keyNameProblems(file: LocatedFile): Problem[] {
  return providersOf(file).flatMap((id): Problem[] => {
    const found = foundIn(file, ["model_providers", id, "env_key"]);
    if (found === undefined || !holdsKey(found.text)) return [];
    return [
      {
        code: "credential-in-env-key",
        severity: "error",
        place: found.place,
        wrong: maskSecret(found.text),
        right: "the name of a variable",
        cause: `${showPlace(found.place)} holds a key itself: env_key is the name of a variable, and Codex says that it is missing`,
        fix: {
          text: `Put the name of a variable there (${placeAddress(found.place)}) and export it, or run \`zenthrex setup codex\``,
          command: ["setup", "codex"],
        },
      },
    ];
  });
}
