import { isJsonObject, type JsonObject } from "../base/json.ts";
import { type Block, innerBlocks, type MessagesRequest, textOf } from "./messages-request.ts";

/** How long a cached prefix lives. */
export type CacheLifetime = "5m" | "1h";

/** A mark behind which the prompt is cached. `position` counts all blocks in the order tools, system, messages. */
export interface CacheBreakpoint {
  readonly position: number;
  readonly path: string;
  readonly lifetime: CacheLifetime;
  /** Set by the top-level `cache_control`, not by a block. */
  readonly automatic: boolean;
}

function lifetimeOf(holder: JsonObject): CacheLifetime | undefined {
  const control = holder["cache_control"];
  if (!isJsonObject(control)) return undefined;
  return control["ttl"] === "1h" ? "1h" : "5m";
}

/** The marks of a block and of the blocks inside it, which cache up to the end of the outer one. */
function* marksOf(block: JsonObject, inner: readonly Block[], path: string): Generator<[path: string, CacheLifetime]> {
  for (const [place, one] of inner.entries()) {
    const lifetime = lifetimeOf(one);
    if (lifetime !== undefined) yield [`${path}.content.${place}`, lifetime];
  }
  const lifetime = lifetimeOf(block);
  if (lifetime !== undefined) yield [path, lifetime];
}

/** All blocks of the prompt in the order of the cache, with their paths. */
function* placedBlocks(
  request: MessagesRequest,
): Generator<[block: JsonObject, inner: readonly Block[], path: string]> {
  for (const [place, tool] of request.tools.entries()) yield [tool, [], `tools.${place}`];
  for (const [place, block] of request.system.entries()) yield [block, [], `system.${place}`];
  for (const turn of request.turns) {
    for (const [place, block] of turn.blocks.entries()) {
      yield [block, innerBlocks(block), `messages.${turn.index}.content.${place}`];
    }
  }
}

const isCacheable = (block: JsonObject): boolean =>
  block["type"] !== "thinking" &&
  block["type"] !== "redacted_thinking" &&
  !(block["type"] === "text" && textOf(block as Block) === "");

/**
 * The cache breakpoints of a request in prompt order. A top-level `cache_control` marks the last block that can be cached.
 * Source: Anthropic's prompt caching page: order of the prefix, automatic caching.
 */
export function listBreakpoints(request: MessagesRequest): CacheBreakpoint[] {
  const breakpoints: CacheBreakpoint[] = [];
  let position = 0;
  let last: { position: number; path: string } | undefined;
  for (const [block, inner, path] of placedBlocks(request)) {
    for (const [marked, lifetime] of marksOf(block, inner, path)) {
      breakpoints.push({ position, path: marked, lifetime, automatic: false });
    }
    if (isCacheable(block)) last = { position, path };
    position++;
  }
  const lifetime = lifetimeOf(request.body);
  if (lifetime === undefined || last === undefined) return breakpoints;
  const isMarked = breakpoints.some((one) => one.path === last.path && one.lifetime === lifetime);
  if (!isMarked) breakpoints.push({ ...last, lifetime, automatic: true });
  return breakpoints;
}
