import { realpathSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { Context } from "./context.ts";

/**
 * How this program can be called in another shell: `zenthrex` where that is it on the PATH, else Node and the program by their whole
 * paths. Shape: words, not quoted.
 */
export function selfCommand(context: Context): readonly string[] {
  return isOnPath(context) ? ["zenthrex"] : [context.nodePath, context.programPath];
}

/** The same for people to read and type: in the checkout itself `node bin/zenthrex.js` is shorter. */
export function selfCommandForPeople(context: Context): string {
  if (isOnPath(context)) return "zenthrex";
  const path = context.platform === "win32" ? win32 : posix;
  const nearer = path.relative(context.cwd, context.programPath);
  const isNear = context.cwd !== "" && !nearer.startsWith("..") && !path.isAbsolute(nearer);
  return `node ${isNear ? nearer : context.programPath}`;
}

function isOnPath({ env, platform, programPath }: Context): boolean {
  const [path, separator, name] =
    platform === "win32" ? ([win32, ";", "zenthrex.cmd"] as const) : ([posix, ":", "zenthrex"] as const);
  return (env["PATH"] ?? env["Path"] ?? "")
    .split(separator)
    .filter((folder) => path.isAbsolute(folder))
    .some((folder) => leadsTo(path.join(folder, name), programPath, platform));
}

/** On Windows npm writes a script beside the package instead of a link: that it exists has to do. */
function leadsTo(candidate: string, programPath: string, platform: NodeJS.Platform): boolean {
  try {
    const real = realpathSync(candidate);
    return platform === "win32" || real === programPath;
  } catch {
    return false;
  }
}
