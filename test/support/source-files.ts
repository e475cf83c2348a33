import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The repository's root, with a trailing slash. */
export const root: string = new URL("../..", import.meta.url).pathname;

/** All files below a folder of the repository that end with one of the suffixes. Shape: paths from the root, sorted. */
export function filesBelow(folder: string, suffixes: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && suffixes.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

/** One import of a source file: static, type-only or dynamic. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** The imports of a source file, read from its text (the code style keeps every specifier a plain string literal). */
export function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)";/gms)) {
    found.push({ specifier: match[2] as string, typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)(\.[A-Z])?/g)) {
    found.push({ specifier: match[1] as string, typeOnly: match[2] !== undefined });
  }
  return found;
}
