import { stat } from "node:fs/promises";
import { posix, win32 } from "node:path";
import { isJsonObject } from "../../base/json.ts";
import { editDistance } from "../../base/registry.ts";
import { valueAt } from "../../config/resolve.ts";
import { foundIn } from "./found.ts";
import { looksMeant } from "./judge/is-meant.ts";
import { setTo } from "./judge/judging.ts";
import { misnamed, misnamedBase } from "./misnamed.ts";
import { type LocatedFile, objectOf } from "./read-located.ts";
import { placeAddress, showPlace } from "./show-place.ts";
import type { ConfiguredEndpoint, EffectiveContext, Found, Problem } from "./types.ts";

/** What was read of a tool of the family. `files`: the nearest first. */
export interface OpenCodeReading {
  readonly tool: string;
  readonly title: string;
  readonly files: readonly LocatedFile[];
  readonly endpoints: readonly ConfiguredEndpoint[];
  readonly context: EffectiveContext;
}

/**
 * What only opencode and what is built on it can have: providers that are switched off, models that aren't listed, keys in files.
 * Source: opencode.ai/docs/config; measured with opencode 1.18.33, which says "Unexpected server error" to most of it.
 */
export async function openCodeProblems(reading: OpenCodeReading): Promise<Problem[]> {
  return [
    ...plural(reading),
    ...misplacedBases(reading),
    ...modelProblems(reading),
    ...switchedOff(reading),
    ...(await missingKeyFiles(reading)),
  ];
}

/** The block is called `provider`; one called `providers` is passed over without a word. */
function plural({ files, tool, title, context }: OpenCodeReading): Problem[] {
  return files.flatMap((file): Problem[] => {
    const block = objectOf(file)["providers"];
    if (!isJsonObject(block) || objectOf(file)["provider"] !== undefined) return [];
    const bases = Object.keys(block).flatMap((id) => foundIn(file, ["providers", id, "options", "baseURL"]) ?? []);
    const ours = bases.some((base) => looksMeant(endpointAt(base), context));
    return ours ? [misnamed(file.place(["providers"]), "provider", { tool, title }, "loopback")] : [];
  });
}

function endpointAt(base: Found): ConfiguredEndpoint {
  const join = { want: "v1", suffix: "/chat/completions", format: "openai-chat" } as const;
  return { label: "", isActive: true, join, base, defaultBase: "", credentials: [], models: [] };
}

function misplacedBases({ files, tool, title, context }: OpenCodeReading): Problem[] {
  const chosen = nearest(files, ["model"])?.text.split("/")[0];
  return files.flatMap((file) =>
    providersOf(file).flatMap((id) => {
      // What isn't chosen has no effect, and is left behind where setup has written a provider of its own.
      if (chosen !== undefined && chosen !== "" && chosen !== id) return [];
      const isElsewhere = files.some(
        (each) => valueAt(each.values, ["provider", id, "options", "baseURL"]) !== undefined,
      );
      if (isElsewhere) return [];
      const home = { tool, title, parent: ["provider", id, "options"], key: "baseURL", beside: [["provider", id]] };
      // `api` beside the options is read: it is where the catalog of providers has the address.
      return misnamedBase(file, home, context).filter(({ place }) => place?.name !== `provider.${id}.api`);
    }),
  );
}

function providersOf(file: LocatedFile): string[] {
  const providers = objectOf(file)["provider"];
  return Object.keys(isJsonObject(providers) ? providers : {});
}

/** `model` is "provider/model", of a provider that is there, and one of the models that it lists. */
function modelProblems(reading: OpenCodeReading): Problem[] {
  const { files, title } = reading;
  const model = nearest(files, ["model"]);
  const ours = oursOf(reading);
  const [first] = ours;
  if (model === undefined || model.text === "" || first === undefined) return [];
  const say = (code: Problem["code"], right: string, cause: string): Problem[] => [
    { code, severity: "error", place: model.place, wrong: model.text, right, cause, fix: setTo(model.place, right) },
  ];
  const where = `${showPlace(model.place)} is ${model.text}`;
  const slash = model.text.indexOf("/");
  if (slash < 0) {
    const right = `${first}/${model.text}`;
    return say("provider-unknown", right, `${where}, without a provider before it: ${title} finds no such model`);
  }
  const [provider, name] = [model.text.slice(0, slash), model.text.slice(slash + 1)];
  const known = new Set(files.flatMap(providersOf));
  const near = known.has(provider) ? undefined : ours.find((id) => editDistance(id, provider) <= 2);
  if (near !== undefined) {
    return say(
      "provider-unknown",
      `${near}/${name}`,
      `${where}, and no provider has the name ${provider}: ${near} has`,
    );
  }
  if (!ours.includes(provider) || isCatalogued(provider) || listed(files, provider).has(name)) return [];
  // A menu of its own is what a provider of the user's wants; without one it isn't loaded at all.
  const [other] = listed(files, provider);
  const cause = `${where}, which provider.${provider}.models doesn't list: ${title} knows no other model of a provider of your own`;
  if (other !== undefined) return say("model-unlisted", `${provider}/${other}`, cause);
  const fix = { text: `Add "models": {"${name}": {}} to provider.${provider} in ${model.place.file}` };
  return [{ code: "model-unlisted", severity: "error", place: model.place, wrong: model.text, cause, fix }];
}

/** Providers of its catalog have models of their own. */
function isCatalogued(id: string): boolean {
  return ["anthropic", "openai", "openrouter", "google"].includes(id);
}

function listed(files: readonly LocatedFile[], id: string): ReadonlySet<string> {
  return new Set(
    files.flatMap((file) => {
      const models = valueAt(file.values, ["provider", id, "models"]);
      return Object.keys(isJsonObject(models) ? models : {});
    }),
  );
}

/** The ids of the providers that are meant for zenthrex. */
function oursOf({ endpoints, context }: OpenCodeReading): string[] {
  return endpoints
    .filter((endpoint) => looksMeant(endpoint, context))
    .map(({ label }) => label.replace(/^provider /, ""));
}

/** `disabled_providers` holds what isn't loaded, `enabled_providers` all that is. */
function switchedOff(reading: OpenCodeReading): Problem[] {
  const { files, title } = reading;
  const chosen = nearest(files, ["model"])?.text.split("/")[0];
  const used = oursOf(reading).filter((id) => chosen === undefined || chosen === id);
  return used.flatMap((id): Problem[] => {
    const off = files.find((file) => listAt(file, "disabled_providers")?.includes(id));
    const on = files.find((file) => listAt(file, "enabled_providers") !== undefined);
    const key = off === undefined ? "enabled_providers" : "disabled_providers";
    const file = off ?? (on !== undefined && listAt(on, "enabled_providers")?.includes(id) !== true ? on : undefined);
    if (file === undefined) return [];
    const place = file.place([key]);
    const how = off === undefined ? "leaves out" : "holds";
    const text = off === undefined ? `Add "${id}" to ${key} in` : `Take "${id}" out of ${key} in`;
    const cause = `${showPlace(place)} ${how} ${id}: ${title} doesn't load that provider, and knows none of its models`;
    return [
      {
        code: "provider-off",
        severity: "error",
        place,
        wrong: id,
        cause,
        fix: { text: `${text} ${placeAddress(place)}` },
      },
    ];
  });
}

function listAt(file: LocatedFile, key: string): readonly unknown[] | undefined {
  const list = objectOf(file)[key];
  return Array.isArray(list) ? list : undefined;
}

/** A key may be named by its file: "{file:~/.secrets/key}". What is in it is read by nobody here. */
async function missingKeyFiles({ files, endpoints, title, context }: OpenCodeReading): Promise<Problem[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const problems = endpoints.map(async ({ label }): Promise<Problem[]> => {
    const keys = ["provider", label.replace(/^provider /, ""), "options", "apiKey"];
    const key = nearest(files, keys);
    const name = /^\{file:(.+)\}$/.exec(key?.text.trim() ?? "")?.[1];
    if (key === undefined || name === undefined) return [];
    const file = name.startsWith("~/")
      ? path.join(context.home, name.slice(2))
      : path.resolve(path.dirname(key.place.file ?? context.cwd), name);
    if ((await stat(file).catch(() => undefined)) !== undefined) return [];
    const cause = `${showPlace(key.place)} takes the key from ${file}, which isn't there: ${title} refuses to start`;
    const fix = { text: `Write the key into ${file}, or the right path into ${placeAddress(key.place)}` };
    return [{ code: "credential-source-missing", severity: "error", place: key.place, wrong: name, cause, fix }];
  });
  return (await Promise.all(problems)).flat();
}

function nearest(files: readonly LocatedFile[], path: readonly string[]): Found | undefined {
  return files.map((file) => foundIn(file, path)).find((found) => found !== undefined);
}
