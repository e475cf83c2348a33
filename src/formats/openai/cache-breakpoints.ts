import type { HubAnyTool, HubBlockParam, HubRequest, HubTurn } from "../anthropic/hub.ts";
import type { Notes } from "../notes.ts";
import type { CacheControl } from "./cache-control.ts";

type SystemBlock = NonNullable<HubRequest["system"]>[number];

/** The parts of a request that are cached, in the order in which the cache sees them. They are changed in place. */
export interface CacheableParts {
  readonly tools: HubAnyTool[];
  readonly system: SystemBlock[];
  readonly messages: HubTurn[];
}

/** What automatic placement needs to know. */
export interface PlacementContext {
  readonly minCacheTokens: number;
  readonly estimateTokens: (text: string) => number;
}

/** Anthropic's limit, and how far it looks back from a breakpoint for an earlier entry. Source: "Prompt caching". */
const mostBreakpoints = 4;
const lookBackBlocks = 20;
/** The extra breakpoint of a long turn stands this far before its end: near enough to be found from wherever the next one ends. */
const extraDistanceBlocks = 15;
/** Texts are estimated by pieces: the question is only whether the minimum is passed, mostly within the first few. */
const pieceCharacters = 4096;
/** Low estimates of what has no text: Anthropic's vision page (small images), PDF page (one page). */
const tokensPerImage = 300;
const tokensPerDocument = 1500;

/** A place for a breakpoint. */
interface Slot {
  readonly list: { cache_control?: unknown }[];
  readonly index: number;
}

function isMarkable(block: HubBlockParam): boolean {
  return block.type !== "thinking" && block.type !== "redacted_thinking";
}

function mark({ list, index }: Slot): void {
  const breakpoint: CacheControl = { type: "ephemeral" };
  list[index] = { ...list[index], cache_control: breakpoint };
}

/** All places that hold a breakpoint, in the cache's order. */
function markedSlots({ tools, system, messages }: CacheableParts): Slot[] {
  const lists = [tools, system, ...messages.map(({ content }) => content)] as Slot["list"][];
  return lists.flatMap((list) =>
    list.flatMap((item, index) =>
      item.cache_control === undefined || item.cache_control === null ? [] : [{ list, index }],
    ),
  );
}

/** Keeps the last four of the caller's breakpoints: the later ones cover the earlier ones' prefix. */
export function limitBreakpoints(parts: CacheableParts, notes: Notes): number {
  const slots = markedSlots(parts);
  const excess = Math.max(0, slots.length - mostBreakpoints);
  for (const { list, index } of slots.slice(0, excess)) {
    const { cache_control: _breakpoint, ...rest } = list[index] ?? {};
    list[index] = rest;
  }
  if (excess > 0)
    notes.add(
      "dropped",
      "cache_control",
      "cache_control",
      `at most ${mostBreakpoints} breakpoints count: the last ones stay`,
    );
  return slots.length - excess;
}

function* textsOf(block: HubBlockParam): Generator<string | number> {
  if (block.type === "text") yield block.text;
  else if (block.type === "thinking") yield block.thinking;
  else if (block.type === "tool_use") yield JSON.stringify(block.input);
  else if (block.type === "image") yield tokensPerImage;
  else if (block.type === "document") yield tokensPerDocument;
  else if (block.type === "tool_result") {
    if (typeof block.content === "string") yield block.content;
    else for (const inner of block.content ?? []) yield* textsOf(inner as HubBlockParam);
  }
}

/** Everything that is cached, in order: a text, a count, or undefined where a place for a breakpoint ends. */
function* prefixTexts({ tools, system, messages }: CacheableParts): Generator<string | number | undefined> {
  for (const tool of tools) {
    yield JSON.stringify(tool);
    yield undefined;
  }
  for (const block of system) {
    yield block.text;
    yield undefined;
  }
  for (const { content } of messages) {
    for (const block of content) {
      yield* textsOf(block);
      yield undefined;
    }
  }
}

/** How many places (tools, system blocks, message blocks) the prefix needs to reach the model's minimum. Stops as soon as it does. */
function placesToMinimum(parts: CacheableParts, { minCacheTokens, estimateTokens }: PlacementContext): number {
  let tokens = 0;
  let places = 0;
  for (const text of prefixTexts(parts)) {
    if (text === undefined) places++;
    else if (typeof text === "number") tokens += text;
    else {
      for (let start = 0; start < text.length && tokens < minCacheTokens; start += pieceCharacters) {
        tokens += estimateTokens(text.slice(start, start + pieceCharacters));
      }
    }
    if (tokens >= minCacheTokens) return text === undefined ? places : places + 1;
  }
  return Number.POSITIVE_INFINITY;
}

/** The last blocks of the last two user turns, the later first, as indexes into all message blocks. */
function ends(messages: readonly HubTurn[]): number[] {
  const found: number[] = [];
  let end = messages.reduce((count, { content }) => count + content.length, 0);
  for (let index = messages.length - 1; index >= 0 && found.length < 2; index--) {
    if (messages[index]?.role === "user") found.push(end - 1);
    end -= messages[index]?.content.length ?? 0;
  }
  return found;
}

function slotOfBlock(messages: readonly HubTurn[], position: number): Slot | undefined {
  let rest = position;
  for (const { content } of messages) {
    if (rest < content.length) return { list: content as Slot["list"], index: rest };
    rest -= content.length;
  }
  return undefined;
}

/** A place in a turn that is longer than the look-back: from a later breakpoint nothing before it would be found. */
function extraPosition(messages: readonly HubTurn[], last: number, previous: number | undefined): number | undefined {
  if (last - (previous ?? -1) <= lookBackBlocks) return undefined;
  for (let position = last - extraDistanceBlocks; position > (previous ?? -1); position--) {
    const slot = slotOfBlock(messages, position);
    if (slot !== undefined && isMarkable(slot.list[slot.index] as HubBlockParam)) return position;
  }
  return undefined;
}

/**
 * Places breakpoints for a caller that never heard of them: the end of the system prompt (of the tools, without one), of the
 * previous user turn, which the request before wrote, of the last user turn, which the next request will read, and one more in a
 * turn that is longer than the look-back. Never where the prefix is below the model's minimum: nothing would be cached there.
 * Source: Anthropic "Prompt caching", placement patterns.
 */
export function placeBreakpoints(parts: CacheableParts, context: PlacementContext): void {
  const { tools, system, messages } = parts;
  const minimum = placesToMinimum(parts, context);
  if (minimum === Number.POSITIVE_INFINITY) return;
  const before = tools.length + system.length;
  if (system.length > 0 && before >= minimum) mark({ list: system as Slot["list"], index: system.length - 1 });
  // A deferred tool is no part of the prompt: it takes no breakpoint.
  const lastTool = tools.findLastIndex((tool) => !("defer_loading" in tool && tool.defer_loading === true));
  if (system.length === 0 && lastTool >= 0 && lastTool + 1 >= minimum)
    mark({ list: tools as Slot["list"], index: lastTool });
  const [last, previous] = ends(messages);
  if (last === undefined) return;
  for (const position of [last, previous, extraPosition(messages, last, previous)]) {
    if (position === undefined || before + position + 1 < minimum) continue;
    const slot = slotOfBlock(messages, position);
    if (slot !== undefined) mark(slot);
  }
}
