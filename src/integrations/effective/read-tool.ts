import { type EffectiveToolName, effectiveReaders } from "./registry.ts";
import type { EffectiveContext, ToolFacts } from "./types.ts";

/** Reads everything that decides where a tool goes. Writes nothing; what it gives holds secrets. */
export async function readTool(name: EffectiveToolName, context: EffectiveContext): Promise<ToolFacts> {
  const { default: reader } = await effectiveReaders[name]();
  return { tool: name, title: reader.title, ...(await reader.read(context)) };
}
