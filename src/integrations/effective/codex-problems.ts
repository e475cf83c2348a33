import { isJsonObject } from "../../base/json.ts";
import { editDistance } from "../../base/registry.ts";
import { valueAt } from "../../config/resolve.ts";
import { foundIn } from "./found.ts";
import { looksMeant } from "./judge/is-meant.ts";
import { removeFrom, setTo } from "./judge/judging.ts";
import { misnamed, misnamedBase } from "./misnamed.ts";
import { type LocatedFile, objectOf } from "./read-located.ts";
import { placeAddress, showPlace } from "./show-place.ts";
import type { ConfiguredEndpoint, EffectiveContext, Problem } from "./types.ts";

const SELF = { tool: "codex", title: "Codex" } as const;
const SETUP = ["setup", "codex"] as const;

/** Names that a table of the user's own may not have. Source: measured with 0.169.0, its error message. */
const RESERVED: ReadonlySet<string> = new Set(["openai", "ollama", "lmstudio"]);

/** Providers that need no table. */
const BUILT_IN: ReadonlySet<string> = new Set([...RESERVED, "amazon-bedrock"]);

/**
 * What only Codex can have: a provider that is chosen and isn't there, one under a name that is taken, keys in a place where nothing
 * reads them. Source: measured with 0.169.0; developers.openai.com/codex, "Advanced configuration".
 */
export function codexProblems(
  main: LocatedFile,
  project: LocatedFile,
  endpoints: readonly ConfiguredEndpoint[],
  context: EffectiveContext,
): Problem[] {
  const ours = endpoints
    .filter((endpoint) => looksMeant(endpoint, context))
    .map(({ label }) => label.replace(/^provider /, ""));
  const chosen = foundIn(main, ["model_provider"])?.text ?? "";
  // What is none of ours is left to Codex: another version of it may take it.
  const isOurs = ours.length > 0 || editDistance(chosen, "zenthrex") <= 2;
  return [
    ...reservedNames(main, ours),
    ...(isOurs ? [...oldProfile(main), ...unknownProvider(main, ours)] : []),
    ...nestedChoice(main, ours),
    ...providersOf(main).flatMap((id) =>
      misnamedBase(main, { ...SELF, parent: ["model_providers", id], key: "base_url" }, context),
    ),
    // A profile of ours is what setup writes: the user has an address then.
    ...(ours.length > 0 ? [] : inProject(main, project, context)),
  ];
}

function providersOf(file: LocatedFile): string[] {
  const providers = objectOf(file)["model_providers"];
  return Object.keys(isJsonObject(providers) ? providers : {});
}

function reservedNames(main: LocatedFile, ours: readonly string[]): Problem[] {
  return ours
    .filter((id) => RESERVED.has(id))
    .slice(0, 1)
    .map((id): Problem => {
      const keys = ["model_providers", id, "base_url"];
      const place = { ...main.place(foundIn(main, keys) === undefined ? ["model_providers", id] : keys) };
      const cause = `model_providers.${id} (${placeAddress(place)}) takes the name of a provider that is built-in and reserved: Codex refuses to start`;
      const text = `Rename the table and model_provider: [model_providers.mine] and model_provider = "mine"`;
      return { code: "provider-unknown", severity: "error", place, wrong: id, cause, fix: { text } };
    });
}

/** A profile is a file of its own now; the key of old keeps Codex from starting. */
function oldProfile(main: LocatedFile): Problem[] {
  const found = foundIn(main, ["profile"]);
  if (found === undefined) return [];
  const { place, text: name } = found;
  const cause = `${showPlace(place)} is "${name}": Codex has no such key any more and refuses to start; a profile is a file of its own, ${name}.config.toml`;
  const text = `Remove profile from ${placeAddress(place)}, move [profiles.${name}] to ${name}.config.toml beside it, and start codex --profile ${name}`;
  return [
    {
      code: "settings-shape",
      severity: "error",
      place,
      wrong: `profile = "${name}"`,
      cause,
      fix: { ...removeFrom(place), text },
    },
  ];
}

function unknownProvider(main: LocatedFile, ours: readonly string[]): Problem[] {
  const chosen = foundIn(main, ["model_provider"]);
  const known = providersOf(main);
  if (chosen === undefined || known.includes(chosen.text) || BUILT_IN.has(chosen.text)) return [];
  const { place, text } = chosen;
  const right = ours.find((id) => editDistance(id, text) <= 2) ?? ours[0] ?? known[0];
  const cause = `${showPlace(place)} is "${text}", and there is no [model_providers.${text}]: Codex refuses to start`;
  return [
    {
      code: "provider-unknown",
      severity: "error",
      place,
      wrong: text,
      ...(right === undefined ? {} : { right }),
      cause,
      fix: right === undefined ? { text: "Run `zenthrex setup codex`", command: SETUP } : setTo(place, right),
    },
  ];
}

/** In TOML a key below a table's header is the table's: `model_provider` there chooses nothing. */
function nestedChoice(main: LocatedFile, ours: readonly string[]): Problem[] {
  if (foundIn(main, ["model_provider"]) !== undefined) return [];
  const tables = [...providersOf(main).map((id) => ["model_providers", id]), ...topTables(main)];
  return tables.flatMap((table): Problem[] => {
    const found = foundIn(main, [...table, "model_provider"]);
    if (found === undefined || !ours.includes(found.text)) return [];
    const problem = misnamed(found.place, "model_provider above the first [table]", SELF, "loopback");
    const text = `Move model_provider (${placeAddress(found.place)}) above the first line with a [table]`;
    const { edit } = setTo(main.place(["model_provider"]), found.text);
    return [{ ...problem, fix: { text, ...(edit === undefined ? {} : { edit }) } }];
  });
}

function topTables(main: LocatedFile): string[][] {
  const top = objectOf(main);
  return Object.keys(top)
    .filter((name) => name !== "model_providers" && name !== "profiles" && isJsonObject(top[name]))
    .flatMap((name) => [[name], ...Object.keys(objectAt(top[name])).map((key) => [name, key])]);
}

function objectAt(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}

/** A project may not choose where prompts go: Codex passes such keys over. */
function inProject(main: LocatedFile, project: LocatedFile, context: EffectiveContext): Problem[] {
  if (project.path === main.path || foundIn(main, ["model_provider"]) !== undefined) return [];
  const id = foundIn(project, ["model_provider"]);
  const base = id && foundIn(project, ["model_providers", id.text, "base_url"]);
  if (id === undefined || base === undefined || valueAt(project.values, ["model_providers", id.text]) === undefined)
    return [];
  const join = { want: "v1", suffix: "/responses", format: "openai-responses" } as const;
  const endpoint = { label: "", isActive: true, join, base, defaultBase: "", credentials: [], models: [] };
  if (!looksMeant(endpoint, context)) return [];
  const cause = `${showPlace(id.place)} is passed over: in a project Codex reads no provider, so it goes to OpenAI`;
  const text = `Put model_provider and [model_providers.${id.text}] into ${main.path}, or run \`zenthrex setup codex\``;
  return [
    {
      code: "setting-misnamed",
      severity: "error",
      place: id.place,
      wrong: id.text,
      cause,
      fix: { text, command: SETUP },
    },
  ];
}
