import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { mergeNoProxy } from "../../integrations/detect/no-proxy.ts";
import type { ChildFileStep, Step, Target } from "../../integrations/types.ts";
import type { Context } from "../context.ts";
import { childEnvironment } from "../system-context.ts";
import type { Launch } from "./find-launch.ts";

/**
 * Starts a program for a daemon: its variables, and where a tool's own files would beat them a temporary file (0600, in a folder of
 * its own), gone when the program ends. Nothing of the user's is written.
 * Shape: the program's exit code. Throws: ZX_USAGE when the arguments bring what only we can; ZX_CHECK_FAILED when it can't be started.
 */
export async function runLaunch(
  launch: Launch,
  args: readonly string[],
  targetOf: (tool: Launch["tools"][number]) => Promise<Target>,
  context: Context,
): Promise<number> {
  const steps: Step[] = [];
  for (const tool of launch.tools) steps.push(...tool.integration.plan(tool.status, await targetOf(tool)));
  const files = steps.filter((step) => step.kind === "child-file");
  refuseOwnArguments(files, args, launch.program);
  const env = environmentOf(steps, context);
  const words = steps.flatMap((step) => (step.kind === "child-arguments" ? step.args : []));
  if (files.length === 0) return context.attach(launch.program, [...words, ...args], env);
  const folder = mkdtempSync(join(tmpdir(), "zenthrex-run-"));
  try {
    const own = files.flatMap((file) => placed(file, folder));
    return await context.attach(launch.program, [...own, ...words, ...args], env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function environmentOf(steps: readonly Step[], { env }: Context): Record<string, string> {
  const child = childEnvironment(env);
  // Also for what the tool itself starts.
  child["NO_PROXY"] = mergeNoProxy(child["NO_PROXY"]);
  if (child["no_proxy"] !== undefined) child["no_proxy"] = mergeNoProxy(child["no_proxy"]);
  for (const step of steps) {
    if (step.kind !== "env") continue;
    for (const name of step.unset ?? []) delete child[name];
    Object.assign(child, step.variables);
  }
  return child;
}

function placed({ name, text, argument, setting }: ChildFileStep, folder: string): [argument: string, value: string] {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  return [argument, setting === undefined ? path : `${setting}=${JSON.stringify(path)}`];
}

/** A tool takes such an argument once: the user's would undo ours, or ours the user's. */
function refuseOwnArguments(files: readonly ChildFileStep[], args: readonly string[], program: string): void {
  for (const { argument, setting } of files) {
    // Settings of any name come behind it; of one given twice the user's, the last, counts.
    if (setting !== undefined) continue;
    if (args.some((word) => word === argument || word.startsWith(`${argument}=`))) {
      throw new ZenthrexError(
        "ZX_USAGE",
        `${argument} can't be given to ${program} here: zenthrex run brings its own`,
        {
          fix: "Put those settings into the tool's own files, or set the tool up: zenthrex setup.",
        },
      );
    }
  }
}
