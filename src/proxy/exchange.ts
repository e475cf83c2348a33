import type { IncomingMessage, ServerResponse } from "node:http";
import type { WireFormatName } from "../catalog/endpoints.ts";
import type { RouteMatch } from "../catalog/match-route.ts";
import type { ReportedUsage, RequestOutcome } from "./options.ts";
import type { ProxyState } from "./proxy-state.ts";

/** Whose key goes upstream: the daemon's, for whoever holds the local token, or the caller's own. */
export type Credential = { readonly kind: "daemon" } | { readonly kind: "own"; readonly key: string };

/** One request on its way through the passes, and what was found out about it so far. */
export interface Exchange {
  readonly proxy: ProxyState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** `req_zx_...`: in our errors, our log lines and the journal. */
  readonly id: string;
  readonly startedAtMs: number;
  readonly match: RouteMatch;
  /** The format that this caller's errors have. */
  readonly format: WireFormatName;
  /** The client holds its body back until it is told to continue. */
  awaitsContinue: boolean;
  /** Headers that every answer carries, as a flat list. */
  readonly answerHeaders: string[];
  readonly warnings: { readonly path: string; readonly reason: string }[];
  credential: Credential | undefined;
  /** The key that goes upstream, once the exchange was admitted. */
  key: string | undefined;
  /** The body is compressed: it is forwarded unread. */
  isEncoded: boolean;
  body: Buffer | undefined;
  /** Bytes that this request holds of the budget for bodies. */
  reservedBytes: number;
  modelAsked: string | undefined;
  modelServed: string | undefined;
  /** The answer is a stream; undefined until somebody had to know. */
  isStream: boolean | undefined;
  lane: "raw" | "translated" | "local";
  status: number;
  firstByteAtMs: number | undefined;
  usage: ReportedUsage | undefined;
  upstreamRequestId: string | undefined;
  errorCode: string | undefined;
  /** `none`: leaves no record (it did not pass the gate, or isn't inference). */
  record: "none" | "pending" | "started" | "ended";
  /** How it ended; set once, by whoever ends it. */
  outcome: RequestOutcome | undefined;
  /** Breaks off what runs for this request: the client has left, or stalls. */
  stop: ((outcome: RequestOutcome) => void) | undefined;
  /** Ends the answer with an error because the proxy closes; undefined while no lane has it. */
  interrupt: (() => void) | undefined;
}
