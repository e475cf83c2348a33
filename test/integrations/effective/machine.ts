import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { judgeTool } from "../../../src/integrations/effective/judge-tool.ts";
import { readTool } from "../../../src/integrations/effective/read-tool.ts";
import type { EffectiveToolName } from "../../../src/integrations/effective/registry.ts";
import type { EffectiveContext, EffectiveTool, PortHolder } from "../../../src/integrations/effective/types.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

export const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
export const staleToken = "zxl_GFEDCBAzyxwvutsrqponmlkjihgfedcba9876543210";
export const key = "zk_live_0123456789abcdef";
export const hosted = "https://api.zentherixapi.xyz";
export const daemon = "http://127.0.0.1:19368";

/** A machine that a test describes: files below the home, variables, and who answers on which port. */
export interface Machine {
  readonly files?: Readonly<Record<string, string | object>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: Readonly<Record<number, PortHolder>>;
  readonly programs?: readonly string[];
  readonly upstreamOrigin?: string;
  readonly aliases?: Readonly<Record<string, string>>;
  /** Where the command is run; the folder `project` of the home, if nothing else is said. */
  readonly cwd?: string;
}

/** Builds the machine in a temporary home; the daemon runs unless `ports` says otherwise. */
export function effectiveMachine(machine: Machine): EffectiveContext {
  const home = temporaryHome();
  const all = { ...machine.files, ...Object.fromEntries((machine.programs ?? []).map((name) => [`bin/${name}`, ""])) };
  mkdirSync(join(home, "project"));
  for (const [name, content] of Object.entries(all)) {
    const path = join(home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`);
    if (name.startsWith("bin/")) chmodSync(path, 0o755);
  }
  return {
    env: { PATH: join(home, "bin"), ...machine.env },
    home,
    cwd: join(home, machine.cwd ?? "project"),
    platform: "linux",
    managedFolder: join(home, "managed"),
    upstreamOrigin: machine.upstreamOrigin ?? hosted,
    daemonPort: 19368,
    localToken: token,
    aliases: machine.aliases ?? {},
    identifyPort: async (port) => ({ 19368: "ours" as const, ...machine.ports })[port] ?? "nothing",
    exec: async () => ({ exitCode: 127, stdout: "" }),
  };
}

/** What is effective for a tool, as it is. */
export async function effectiveIn(tool: EffectiveToolName, context: EffectiveContext): Promise<EffectiveTool> {
  return judgeTool(await readTool(tool, context), context);
}

/** What is effective for a tool on such a machine. Paths are shortened to `~`. */
export async function effectiveOn(tool: EffectiveToolName, machine: Machine): Promise<EffectiveTool> {
  const context = effectiveMachine(machine);
  const found = await effectiveIn(tool, context);
  return JSON.parse(JSON.stringify(found).replaceAll(context.home, "~")) as EffectiveTool;
}
