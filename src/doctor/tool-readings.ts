import { readTool } from "../integrations/effective/read-tool.ts";
import type { EffectiveToolName } from "../integrations/effective/registry.ts";
import type { EffectiveContext, ToolFacts } from "../integrations/effective/types.ts";
import { remembered } from "./remembered.ts";

/** The settings of the tools of this machine, each tool's read once a run. */
export interface ToolReadings {
  /** What they are read and judged with. */
  readonly context: EffectiveContext;
  read(name: EffectiveToolName): Promise<ToolFacts>;
}

/** Makes the readings of a run. */
export function createToolReadings(context: EffectiveContext): ToolReadings {
  const read = new Map<EffectiveToolName, Promise<ToolFacts>>();
  return { context, read: (name) => remembered(read, name, () => readTool(name, context)) };
}
