import { ZenthrexError } from "../../base/errors.ts";
import type { Registry } from "../../base/registry.ts";
import { findProgram } from "../../integrations/detect/find-program.ts";
import type { Integration, Status } from "../../integrations/types.ts";
import type { Context } from "../context.ts";

/** What is to be started: a tool that zenthrex knows, or any program with the variables of both SDKs. */
export interface Launch {
  readonly program: string;
  /** Whose plans make the environment. */
  readonly tools: readonly { readonly integration: Integration; readonly status: Status }[];
}

/**
 * Finds out what a name means: a tool by its id or its program, or a program.
 * Throws: ZX_USAGE for a tool that can't be started from here, and for a program that is not there.
 */
export async function findLaunch(name: string, registry: Registry<Integration>, context: Context): Promise<Launch> {
  const known = await Promise.all(
    Object.entries(registry).map(async ([id, load]) => ({ id, integration: (await load()).default })),
  );
  const tool = known.find(({ id, integration }) => id === name || integration.program === name);
  if (tool !== undefined && tool.id === name && tool.integration.program === undefined) {
    const isProgram = (await findProgram(name, context)) !== undefined && tool.integration.place === "library";
    if (!isProgram) throw notStartable(name, tool.integration);
  }
  const own = tool?.integration.program;
  const program = await findExecutable(own ?? name, tool?.integration.places?.(context) ?? [], context);
  const used =
    own === undefined ? known.filter(({ id }) => id.endsWith("-sdk")) : known.filter(({ id }) => id === tool?.id);
  const tools = used.map(async ({ integration }) => ({ integration, status: await integration.detect(context) }));
  return { program, tools: await Promise.all(tools) };
}

/** A whole path stays; a bare name is looked for on PATH and nowhere else, least of all in the working directory. */
async function findExecutable(name: string, places: readonly string[], context: Context): Promise<string> {
  if (/[\\/]/.test(name)) return name;
  const found = await findProgram(name, context, places);
  if (found !== undefined) return found;
  throw new ZenthrexError("ZX_USAGE", `there is no program "${name}" on the PATH`, {
    fix: "Install it, or name it by its whole path.",
  });
}

function notStartable(name: string, { title, place }: Integration): ZenthrexError {
  const fix =
    place === "library"
      ? "Name the program that uses it: zenthrex run -- python app.py."
      : `Set it up instead: zenthrex setup ${name}.`;
  return new ZenthrexError("ZX_USAGE", `${title} is no program that can be started here`, { fix });
}
