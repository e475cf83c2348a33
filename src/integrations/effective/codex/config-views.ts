import { readdir, stat } from "node:fs/promises";
import { posix, win32 } from "node:path";
import { isJsonObject, type JsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { homePath } from "../../detect/settings-folder.ts";
import { type LocatedFile, objectOf, readLocated } from "../read-located.ts";
import type { EffectiveContext } from "../types.ts";

/** The files that decide what Codex does. `profiles`: those that `--profile <name>` lays over `config.toml`, each by itself. */
export interface CodexFiles {
  readonly main: LocatedFile;
  readonly profiles: readonly LocatedFile[];
  /** Of the project that the folder belongs to, the nearest last; empty where Codex doesn't trust it. */
  readonly project: readonly LocatedFile[];
}

/** Reads them all. Source: measured with @openai/codex 0.169.0. */
export async function readCodexFiles(context: EffectiveContext): Promise<CodexFiles> {
  const path = context.platform === "win32" ? win32 : posix;
  const folder = homePath(context, "CODEX_HOME", ".codex");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[\w-]+\.config\.toml$/.test(name)).sort();
  const [main, profiles] = await Promise.all([
    readLocated(path.join(folder, "config.toml"), "user", "toml"),
    Promise.all(names.map((name) => readLocated(path.join(folder, name), "user", "toml"))),
  ]);
  return { main, profiles, project: await projectFiles(main, folder, context) };
}

/** Codex takes a project's settings, but for its providers, once the user trusts the project or the repository around it. */
async function projectFiles(
  main: LocatedFile,
  folder: string,
  { cwd, platform }: EffectiveContext,
): Promise<LocatedFile[]> {
  const path = platform === "win32" ? win32 : posix;
  const upwards = [cwd];
  for (let at = cwd; path.dirname(at) !== at; at = path.dirname(at)) upwards.push(path.dirname(at));
  const isThere = (file: string): Promise<boolean> =>
    stat(file).then(
      () => true,
      () => false,
    );
  const isRoot = await Promise.all(upwards.map((at) => isThere(path.join(at, ".git"))));
  const inside = upwards.slice(0, Math.max(isRoot.indexOf(true), 0) + 1);
  const projects = objectOf(main)["projects"];
  const isTrusted = inside.some((at) => valueAt(projects, [at, "trust_level"]) === "trusted");
  if (!isTrusted) return [];
  const paths = inside.reverse().map((at) => path.join(at, ".codex", "config.toml"));
  const own = path.join(folder, "config.toml");
  return Promise.all(paths.filter((file) => file !== own).map((file) => readLocated(file, "project", "toml")));
}

/** What setup writes: in use as soon as Codex is started with `--profile zenthrex`. */
export function isOwnProfile({ path }: Pick<LocatedFile, "path">): boolean {
  return /[\\/]zenthrex\.config\.toml$/.test(path);
}

/** One file laid over another: what the upper one says counts, and stands there. */
export function laidOver(upper: LocatedFile, lower: LocatedFile): LocatedFile {
  const values = merged(objectOf(lower), objectOf(upper));
  const stands = (path: readonly (string | number)[]): LocatedFile =>
    valueAt(upper.values, path.map(String)) === undefined ? lower : upper;
  return { ...upper, values, place: (path) => stands(path).place(path) };
}

function merged(lower: JsonObject, upper: JsonObject): JsonObject {
  const both = Object.entries(upper).map(([name, value]) => {
    const beneath = lower[name];
    return [name, isJsonObject(beneath) && isJsonObject(value) ? merged(beneath, value) : value];
  });
  return { ...lower, ...Object.fromEntries(both) };
}
