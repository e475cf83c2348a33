import type { HubAnyTool, HubToolChoice } from "../anthropic/hub.ts";

/**
 * The choice that makes the model answer through the JSON tool: at once where there is no other tool, else instead of plain text.
 * A tool that the caller forces comes first.
 */
export function jsonToolChoice(
  jsonTool: string,
  tools: readonly HubAnyTool[],
  choice: HubToolChoice | undefined,
): HubToolChoice {
  if (choice?.type === "tool") return choice;
  if (tools.length === 0 || choice?.type === "none") return { type: "tool", name: jsonTool };
  return choice?.disable_parallel_tool_use === true
    ? { type: "any", disable_parallel_tool_use: true }
    : { type: "any" };
}
