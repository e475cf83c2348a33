import type { RawHeaders } from "../base/headers.ts";
import type { JsonObject } from "../base/json.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";
import type { Model } from "../catalog/models.ts";
import type { AccumulatedMessage, HubBlock, HubFailure, HubRequest, HubUsage } from "./anthropic/hub.ts";

/** Something that a translation could not carry (law 6). Shape: `path` a JSON path in the caller's body, `reason` one clause. */
export interface Warning {
  /** Stable and short, for the header `x-zenthrex-warnings`: "dropped", "clamped", "repaired", ... plus the field. */
  readonly code: string;
  readonly path: string;
  readonly reason: string;
}

/** The blocks that an earlier answer had, by the ids of its tool calls, or by `turnHash` for one without. */
export type RecallThinking = (toolUseIds: readonly string[], turnHash: string) => readonly HubBlock[] | undefined;

/** The conversation up to and with an earlier answer, as items that a caller could have sent itself; undefined: not known. */
export type RecallItems = (responseId: string) => readonly JsonObject[] | undefined;

/** An item of an earlier answer, by its id: what an `item_reference` stands for; undefined: not known. */
export type RecallItem = (itemId: string) => JsonObject | undefined;

/** What a translation may know beside the body. */
export interface TranslationContext {
  /** The model that the caller's name resolved to. */
  readonly model: Model;
  readonly nowMs: number;
  /** Place cache breakpoints where the caller marked none. */
  readonly autoCache: boolean;
  readonly estimateTokens: (text: string, tokenizer: Model["tokenizer"]) => number;
  readonly recallThinking?: RecallThinking;
  readonly recallItems?: RecallItems;
  readonly recallItem?: RecallItem;
}

/** A request on its way up. `state` is for the way back; `stream` says what the caller wants, not what the upstream is asked. */
export interface Translation<State> {
  readonly request: HubRequest;
  readonly stream: boolean;
  readonly warnings: readonly Warning[];
  readonly state: State;
  /**
   * This request's own input, where the caller wants it kept for a later `previous_response_id`: with the `output` of `fromHub` behind
   * it, what a caller without such an id would send again. Undefined where nothing is to be kept.
   */
  readonly storedItems?: readonly JsonObject[];
}

/** An answer on its way down, upstream events in, the caller's SSE text out: byte strings on both sides, write them as latin1. */
export interface HubStream {
  /** Takes one complete SSE frame. */
  push(frame: string): string;
  /** The transport ended: an error frame, unless the answer had ended before. */
  end(): string;
  /** Ends an open stream with an error, in place of what `push` or `end` said of it. `error` is the body of a `WireError`. */
  fail(error: JsonObject): string;
  /** What keeps it open in silence; `WireFormat.ping` as long as it has said nothing. */
  ping(): string;
  readonly outcome: "open" | "complete" | "failed";
  /** Why there is no answer. With nothing sent yet, `errorFromHub` of it keeps its HTTP status. */
  readonly failure: HubFailure | undefined;
  readonly usage: HubUsage;
  readonly warnings: readonly Warning[];
  /** The answer in the hub's form, once it is complete. `fromHub` of it is what the stream has said. */
  answer(): AccumulatedMessage | undefined;
}

/** An error as it goes to the caller. `headers` is a flat list of what follows from the error itself. */
export interface WireError {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: JsonObject;
}

/** One wire format: what its callers say in the hub's words, and what the hub answers in theirs. */
export interface WireFormat<State = unknown> {
  readonly name: WireFormatName;
  /** What a path ends with, without /v1. */
  readonly suffixes: readonly string[];
  /** The header that its clients put their key in. */
  readonly credential: "authorization" | "x-api-key";
  /** Throws: ZenthrexError with `param`, for what can't be carried at all. */
  toHub(body: unknown, context: TranslationContext): Translation<State>;
  fromHub(
    answer: AccumulatedMessage,
    state: State,
  ): { readonly body: JsonObject; readonly warnings: readonly Warning[] };
  streamFromHub(state: State): HubStream;
  errorFromHub(failure: HubFailure): WireError;
  /** The upstream's headers in the caller's words: request id, rate limits, `retry-after`. */
  headersFromHub(headers: RawHeaders, nowMs: number): RawHeaders;
  /** A whole SSE frame that keeps a silent stream open. */
  readonly ping: string;
}
