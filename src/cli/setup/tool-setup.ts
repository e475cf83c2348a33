import { join } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { nearest, type Registry } from "../../base/registry.ts";
import { configPaths } from "../../config/paths.ts";
import type { FileEnvironment } from "../../integrations/files/apply.ts";
import type { Integration, Status } from "../../integrations/types.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { writeLine } from "../output.ts";
import { mayAsk } from "./resolve-target.ts";

/** A tool that setup works on: what it is, what was found of it, and where receipts go. */
export interface ToolSetup {
  readonly id: string;
  readonly integration: Integration;
  readonly status: Status;
  readonly files: FileEnvironment;
}

/** Loads a tool by its name and looks at what there is of it. Throws: ZX_USAGE for a name that is none. */
export async function loadTool(name: string, tools: Registry<Integration>, context: Context): Promise<ToolSetup> {
  const load = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (load === undefined) {
    const meant = nearest(name, Object.keys(tools));
    throw new ZenthrexError("ZX_USAGE", `there is no tool "${name}"`, {
      fix: `${meant === undefined ? "" : `Did you mean ${meant}? `}The tools are: ${Object.keys(tools).join(", ")}.`,
    });
  }
  const { default: integration } = await load();
  return { id: name, integration, status: await integration.detect(context), files: fileEnvironment(context) };
}

/** Where receipts lie and what time it is. */
export function fileEnvironment(context: Context): FileEnvironment {
  return { receiptsFolder: join(configPaths(context).directory, "receipts"), nowMs: context.clock.now() };
}

/** Shows a change and asks for it, where somebody is there to answer; everywhere else naming the tool was the answer. */
export async function confirm(
  question: string,
  diff: string,
  options: Invocation["options"],
  context: Context,
): Promise<boolean> {
  if (!mayAsk(options, context)) return true;
  writeLine(context.stderr, diff.trimEnd());
  const answer = (await context.stdin.readLine(question)).trim().toLowerCase();
  if (["", "y", "yes"].includes(answer)) return true;
  writeLine(context.stdout, "Nothing was changed.");
  return false;
}
