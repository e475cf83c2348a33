import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { Model } from "../../catalog/models.ts";
import { createNotes, malformed } from "../notes.ts";
import { assembleRequest } from "../openai/assemble-request.ts";
import { translateMaxTokens } from "../openai/max-tokens.ts";
import { createNameMap } from "../openai/names.ts";
import { translateToolChoice } from "../openai/tool-choice.ts";
import type { ToolEntry } from "../openai/tools.ts";
import type { Translation, TranslationContext } from "../types.ts";
import { compactionRequest } from "./compaction.ts";
import { translateItems } from "./conversation.ts";
import { echoOf } from "./echo.ts";
import { noteResponsesFields } from "./fields.ts";
import { type InputItem, readInput } from "./items.ts";
import { flatName } from "./qualified-name.ts";
import type { ResponsesState } from "./state.ts";
import { namedToolChoice, translateResponsesTools } from "./tools.ts";

/** The items that are no part of the conversation, taken out of it: tools that were added in its course, and the wish to have it summarized. */
function sortItems(all: readonly InputItem[]): {
  readonly items: readonly InputItem[];
  readonly addedTools: readonly ToolEntry[];
  readonly isCompaction: boolean;
} {
  const items = all.filter(({ item }) => item["type"] !== "additional_tools" && item["type"] !== "compaction_trigger");
  const addedTools = all.flatMap(({ item, path }) => {
    if (item["type"] !== "additional_tools" || !Array.isArray(item["tools"])) return [];
    return item["tools"].map((source: unknown, index): ToolEntry => ({ source, path: `${path}.tools[${index}]` }));
  });
  const isCompaction = all.at(-1)?.item["type"] === "compaction_trigger";
  if (!isCompaction) return { items, addedTools, isCompaction };
  const request = { type: "message", role: "user", content: compactionRequest };
  return { items: [...items, { item: request, path: "input" }], addedTools, isCompaction };
}

/**
 * `reasoning` in the words of all dialects: where no summary was asked for, none is made. Models that think by a budget are older than
 * the switch for that: theirs is shown.
 */
function withSummaryWish(body: JsonObject, { thinking }: Model): JsonObject {
  const { reasoning } = body;
  if (!isJsonObject(reasoning) || !thinking.includes("adaptive")) return body;
  const summary = reasoning["summary"] ?? reasoning["generate_summary"] ?? undefined;
  return { ...body, reasoning: { ...reasoning, exclude: summary === undefined } };
}

/**
 * Translates a Responses body into a Messages request. The upstream is always asked to stream; `stream` of the result says what
 * the caller wants. Every field and item that isn't carried is a warning.
 * Throws: ZenthrexError with `param`, for what can't be carried at all.
 */
export function responsesToHub(body: unknown, context: TranslationContext): Translation<ResponsesState> {
  if (!isJsonObject(body)) throw malformed("the body must be a JSON object", "", "Send a JSON object.");
  const notes = createNotes();
  const { model } = context;
  noteResponsesFields(body, notes);
  const input = readInput(body, context);
  const { items, addedTools, isCompaction } = sortItems(input.items);
  const names = createNameMap(flatName);
  const maxTokens = translateMaxTokens(body, ["max_output_tokens"], model, notes);
  const declared = translateResponsesTools(body, addedTools, names, notes);
  const wish = { tool_choice: namedToolChoice(body, notes), parallel_tool_calls: body["parallel_tool_calls"] };
  const chosen = translateToolChoice(wish, { tools: declared.tools, isLegacy: false }, names, notes);
  // A summary is asked for: a call would be no answer to that.
  const toolbox = isCompaction && chosen.tools.length > 0 ? { ...chosen, choice: { type: "none" as const } } : chosen;
  const conversation = translateItems(body["instructions"], items, { names, notes, recall: context.recallThinking });
  const text = isJsonObject(body["text"]) ? body["text"] : {};
  const { request, jsonTool, stripsFences } = assembleRequest(
    withSummaryWish(body, model),
    {
      field: "input",
      maxTokens,
      toolbox,
      conversation,
      format: { field: "text.format", value: text["format"] },
      returnsMetadata: true,
    },
    context,
    notes,
  );
  const translation = {
    request,
    stream: body["stream"] === true,
    warnings: notes.warnings,
    state: {
      clientNames: names.changed,
      customTools: declared.custom,
      clientTools: declared.clientTools,
      jsonTool,
      stripsFences,
      isCompaction,
      model: model.id,
      createdS: Math.floor(context.nowMs / 1000),
      echo: echoOf(body),
    },
  };
  return body["store"] === false ? translation : { ...translation, storedItems: input.own };
}
