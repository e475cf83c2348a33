import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { createNotes, malformed } from "../notes.ts";
import { assembleRequest } from "../openai/assemble-request.ts";
import { translateMaxTokens } from "../openai/max-tokens.ts";
import { createNameMap } from "../openai/names.ts";
import type { AskedFormat } from "../openai/response-format.ts";
import { translateToolChoice } from "../openai/tool-choice.ts";
import { translateTools } from "../openai/tools.ts";
import type { Translation, TranslationContext } from "../types.ts";
import { normalizeBody } from "./hybrid.ts";
import { translateMessages } from "./messages.ts";
import type { ChatState } from "./state.ts";
import { noteUnsupportedFields } from "./unsupported-fields.ts";

/** In order of precedence: OpenAI deprecates the second in favour of the first. */
const limitNames = ["max_completion_tokens", "max_tokens"] as const;

function wantsUsage(body: JsonObject): boolean {
  const options = body["stream_options"];
  return isJsonObject(options) && options["include_usage"] === true;
}

/** `response_format`, or Anthropic's own `output_config.format` in a body that is otherwise Chat's. */
function askedFormat(body: JsonObject): AskedFormat {
  const field = "response_format";
  const own = isJsonObject(body["output_config"]) ? body["output_config"]["format"] : undefined;
  return { field, value: body[field] ?? own ?? undefined };
}

/**
 * Translates a Chat Completions body into a Messages request. The upstream is always asked to stream; `stream` of the result says
 * what the caller wants. Every field that isn't carried is a warning.
 * Throws: ZenthrexError with `param`, for what can't be carried at all.
 */
export function chatToHub(source: unknown, context: TranslationContext): Translation<ChatState> {
  if (!isJsonObject(source)) throw malformed("the body must be a JSON object", "", "Send a JSON object.");
  const notes = createNotes();
  const { model } = context;
  const body = normalizeBody(source, notes);
  noteUnsupportedFields(body, notes);
  const names = createNameMap();
  const maxTokens = translateMaxTokens(body, limitNames, model, notes);
  const declared = translateTools(body, names, notes);
  const { tools, choice } = translateToolChoice(body, declared, names, notes);
  const recall = context.recallThinking;
  const conversation = translateMessages(body["messages"], { names, notes, recall });
  const { request, jsonTool, stripsFences } = assembleRequest(
    body,
    {
      field: "messages",
      maxTokens,
      toolbox: { tools, choice },
      conversation,
      format: askedFormat(body),
      returnsMetadata: false,
    },
    context,
    notes,
  );
  return {
    request,
    stream: body["stream"] === true,
    warnings: notes.warnings,
    state: {
      clientNames: names.changed,
      customTools: declared.custom,
      isLegacy: declared.isLegacy,
      jsonTool,
      stripsFences,
      includeUsage: wantsUsage(body),
      createdS: Math.floor(context.nowMs / 1000),
    },
  };
}
