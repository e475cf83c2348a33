import type { ProbeReport } from "../../doctor/run-probes.ts";
import { integrations } from "../../integrations/registry.ts";

/** What is said to who asks for a tool whose settings can't be read from here, as one that keeps them in itself; undefined for all others. */
export async function unreadTool(
  tool: string | undefined,
  reports: readonly ProbeReport[],
): Promise<string | undefined> {
  if (tool === undefined || reports.some((report) => report.tool === tool)) return undefined;
  const load = (integrations as Readonly<Record<string, (typeof integrations)[keyof typeof integrations]>>)[tool];
  if (load === undefined) return undefined;
  const { title } = (await load()).default;
  return `${title}: its settings can't be read from here; zenthrex setup ${tool} says what belongs in them`;
}
