import type { Model } from "../../../catalog/models.ts";
import { type Block, type MessagesRequest, thinks } from "../../messages-request.ts";
import { isSealedThinking, isSignedThinking } from "../../thinking-signature.ts";
import { firstProblem } from "./first-problem.ts";

const leastBudgetTokens = 1_024;
const isThinkingBlock = (block: Block | undefined): boolean =>
  block?.type === "thinking" || block?.type === "redacted_thinking";

function checkMode({ thinking }: MessagesRequest, model: Model): string | undefined {
  if (thinking === undefined || model.thinking.some((mode) => mode === thinking.type)) return undefined;
  if (thinking.type === "adaptive") return "adaptive thinking is not supported on this model";
  const instead = model.thinking.includes("adaptive")
    ? ' Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
    : "";
  return `"thinking.type.${thinking.type}" is not supported for this model.${instead}`;
}

function* settingProblems(request: MessagesRequest, model: Model): Generator<string | undefined> {
  const { thinking, toolChoice, maxTokens, body } = request;
  yield checkMode(request, model);
  if (thinking?.display === "updates" && !request.betas.some((beta) => beta.startsWith("thinking-display-updates-"))) {
    yield `thinking.${thinking.type}.display: Input should be 'summarized' or 'omitted'`;
  }
  if (thinking?.type === "enabled") {
    const budget = thinking.budget_tokens ?? 0;
    if (budget < leastBudgetTokens) {
      yield `thinking.enabled.budget_tokens: Input should be greater than or equal to ${leastBudgetTokens}`;
    }
    if (budget >= maxTokens) yield "`max_tokens` must be greater than `thinking.budget_tokens`.";
  }
  if (!thinks(request)) return;
  const isForced = toolChoice?.type === "any" || toolChoice?.type === "tool";
  if (isForced && model.forcedToolRefusedWith.some((mode) => mode === thinking?.type)) {
    yield "Thinking may not be enabled when tool_choice forces tool use.";
  }
  if (body["temperature"] !== undefined && body["temperature"] !== 1) {
    yield "`temperature` may only be set to 1 when thinking is enabled.";
  }
  if (typeof body["top_p"] === "number" && body["top_p"] < 0.95) {
    yield "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.";
  }
  if (body["top_k"] !== undefined) yield "`top_k` must be unset when thinking is enabled.";
}

function checkSignature(block: Block): string | undefined {
  if (block.type === "thinking" && !isSignedThinking(String(block["thinking"]), String(block["signature"]))) {
    return "Invalid `signature` in `thinking` block";
  }
  if (block.type === "redacted_thinking" && !isSealedThinking(String(block["data"]))) {
    return "Invalid `data` in `redacted_thinking` block";
  }
  return undefined;
}

function* signatureProblems(request: MessagesRequest): Generator<string | undefined> {
  for (const turn of request.turns) {
    for (const [place, block] of turn.blocks.entries()) {
      const problem = checkSignature(block);
      if (problem !== undefined) yield `messages.${turn.index}.content.${place}: ${problem}`;
    }
  }
}

/**
 * In `enabled` mode the assistant turn that is being continued (its tools were just answered, or it is a prefill) begins with
 * thinking. Adaptive mode takes turns without.
 */
function checkLastTurn({ turns, thinking }: MessagesRequest): string | undefined {
  if (thinking?.type !== "enabled") return undefined;
  const last = turns.at(-1);
  const isAnswer = last?.role === "user" && last.blocks[0]?.type === "tool_result";
  const assistant = isAnswer ? turns.findLast((turn) => turn.role === "assistant") : last;
  const first = assistant?.blocks[0];
  if (assistant?.role !== "assistant" || first === undefined || isThinkingBlock(first)) return undefined;
  return (
    `messages.${assistant.index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first.type}\`. ` +
    "When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of " +
    "`tool_use` and `tool_result` blocks). To avoid this requirement, disable `thinking`."
  );
}

function* problems(request: MessagesRequest, model: Model): Generator<string | undefined> {
  yield* settingProblems(request, model);
  yield* signatureProblems(request);
  yield checkLastTurn(request);
}

/** The mode, its settings, and the thinking blocks that come back. Source: Anthropic's extended thinking pages. */
export function checkThinking(request: MessagesRequest, model: Model): string | undefined {
  return firstProblem(problems(request, model));
}
