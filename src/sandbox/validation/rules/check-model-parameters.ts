import type { Model } from "../../../catalog/models.ts";
import type { MessagesRequest } from "../../messages-request.ts";
import { checkStrictSchema } from "./check-strict-schema.ts";
import { firstProblem } from "./first-problem.ts";

const samplingNames = ["temperature", "top_p", "top_k"];

function checkSampling({ body }: MessagesRequest, model: Model): string | undefined {
  const given = samplingNames.filter((name) => body[name] !== undefined);
  if (model.sampling === "reject" && given[0] !== undefined) return `\`${given[0]}\` is deprecated for this model.`;
  if (body["temperature"] === undefined || body["top_p"] === undefined) return undefined;
  return "`temperature` and `top_p` cannot both be specified for this model. Please use only one.";
}

function checkMaxTokens({ maxTokens }: MessagesRequest, model: Model): string | undefined {
  if (maxTokens <= model.maxOutputTokens || !Number.isFinite(maxTokens)) return undefined;
  return `max_tokens: ${maxTokens} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model.id}`;
}

function checkEffort({ effort }: MessagesRequest, model: Model): string | undefined {
  if (effort === undefined) return undefined;
  if (model.efforts.length === 0) return "This model does not support the effort parameter.";
  if (model.efforts.some((level) => level === effort)) return undefined;
  return `This model does not support effort level '${effort}'. Supported levels: ${[...model.efforts].sort().join(", ")}.`;
}

function checkSystemRole({ turns }: MessagesRequest): string | undefined {
  const turn = turns.find((one) => one.role === "system");
  return turn === undefined ? undefined : `messages.${turn.index}: role 'system' is not supported on this model`;
}

/** Blocks with which a paused turn is sent back to be continued: that isn't a prefill. */
const pausedBlocks = [
  "server_tool_use",
  "web_search_tool_result",
  "web_fetch_tool_result",
  "code_execution_tool_result",
];

function checkPrefill(request: MessagesRequest, model: Model): string | undefined {
  const last = request.turns.at(-1);
  const lastBlock = last?.blocks.at(-1);
  if (last?.role !== "assistant" || pausedBlocks.includes(lastBlock?.type ?? "")) return undefined;
  if (model.prefill === "reject") {
    return "This model does not support assistant message prefill. The conversation must end with a user message.";
  }
  if (request.outputSchema !== undefined)
    return "output_config.format: can't be combined with a prefilled assistant message";
  const text = lastBlock?.type === "text" ? String(lastBlock["text"]) : "";
  return text === text.trimEnd() ? undefined : "messages: final assistant content cannot end with trailing whitespace";
}

function checkOutputSchema({ outputSchema }: MessagesRequest): string | undefined {
  const problem = outputSchema === undefined ? undefined : checkStrictSchema(outputSchema);
  return problem === undefined ? undefined : `output_config.format.schema: ${problem}`;
}

function* problems(request: MessagesRequest, model: Model): Generator<string | undefined> {
  yield checkMaxTokens(request, model);
  yield checkSampling(request, model);
  yield checkEffort(request, model);
  yield checkSystemRole(request);
  yield checkPrefill(request, model);
  yield checkOutputSchema(request);
  if (request.body["speed"] === "fast") yield "speed: fast mode is not available for this model";
}

/** What differs by model, but for thinking. Source: Anthropic's model pages, as kept in the catalog. */
export function checkModelParameters(request: MessagesRequest, model: Model): string | undefined {
  return firstProblem(problems(request, model));
}
