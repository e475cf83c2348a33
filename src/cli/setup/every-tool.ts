import { readdir } from "node:fs/promises";
import { errorRow, ZenthrexError } from "../../base/errors.ts";
import type { Registry } from "../../base/registry.ts";
import { undoTool } from "../../integrations/files/undo.ts";
import type { Integration } from "../../integrations/types.ts";
import type { ExitCode, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeNote } from "../note.ts";
import { writeJson, writeLine } from "../output.ts";
import { applySetup } from "./apply-setup.ts";
import { keepStatusline } from "./keep-statusline.ts";
import type { ListedTool } from "./list-tools.ts";
import type { PointedTool } from "./offer-daemon.ts";
import { resolveTarget } from "./resolve-target.ts";
import { fileEnvironment, loadTool, type ToolSetup } from "./tool-setup.ts";
import { undoSetup } from "./undo-setup.ts";

/** The tools that `--all` means: installed, with settings that can be written, and tried with the tool unless `--write` is there. */
export function writableTools(list: readonly ListedTool[], options: Invocation["options"]): ToolSetup[] {
  const mayWrite = ({ verified }: Integration): boolean => verified !== "docs-only" || options["write"] === true;
  return list
    .map(({ tool }) => tool)
    .filter(({ integration, status }) => integration.place === "app" && status.installed && status.files.length > 0)
    .filter(({ integration }) => mayWrite(integration));
}

/** Sets up several tools, one after the other; what is wrong with one doesn't keep the others from it. */
export async function setUpEvery(
  tools: readonly ToolSetup[],
  options: Invocation["options"],
  context: Context,
): Promise<{ readonly exitCode: ExitCode; readonly pointed: readonly PointedTool[] }> {
  const pointed: PointedTool[] = [];
  if (tools.length === 0) {
    writeLine(context.stdout, "No tool that setup can write for was found here. See them all: zenthrex setup --list");
    return { exitCode: 0, pointed };
  }
  const exitCode = await everyOf(tools, options, context, async (tool, each) => {
    const settled = await keepStatusline(tool, options, each);
    const target = await resolveTarget(settled.options, tool, loadConfiguration(each, options), each);
    const outcome = await applySetup(settled.tool, target, settled.options, each);
    if (outcome.pointed !== undefined) pointed.push(outcome.pointed);
    return outcome.exitCode;
  });
  return { exitCode, pointed };
}

/** Takes back everything that setup did, also for tools that this version doesn't know any more. Needs no daemon. */
export async function undoEvery(
  registry: Registry<Integration>,
  options: Invocation["options"],
  context: Context,
): Promise<ExitCode> {
  const files = fileEnvironment(context);
  const receipts = (await readdir(files.receiptsFolder).catch(() => []))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));
  const tools = await Promise.all(Object.keys(registry).map((id) => loadTool(id, registry, context)));
  const touched = tools.filter(
    ({ id, status }) => receipts.includes(id) || status.files.some(({ recognised }) => recognised.length > 0),
  );
  const unknown = receipts.filter((id) => !Object.hasOwn(registry, id));
  if (touched.length + unknown.length === 0) {
    writeLine(options["json"] === true ? context.stderr : context.stdout, "There is nothing to undo.");
    return 0;
  }
  const known = await everyOf(touched, options, context, (tool, each) => undoSetup(tool, options, each));
  if (options["dryRun"] === true) return known;
  for (const id of unknown) {
    await undoTool(id, [], files);
    writeNote(context, "note", `${id} is not known to this version: what its receipt says was taken back`);
  }
  return known;
}

/** Works on one tool after the other. Shape: the exit code of the last that failed, 0 when none did; with --json one object for all. */
async function everyOf(
  tools: readonly ToolSetup[],
  options: Invocation["options"],
  context: Context,
  work: (tool: ToolSetup, context: Context) => Promise<ExitCode>,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const results: unknown[] = [];
  for (const tool of tools) {
    let text = "";
    const collect = (part: string): void => {
      text += part;
    };
    const stdout = { ...context.stdout, write: collect };
    const each = options["json"] === true ? { ...context, stdout } : context;
    try {
      const code = await work(tool, each);
      if (code !== 0) exitCode = code;
      if (text !== "") results.push(JSON.parse(text));
    } catch (error) {
      if (!(error instanceof ZenthrexError)) throw error;
      const { code, message, fix } = error;
      results.push({ version: 1, tool: tool.id, error: { code, message, fix } });
      writeNote(context, "error", `${tool.integration.title}: ${message}\nfix:   ${fix}`);
      exitCode = errorRow(code).exitCode as ExitCode;
    }
  }
  if (options["json"] === true) writeJson(context.stdout, { version: 1, tools: results });
  return exitCode;
}
