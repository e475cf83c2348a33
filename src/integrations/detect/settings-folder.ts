import { posix, win32 } from "node:path";
import type { IntegrationContext } from "../types.ts";

/** Where programs keep settings on Linux, and many of them everywhere: XDG_CONFIG_HOME, else `~/.config`. */
export function dotConfig({ env, home, platform }: IntegrationContext): string {
  const path = platform === "win32" ? win32 : posix;
  const named = env["XDG_CONFIG_HOME"];
  return named !== undefined && path.isAbsolute(named) ? named : path.join(home, ".config");
}

/** A path below the home directory, or below the folder that a variable names. */
export function homePath(
  { env, home, cwd, platform }: IntegrationContext,
  variable: string | undefined,
  folder: string,
  ...names: readonly string[]
): string {
  const path = platform === "win32" ? win32 : posix;
  const moved = variable === undefined ? undefined : env[variable];
  const base = moved !== undefined && moved !== "" ? path.resolve(cwd, moved) : path.join(home, folder);
  return path.join(base, ...names);
}
