import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubAnyTool, HubRequest, HubTool, HubToolChoice, HubTurn } from "../anthropic/hub.ts";
import { createNotes, malformed, type Notes } from "../notes.ts";
import { limitBreakpoints, placeBreakpoints } from "../openai/cache-breakpoints.ts";
import { readCacheControl } from "../openai/cache-control.ts";
import { translateEndUser } from "../openai/end-user.ts";
import { jsonToolChoice } from "../openai/json-tool-choice.ts";
import { translateMaxTokens } from "../openai/max-tokens.ts";
import { createNameMap, type NameMap } from "../openai/names.ts";
import { translateReasoning } from "../openai/reasoning.ts";
import { translateResponseFormat } from "../openai/response-format.ts";
import { translateSampling } from "../openai/sampling.ts";
import { settleThinking } from "../openai/settle-thinking.ts";
import { translateToolChoice } from "../openai/tool-choice.ts";
import { translateTools } from "../openai/tools.ts";
import { settleTrailingAssistant } from "../openai/trailing-assistant.ts";
import { noteUnsupportedFields } from "../openai/unsupported-fields.ts";
import type { Translation, TranslationContext } from "../types.ts";
import { normalizeBody } from "./hybrid.ts";
import { translateMessages } from "./messages.ts";
import type { ChatState } from "./state.ts";
import { translateStop } from "./stop-sequences.ts";

function serviceTier(body: JsonObject, notes: Notes): "auto" | "standard_only" | undefined {
  const tier = body["service_tier"];
  if (tier === undefined || tier === null) return undefined;
  if (tier === "auto") return tier;
  if (tier === "default" || tier === "standard_only") return "standard_only";
  notes.add("dropped", "service_tier", "service_tier", "the hosted API has the tiers auto and default");
  return undefined;
}

/** The caller's own breakpoints count, and then ours don't; `prompt_cache_options` may ask for none. */
function placeCache(
  body: JsonObject,
  parts: Parameters<typeof limitBreakpoints>[0],
  context: TranslationContext,
  notes: Notes,
): void {
  const automatic = readCacheControl({ cache_control: body["cache_control"] });
  const lastTurn = parts.messages.at(-1);
  const lastBlock = lastTurn?.content.at(-1);
  if (automatic !== undefined && lastTurn !== undefined && lastBlock !== undefined) {
    lastTurn.content[lastTurn.content.length - 1] = { ...lastBlock, cache_control: automatic } as typeof lastBlock;
  }
  const options = isJsonObject(body["prompt_cache_options"]) ? body["prompt_cache_options"] : {};
  if (options["ttl"] !== undefined) {
    notes.add(
      "changed",
      "prompt_cache_options",
      "prompt_cache_options.ttl",
      "cached prefixes live for 5 minutes after their last use",
    );
  }
  const marked = limitBreakpoints(parts, notes);
  if (marked > 0 || options["mode"] === "explicit" || !context.autoCache) return;
  const { model } = context;
  const estimateTokens = (text: string): number => context.estimateTokens(text, model.tokenizer);
  placeBreakpoints(parts, { minCacheTokens: model.minCacheTokens, estimateTokens });
}

/** A history with tool calls needs tools, or the upstream refuses it: the names that were used, and none may be called. */
function toolsOfHistory(messages: readonly HubTurn[], notes: Notes): HubAnyTool[] {
  const names = new Set(
    messages.flatMap(({ content }) => content.flatMap((block) => (block.type === "tool_use" ? [block.name] : []))),
  );
  if (names.size > 0)
    notes.add("repaired", "tools", "tools", "the conversation has tool calls but no tools: their names are declared");
  return [...names].map((name) => ({ name, input_schema: { type: "object", properties: {} } }));
}

interface Toolbox {
  readonly tools: HubAnyTool[];
  readonly choice: HubToolChoice | undefined;
  readonly custom: ReadonlySet<string>;
  readonly isLegacy: boolean;
}

function translateToolbox(body: JsonObject, names: NameMap, notes: Notes): Toolbox {
  const translated = translateTools(body, names, notes);
  const { tools, choice } = translateToolChoice(body, translated, names, notes);
  return { tools, choice, custom: translated.custom, isLegacy: translated.isLegacy };
}

/** The tools and the choice of a request whose history may have called tools that it doesn't declare. */
function withToolsOfHistory(toolbox: Toolbox, messages: readonly HubTurn[], notes: Notes): Toolbox {
  if (toolbox.tools.length > 0) return toolbox;
  const tools = toolsOfHistory(messages, notes);
  return tools.length === 0 ? toolbox : { ...toolbox, tools, choice: { type: "none" } };
}

/** Adds the tool that stands for the answer's format. */
function withJsonTool(toolbox: Toolbox, jsonTool: HubTool | undefined): Toolbox {
  if (jsonTool === undefined) return toolbox;
  const { tools, choice } = toolbox;
  return { ...toolbox, tools: [...tools, jsonTool], choice: jsonToolChoice(jsonTool.name, tools, choice) };
}

const namesOf = (tools: readonly HubAnyTool[]): Set<string> =>
  new Set(tools.flatMap((tool) => ("name" in tool && tool.name !== undefined ? [tool.name] : [])));

function wantsUsage(body: JsonObject): boolean {
  const options = body["stream_options"];
  return isJsonObject(options) && options["include_usage"] === true;
}

/** Only the keys that have a value: an explicit `undefined` is a key too many for who compares. */
function present<T extends object>(fields: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

const orUndefined = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

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
  const maxTokens = translateMaxTokens(body, model, notes);
  const declared = translateToolbox(body, names, notes);
  const recall = context.recallThinking;
  const { system, messages } = translateMessages(body["messages"], { names, notes, recall });
  const offered = withToolsOfHistory(declared, messages, notes);
  const format = translateResponseFormat(body, namesOf(offered.tools), notes);
  if (format.instruction !== undefined) system.push({ type: "text", text: format.instruction });
  const { tools, choice, custom, isLegacy } = withJsonTool(offered, format.jsonTool);
  const wanted = translateReasoning(body, model, maxTokens, notes);
  const { thinking, effort } = settleThinking(wanted, { model, choice, messages, notes });
  const isThinking = thinking !== undefined && thinking.type !== "disabled";
  const isPlain = !isThinking && format.format === undefined && format.jsonTool === undefined;
  settleTrailingAssistant(messages, isPlain && model.prefill === "accept", model.id, notes);
  placeCache(body, { tools, system, messages }, context, notes);
  const outputConfig = present({ effort, format: format.format });
  const settings = present({
    metadata: translateEndUser(body, notes),
    service_tier: serviceTier(body, notes),
    stop_sequences: orUndefined(translateStop(body, notes)),
    thinking,
    output_config: Object.keys(outputConfig).length > 0 ? outputConfig : undefined,
    tool_choice: choice,
    tools: orUndefined(tools),
    system: orUndefined(system),
  });
  const sampling = translateSampling(body, model, isThinking, notes);
  return {
    request: {
      model: model.id,
      max_tokens: maxTokens,
      stream: true,
      ...sampling,
      ...settings,
      messages,
    } satisfies HubRequest,
    stream: body["stream"] === true,
    warnings: notes.warnings,
    state: {
      clientNames: names.changed,
      customTools: custom,
      isLegacy,
      jsonTool: format.jsonTool?.name,
      stripsFences: format.instruction !== undefined,
      includeUsage: wantsUsage(body),
      createdS: Math.floor(context.nowMs / 1000),
    },
  };
}
