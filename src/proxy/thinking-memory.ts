import type { Clock } from "../base/clock.ts";
import { ThinkingCache } from "../formats/openai/thinking-cache.ts";
import type { Credential } from "./exchange.ts";
import { createOwnerMemory } from "./owner-memory.ts";

/** The thinking of earlier answers, kept apart by whose key paid for it: no caller can read another's. Memory only. */
export interface ThinkingMemory {
  of(credential: Credential | undefined): ThinkingCache;
  /** The same, for an answer that is whole: only then a key is worth a place. */
  toKeepIn(credential: Credential | undefined): ThinkingCache;
}

const ownersLimits = { entries: 512, bytes: 4 * 1024 * 1024 };

/** Makes an empty memory. */
export function createThinkingMemory(clock: Clock): ThinkingMemory {
  const daemon = new ThinkingCache(clock);
  const owners = createOwnerMemory(() => new ThinkingCache(clock, ownersLimits));
  return {
    of: (credential) => (credential?.kind === "own" ? owners.of(credential.key) : daemon),
    toKeepIn: (credential) => (credential?.kind === "own" ? owners.toKeepIn(credential.key) : daemon),
  };
}
