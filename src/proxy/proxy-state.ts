import type { Socket } from "node:net";
import type { ActiveExchanges } from "./active-exchanges.ts";
import type { Calibration } from "./calibration.ts";
import type { CountTokensSupport } from "./count-tokens-support.ts";
import type { Exchange } from "./exchange.ts";
import type { LiveModels } from "./live-models.ts";
import type { LoadedFormats } from "./loaded-formats.ts";
import type { SaidRefusals } from "./note-refusal.ts";
import type { ProxyOptions } from "./options.ts";
import type { ResponseMemory } from "./response-memory.ts";
import type { ThinkingMemory } from "./thinking-memory.ts";

/** What all requests of one proxy share. */
export interface ProxyState {
  readonly options: ProxyOptions;
  /** The port it serves on, known once it listens. */
  port: number;
  readonly startedAtMs: number;
  readonly active: ActiveExchanges;
  closing: boolean;
  /** Connections of tools that are open. */
  connections: number;
  /** What is to be done for answers that wait behind others on a connection when that ends. */
  readonly waiting: WeakMap<Socket, Set<() => void>>;
  /** Connections on which a request came that could be taken for two: nothing more is taken from them. */
  readonly distrusted: WeakSet<Socket>;
  /** What the process does at the moment, or did last: named when the event loop stood still. */
  doing: Exchange | undefined;
  /** Bytes of request bodies held in memory, received or announced. */
  bufferedBytes: number;
  /** The local token and its digest: hashed once per token, not per request. */
  tokenDigest: { readonly token: string; readonly digest: Buffer };
  /** The right token that a connection has shown. */
  readonly provenTokens: WeakMap<Socket, string>;
  /** The daemon's own keys that went upstream, the one of now first: a stream that began with another may still run. */
  readonly daemonKeys: string[];
  readonly models: LiveModels;
  readonly calibration: Calibration;
  readonly countTokens: CountTokensSupport;
  readonly formats: LoadedFormats;
  readonly thinking: ThinkingMemory;
  readonly responses: ResponseMemory;
  /** Names of tools by User-Agent. Bounded. */
  readonly toolNames: Map<string, string>;
  /** What was already said in the log. Bounded. */
  readonly said: Set<string>;
  /** Refusals that the log tells of, by code and tool: closed lists. */
  readonly saidRefusals: Map<string, SaidRefusals>;
}

/** How many different things are remembered as said. */
const remembered = 1_000;

/** True the first time that it is asked about a thing; bounded, so that no caller can fill the memory. */
export function sayOnce(state: ProxyState, thing: string): boolean {
  if (state.said.has(thing)) return false;
  if (state.said.size >= remembered) state.said.clear();
  state.said.add(thing);
  return true;
}
