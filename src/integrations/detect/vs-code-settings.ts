import { stat } from "node:fs/promises";
import { posix, win32 } from "node:path";
import type { IntegrationContext } from "../types.ts";

const PRODUCTS = ["Code", "Code - Insiders", "VSCodium"];

/**
 * The user settings of each VS Code on this machine: one whose `User` folder exists. The file itself need not be there.
 * Source: VS Code documentation, "User and workspace settings".
 */
export async function vsCodeSettings(context: IntegrationContext): Promise<string[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const base = editorFolder(context);
  if (!path.isAbsolute(base)) return [];
  const folders = PRODUCTS.map((product) => path.join(base, product, "User"));
  const found = await Promise.all(folders.map((folder) => stat(folder).catch(() => undefined)));
  return folders.filter((_, index) => found[index]?.isDirectory()).map((folder) => path.join(folder, "settings.json"));
}

function editorFolder({ env, home, platform }: IntegrationContext): string {
  if (platform === "win32") return env["APPDATA"] ?? win32.join(home, "AppData", "Roaming");
  if (platform === "darwin") return posix.join(home, "Library", "Application Support");
  const named = env["XDG_CONFIG_HOME"];
  return named !== undefined && posix.isAbsolute(named) ? named : posix.join(home, ".config");
}
