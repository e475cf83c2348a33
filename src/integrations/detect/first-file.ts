import { stat } from "node:fs/promises";

/** The first of several files that is there; else the last, which is where a new one goes. */
export async function firstFile(paths: readonly [string, ...string[]]): Promise<string> {
  for (const path of paths) if ((await stat(path).catch(() => undefined)) !== undefined) return path;
  return paths.at(-1) ?? paths[0];
}
