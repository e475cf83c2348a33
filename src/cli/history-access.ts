import { hostname, uptime } from "node:os";
import { stateDirectory } from "../config/paths.ts";
import { historyFolder } from "../history/folder.ts";
import type { ProcessFacts } from "../history/writers.ts";
import type { Context } from "./context.ts";

/** The folder in which the requests of one upstream are recorded; those of `serve --sandbox` have their own. */
export function historyFolderOf(origin: string | "sandbox", context: Context): string {
  return historyFolder(stateDirectory(context), origin);
}

/** What history asks about processes. */
export function processFacts(context: Context): ProcessFacts {
  return {
    pid: context.pid,
    host: hostname(),
    bootedAtMs: context.clock.now() - uptime() * 1000,
    isRunning: (pid) => context.kill(pid, 0) !== "gone",
  };
}
