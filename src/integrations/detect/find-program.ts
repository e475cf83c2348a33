import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { posix, win32 } from "node:path";
import type { IntegrationContext } from "../types.ts";

/** The path of a program: on PATH, or in one of the places where its installer puts it; undefined when there is none. */
export async function findProgram(
  name: string,
  context: Pick<IntegrationContext, "env" | "platform">,
  places: readonly string[] = [],
): Promise<string | undefined> {
  const isWindows = context.platform === "win32";
  const path = isWindows ? win32 : posix;
  const variable = context.env["PATH"] ?? context.env["Path"] ?? "";
  const folders = variable.split(isWindows ? ";" : ":").filter((folder) => path.isAbsolute(folder));
  const names = isWindows ? [`${name}.exe`, `${name}.cmd`, `${name}.ps1`] : [name];
  const candidates = [...folders.flatMap((folder) => names.map((file) => path.join(folder, file))), ...places];
  for (const candidate of candidates) if (await isProgram(candidate)) return candidate;
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
