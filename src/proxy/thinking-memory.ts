import { hash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { ThinkingCache } from "../formats/openai/thinking-cache.ts";
import type { Credential } from "./exchange.ts";

/** The thinking of earlier answers, kept apart by whose key paid for it: no caller can read another's. Memory only. */
export interface ThinkingMemory {
  of(credential: Credential | undefined): ThinkingCache;
}

/** Callers with keys of their own are few, but anybody may claim to be one: the oldest are forgotten. */
const maxOwners = 8;
const ownersLimits = { entries: 512, bytes: 4 * 1024 * 1024 };

/** Makes an empty memory. */
export function createThinkingMemory(clock: Clock): ThinkingMemory {
  const daemon = new ThinkingCache(clock);
  const owners = new Map<string, ThinkingCache>();
  return {
    of(credential) {
      if (credential?.kind !== "own") return daemon;
      const owner = hash("sha256", credential.key, "base64url");
      const cache = owners.get(owner) ?? new ThinkingCache(clock, ownersLimits);
      // Set again, so that the map stays in order of use.
      owners.delete(owner);
      owners.set(owner, cache);
      const oldest = owners.keys().next().value;
      if (owners.size > maxOwners && oldest !== undefined) owners.delete(oldest);
      return cache;
    },
  };
}
