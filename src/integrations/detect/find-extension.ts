import { readdir } from "node:fs/promises";
import { posix, win32 } from "node:path";
import type { IntegrationContext } from "../types.ts";

// Each editor of the family keeps its extensions below the home directory. Source: their documentation, "Where are extensions installed".
const FOLDERS = [".vscode", ".vscode-insiders", ".vscode-oss", ".vscode-server", ".cursor"];

/** True when an editor of the VS Code family has an extension, by its id "publisher.name". */
export async function hasExtension(
  id: string,
  { home, platform }: Pick<IntegrationContext, "home" | "platform">,
): Promise<boolean> {
  const path = platform === "win32" ? win32 : posix;
  if (!path.isAbsolute(home)) return false;
  for (const folder of FOLDERS) {
    const names = await readdir(path.join(home, folder, "extensions")).catch(() => []);
    if (names.some((name) => name.toLowerCase().startsWith(`${id}-`))) return true;
  }
  return false;
}
