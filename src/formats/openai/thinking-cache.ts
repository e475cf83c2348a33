import type { Clock } from "../../base/clock.ts";
import type { HubBlock, HubMessage, HubRequest } from "../anthropic/hub.ts";
import type { RecallThinking } from "../types.ts";
import { questionOf, textOfBlocks, turnHash } from "./thinking-replay.ts";

/** How much is kept, and how long. */
export interface ThinkingCacheLimits {
  readonly entries: number;
  readonly bytes: number;
  readonly lifetimeMs: number;
}

/** A day: an agent's conversation is picked up again after lunch, not after a weekend. 20 MB hold some thousand turns. */
const defaultLimits: ThinkingCacheLimits = { entries: 4096, bytes: 20 * 1024 * 1024, lifetimeMs: 24 * 3_600_000 };

interface Entry {
  readonly keys: readonly string[];
  readonly blocks: readonly HubBlock[];
  readonly bytes: number;
  usedAtMs: number;
}

const callKey = (id: string): string => `call ${id}`;
const textKey = (hash: string): string => `text ${hash}`;

/**
 * The answers that had thinking, so that a client whose format has no place for it can have it sent back. Bounded by count, size
 * and age, least recently used first; memory only: thinking is never written anywhere.
 */
export class ThinkingCache {
  readonly #clock: Pick<Clock, "now">;
  readonly #limits: ThinkingCacheLimits;
  /** In order of use, the oldest first. */
  readonly #entries = new Set<Entry>();
  readonly #byKey = new Map<string, Entry>();
  #bytes = 0;

  constructor(clock: Pick<Clock, "now">, limits: Partial<ThinkingCacheLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** How many answers are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /** Keeps an answer that has thinking, and was whole: with `max_tokens` a tool call may be cut off. */
  remember(request: HubRequest, message: HubMessage): void {
    const hasThinking = message.content.some(({ type }) => type === "thinking" || type === "redacted_thinking");
    if (!hasThinking || message.stop_reason === "max_tokens" || message.stop_reason === "refusal") return;
    const calls = message.content.filter((block) => block.type === "tool_use");
    const text = textOfBlocks(message.content);
    if (calls.length === 0 && text.trim() === "") return;
    const keys =
      calls.length > 0
        ? calls.map((block) => callKey(block.id))
        : [textKey(turnHash(questionOf(request.messages.at(-1)), text))];
    this.#add({
      keys,
      blocks: message.content,
      bytes: JSON.stringify(message.content).length,
      usedAtMs: this.#clock.now(),
    });
  }

  /** The blocks of the answer that made exactly these calls, or said this text. */
  readonly recall: RecallThinking = (toolUseIds, hash) => {
    const entry = this.#byKey.get(toolUseIds[0] === undefined ? textKey(hash) : callKey(toolUseIds[0]));
    if (entry === undefined) return undefined;
    const now = this.#clock.now();
    if (now - entry.usedAtMs > this.#limits.lifetimeMs) {
      this.#remove(entry);
      return undefined;
    }
    if (toolUseIds.length > 0 && !isSameSet(entry.keys, toolUseIds.map(callKey))) return undefined;
    entry.usedAtMs = now;
    this.#entries.delete(entry);
    this.#entries.add(entry);
    return entry.blocks;
  };

  #add(entry: Entry): void {
    if (entry.bytes > this.#limits.bytes) return;
    for (const key of entry.keys) {
      const earlier = this.#byKey.get(key);
      if (earlier !== undefined) this.#remove(earlier);
    }
    this.#entries.add(entry);
    for (const key of entry.keys) this.#byKey.set(key, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries) {
      if (this.#entries.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) break;
      this.#remove(oldest);
    }
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#bytes -= entry.bytes;
    for (const key of entry.keys) if (this.#byKey.get(key) === entry) this.#byKey.delete(key);
  }
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && right.every((item) => left.includes(item));
}
