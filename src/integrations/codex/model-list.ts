import type { Json } from "../../base/json.ts";
import { type Effort, type Model, modelOrNewest, models } from "../../catalog/models.ts";
import { codexInstructions } from "./instructions.ts";

/** What Codex shows beside a level. */
const levels: Readonly<Record<Effort, string>> = {
  low: "Quick answers, little thinking",
  medium: "Thinks as much as everyday work needs",
  high: "Thinks longer about hard problems",
  xhigh: "Thinks much longer; for long tasks",
  max: "Thinks as long as it takes; the dearest",
};

/** Levels of a model that has no efforts: the daemon makes budgets of tokens of them. */
const budgetLevels: readonly Effort[] = ["low", "medium", "high"];

const DEFAULT_LEVEL: Effort = "medium";

/** The most of a tool's output that goes into the conversation. Units: tokens. */
const TOOL_OUTPUT_TOKENS = 10_000;

/**
 * The list of models that `model_catalog_json` names: the documented ones, and the chosen one where it isn't among them. Without it
 * Codex takes the model for an unknown one: no window, no levels, no apply_patch tool.
 * Shape: the value of `models`. Source: Codex 0.169.0, which names what it misses in a file, and `codex debug models`.
 */
export function codexModelList(chosen: string): { [key: string]: Json }[] {
  const listed = models.filter(({ id, documented }) => documented || id === chosen);
  const all = listed.some(({ id }) => id === chosen) ? listed : [...listed, modelOrNewest(chosen)];
  return all.map(entryOf);
}

function entryOf(model: Model, index: number): { [key: string]: Json } {
  const efforts = model.efforts.length > 0 ? model.efforts : budgetLevels;
  return {
    slug: model.id,
    display_name: model.displayName,
    description: `${model.displayName} through zenthrex`,
    default_reasoning_level: DEFAULT_LEVEL,
    supported_reasoning_levels: efforts.map((effort) => ({ effort, description: levels[effort] })),
    default_reasoning_summary: "auto",
    shell_type: "unified_exec",
    visibility: "list",
    supported_in_api: true,
    priority: index + 1,
    base_instructions: codexInstructions,
    // Claude models have no levels of verbosity.
    support_verbosity: false,
    apply_patch_tool_type: "freeform",
    supports_parallel_tool_calls: true,
    truncation_policy: { mode: "tokens", limit: TOOL_OUTPUT_TOKENS },
    context_window: model.contextTokens,
    max_context_window: model.contextTokens,
    experimental_supported_tools: [],
    input_modalities: ["text", "image"],
  };
}
