import { judgeTool } from "./judge-tool.ts";
import { type EffectiveToolName, effectiveReaders } from "./registry.ts";
import type { EffectiveContext, EffectiveTool } from "./types.ts";

/** What is effective for one tool, and what is wrong with it. Writes nothing; nothing in the answer is a secret. */
export async function effectiveTool(name: EffectiveToolName, context: EffectiveContext): Promise<EffectiveTool> {
  const { default: reader } = await effectiveReaders[name]();
  const facts = await reader.read(context);
  return judgeTool({ tool: name, title: reader.title, ...facts }, context);
}
