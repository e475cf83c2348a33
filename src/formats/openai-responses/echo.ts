import { isJsonObject, type JsonObject } from "../../base/json.ts";

const numberOrNull = (value: unknown, highest: number): number | null =>
  typeof value === "number" && value >= 0 && value <= highest ? value : null;

const choiceWords: Readonly<Record<string, string>> = {
  auto: "auto",
  none: "none",
  required: "required",
  any: "required",
};

/** A function tool as the schema wants it back: with all four keys. */
function echoedTool(tool: unknown): unknown {
  if (!isJsonObject(tool) || tool["type"] !== "function") return tool;
  const { parameters = null, strict = null, ...rest } = tool;
  return { ...rest, parameters, strict };
}

function echoedChoice(choice: unknown): unknown {
  if (isJsonObject(choice) && typeof choice["type"] === "string") return choice;
  return typeof choice === "string" ? (choiceWords[choice] ?? "auto") : "auto";
}

function echoedMetadata(metadata: unknown): JsonObject {
  if (!isJsonObject(metadata)) return {};
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => typeof value === "string"));
}

/** What a response repeats of its request, with OpenAI's defaults. Source: OpenAI's Response schema. */
export function echoOf(body: JsonObject): JsonObject {
  const { text, reasoning, instructions, max_output_tokens: limit, previous_response_id: previous, user } = body;
  const format = isJsonObject(text) && isJsonObject(text["format"]) ? text["format"] : { type: "text" };
  const { effort = null, summary = null } = isJsonObject(reasoning) ? reasoning : {};
  const tools: readonly unknown[] = Array.isArray(body["tools"]) ? body["tools"] : [];
  return {
    background: false,
    instructions: typeof instructions === "string" ? instructions : null,
    max_output_tokens: Number.isInteger(limit) ? limit : null,
    metadata: echoedMetadata(body["metadata"]),
    parallel_tool_calls: body["parallel_tool_calls"] !== false,
    previous_response_id: typeof previous === "string" && previous !== "" ? previous : null,
    reasoning: { effort, summary },
    store: body["store"] !== false,
    temperature: numberOrNull(body["temperature"], 2),
    text: { format },
    tool_choice: echoedChoice(body["tool_choice"]),
    tools: tools.map(echoedTool),
    top_p: numberOrNull(body["top_p"], 1),
    truncation: "disabled",
    ...(typeof user === "string" ? { user } : {}),
  };
}
