import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubAnyTool, HubRequest, HubTool, HubToolChoice, HubTurn } from "../anthropic/hub.ts";
import type { Notes } from "../notes.ts";
import type { TranslationContext } from "../types.ts";
import { type CacheableParts, limitBreakpoints, placeBreakpoints } from "./cache-breakpoints.ts";
import { readCacheControl } from "./cache-control.ts";
import { translateEndUser } from "./end-user.ts";
import type { TranslatedConversation } from "./first-user-turn.ts";
import { jsonToolChoice } from "./json-tool-choice.ts";
import { translateReasoning } from "./reasoning.ts";
import { type AskedFormat, translateResponseFormat } from "./response-format.ts";
import { translateSampling } from "./sampling.ts";
import { settleThinking } from "./settle-thinking.ts";
import { translateStop } from "./stop-sequences.ts";
import { settleTrailingAssistant } from "./trailing-assistant.ts";

/** Tools in the hub's words, and which of them may or must be called. */
export interface Toolbox {
  readonly tools: HubAnyTool[];
  readonly choice: HubToolChoice | undefined;
}

/** A request whose parts are translated but not yet settled with each other. `field` is where its conversation stands. */
export interface RequestParts {
  readonly field: "messages" | "input";
  readonly maxTokens: number;
  readonly toolbox: Toolbox;
  readonly conversation: TranslatedConversation;
  readonly format: AskedFormat;
  /** The caller gets its `metadata` back in the answer: nothing of it is lost. */
  readonly returnsMetadata: boolean;
}

/** The request, and how its answer's format was asked for. */
export interface AssembledRequest {
  readonly request: HubRequest;
  /** The tool whose input is the answer's text. */
  readonly jsonTool: string | undefined;
  /** JSON mode by words: a code fence around the answer goes. */
  readonly stripsFences: boolean;
}

function serviceTier(body: JsonObject, notes: Notes): "auto" | "standard_only" | undefined {
  const tier = body["service_tier"];
  if (tier === undefined || tier === null) return undefined;
  if (tier === "auto") return tier;
  if (tier === "default" || tier === "standard_only") return "standard_only";
  notes.add("dropped", "service_tier", "service_tier", "the hosted API has the tiers auto and default");
  return undefined;
}

/** The caller's own breakpoints count, and then ours don't; `prompt_cache_options` may ask for none. */
function placeCache(body: JsonObject, parts: CacheableParts, context: TranslationContext, notes: Notes): void {
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

/** The tools and the choice of a request whose history may have called tools that it doesn't declare. */
function withToolsOfHistory(toolbox: Toolbox, messages: readonly HubTurn[], notes: Notes): Toolbox {
  if (toolbox.tools.length > 0) return toolbox;
  const tools = toolsOfHistory(messages, notes);
  return tools.length === 0 ? toolbox : { tools, choice: { type: "none" } };
}

/** Adds the tool that stands for the answer's format. */
function withJsonTool({ tools, choice }: Toolbox, jsonTool: HubTool | undefined): Toolbox {
  if (jsonTool === undefined) return { tools, choice };
  return { tools: [...tools, jsonTool], choice: jsonToolChoice(jsonTool.name, tools, choice) };
}

const namesOf = (tools: readonly HubAnyTool[]): Set<string> =>
  new Set(tools.flatMap((tool) => ("name" in tool && tool.name !== undefined ? [tool.name] : [])));

/** Only the keys that have a value: an explicit `undefined` is a key too many for who compares. */
function present<T extends object>(fields: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

const orUndefined = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

/**
 * Settles the parts of a request with each other and with what the model takes, and puts them together. The upstream is always
 * asked to stream. `body` is read for what both OpenAI formats name alike: sampling, reasoning, tier, cache options.
 */
export function assembleRequest(
  body: JsonObject,
  parts: RequestParts,
  context: TranslationContext,
  notes: Notes,
): AssembledRequest {
  const { model } = context;
  const { system, messages } = parts.conversation;
  const offered = withToolsOfHistory(parts.toolbox, messages, notes);
  const format = translateResponseFormat(parts.format, namesOf(offered.tools), notes);
  if (format.instruction !== undefined) system.push({ type: "text", text: format.instruction });
  const { tools, choice } = withJsonTool(offered, format.jsonTool);
  const wanted = translateReasoning(body, model, parts.maxTokens, notes);
  const { thinking, effort } = settleThinking(wanted, { model, choice, messages, notes });
  const isThinking = thinking !== undefined && thinking.type !== "disabled";
  const isPlain = !isThinking && format.format === undefined && format.jsonTool === undefined;
  settleTrailingAssistant(
    messages,
    { canContinue: isPlain && model.prefill === "accept", model: model.id, field: parts.field },
    notes,
  );
  placeCache(body, { tools, system, messages }, context, notes);
  const outputConfig = present({ effort, format: format.format });
  const settings = present({
    metadata: translateEndUser(body, parts.returnsMetadata, notes),
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
      max_tokens: parts.maxTokens,
      stream: true,
      ...sampling,
      ...settings,
      messages,
    } satisfies HubRequest,
    jsonTool: format.jsonTool?.name,
    stripsFences: format.instruction !== undefined,
  };
}
