import { createHash } from "node:crypto";
import type { JsonObject } from "../../base/json.ts";
import { type RequestTokenParts, sumOfParts } from "../../catalog/estimate-tokens.ts";
import type { Model } from "../../catalog/models.ts";
import { type CacheBreakpoint, type CacheLifetime, listBreakpoints } from "../cache-breakpoints.ts";
import type { MessagesRequest } from "../messages-request.ts";

/** A prefix that was cached. Its key is the hash of everything before and in it. */
interface CacheEntry {
  expiresAtMs: number;
  readonly lifetime: CacheLifetime;
}

/** The cached prefixes of one key. */
export type PromptCache = Map<string, CacheEntry>;

/** Where the input tokens of a request come from and go to. */
export interface CachePlan {
  /** Neither read nor written. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Makes the written prefixes readable and refreshes the read ones: called when the answer starts, not before. */
  commit(nowMs: number): void;
}

/** The prompt up to and with one block. */
interface Prefix {
  readonly hash: string;
  readonly tokens: number;
}

const lifetimesMs: Readonly<Record<CacheLifetime, number>> = { "5m": 300_000, "1h": 3_600_000 };
/** How many positions are looked at for each breakpoint, its own included. Source: Anthropic's prompt caching page. */
const lookBack = 20;

/** A block as it is hashed: without the marks, which change nothing in the prompt. */
function unmarked(block: JsonObject): JsonObject {
  const { cache_control: _, ...rest } = block;
  if (!Array.isArray(rest["content"])) return rest;
  return { ...rest, content: rest["content"].map((inner: JsonObject) => unmarked(inner)) };
}

/** What the model sees before tools, system and messages, and changes them when it changes. */
function sectionSeeds(
  request: MessagesRequest,
  model: Model,
): readonly [tools: string, system: string, messages: string] {
  const { toolChoice, thinking, effort, outputSchema } = request;
  return [model.id, JSON.stringify(outputSchema ?? null), JSON.stringify([toolChoice, thinking, effort])];
}

/** Hash and token count of every prefix, in the order tools, system, messages. */
function listPrefixes(request: MessagesRequest, model: Model, parts: RequestTokenParts): Prefix[] {
  const prefixes: Prefix[] = [];
  let hash = "";
  let tokens = 0;
  const add = (text: string, size: number): void => {
    hash = createHash("sha256").update(hash).update(text).digest("base64url");
    tokens += size;
    prefixes.push({ hash, tokens });
  };
  const [toolSeed, systemSeed, messageSeed] = sectionSeeds(request, model);
  hash = toolSeed;
  for (const [place, tool] of request.tools.entries()) add(JSON.stringify(unmarked(tool)), parts.tools[place] ?? 0);
  hash += systemSeed;
  for (const [place, block] of request.system.entries()) add(JSON.stringify(unmarked(block)), parts.system[place] ?? 0);
  hash += messageSeed;
  for (const turn of request.turns) {
    const sizes = parts.messages[turn.index] ?? [];
    for (const [place, block] of turn.blocks.entries())
      add(turn.role + JSON.stringify(unmarked(block)), sizes[place] ?? 0);
  }
  return prefixes;
}

/** The longest cached prefix that a breakpoint finds by looking back from itself. */
function findHit(cache: PromptCache, prefixes: readonly Prefix[], breakpoint: CacheBreakpoint): number {
  for (let back = 0; back < lookBack; back++) {
    if (cache.has(prefixes[breakpoint.position - back]?.hash ?? "")) return breakpoint.position - back;
  }
  return -1;
}

function forgetExpired(cache: PromptCache, nowMs: number): void {
  for (const [hash, entry] of cache) if (entry.expiresAtMs <= nowMs) cache.delete(hash);
}

/** Tokens that each lifetime pays for: from breakpoint to breakpoint, behind what was read. */
function writtenTokens(
  breakpoints: readonly CacheBreakpoint[],
  prefixes: readonly Prefix[],
  readTokens: number,
): Record<CacheLifetime, number> {
  const written = { "5m": 0, "1h": 0 };
  let end = readTokens;
  for (const breakpoint of breakpoints) {
    const tokens = prefixes[breakpoint.position]?.tokens ?? 0;
    written[breakpoint.lifetime] += Math.max(0, tokens - end);
    end = Math.max(end, tokens);
  }
  return written;
}

/** A prompt as the cache sees it: its prefixes, and the breakpoints that are long enough for the model. */
export interface CacheablePrompt {
  readonly totalTokens: number;
  readonly prefixes: readonly Prefix[];
  readonly breakpoints: readonly CacheBreakpoint[];
}

/** Hashes a prompt for the cache; one without breakpoints needs no hashes. */
export function cacheablePrompt(request: MessagesRequest, model: Model, parts: RequestTokenParts): CacheablePrompt {
  const totalTokens = sumOfParts(parts);
  const breakpoints = listBreakpoints(request);
  if (breakpoints.length === 0) return { totalTokens, prefixes: [], breakpoints };
  const prefixes = listPrefixes(request, model, parts);
  const isLongEnough = ({ position }: CacheBreakpoint): boolean =>
    (prefixes[position]?.tokens ?? 0) >= model.minCacheTokens;
  return { totalTokens, prefixes, breakpoints: breakpoints.filter(isLongEnough) };
}

/** Makes the prefixes of a prompt readable, and starts the lifetime of those that were read again. */
function commitPlan(cache: PromptCache, prompt: CacheablePrompt, hits: readonly number[], startMs: number): void {
  const write = (hash: string, lifetime: CacheLifetime): void => {
    const longer = cache.get(hash)?.lifetime === "1h" ? "1h" : lifetime;
    cache.set(hash, { lifetime: longer, expiresAtMs: startMs + lifetimesMs[longer] });
  };
  for (const hit of hits) {
    const hash = prompt.prefixes[hit]?.hash ?? "";
    const entry = cache.get(hash);
    if (entry !== undefined) write(hash, entry.lifetime);
  }
  const longestHit = Math.max(-1, ...hits);
  for (const { position, lifetime } of prompt.breakpoints) {
    const prefix = prompt.prefixes[position];
    if (prefix !== undefined && position > longestHit) write(prefix.hash, lifetime);
  }
}

/**
 * Works out what of a prompt is read from the cache, what is written to it, and what is neither.
 * Source: Anthropic's prompt caching page: byte-equal prefixes, a minimum by model, breakpoints that look back, lifetimes that
 * start again when they are read.
 */
export function planCache(cache: PromptCache, prompt: CacheablePrompt, nowMs: number): CachePlan {
  forgetExpired(cache, nowMs);
  const { prefixes, breakpoints, totalTokens } = prompt;
  const hits = breakpoints.map((breakpoint) => findHit(cache, prefixes, breakpoint));
  const readTokens = prefixes[Math.max(-1, ...hits)]?.tokens ?? 0;
  const written = writtenTokens(breakpoints, prefixes, readTokens);
  return {
    inputTokens: totalTokens - readTokens - written["5m"] - written["1h"],
    cacheReadTokens: readTokens,
    cacheWrite5mTokens: written["5m"],
    cacheWrite1hTokens: written["1h"],
    commit: (startMs) => commitPlan(cache, prompt, hits, startMs),
  };
}
