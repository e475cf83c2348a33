import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { WireFormatName } from "../catalog/endpoints.ts";
import { matchRoute, type RouteMatch } from "../catalog/match-route.ts";
import type { WireFormat } from "../formats/types.ts";
import type { RecordedWarning, ReportedUsage, RequestOutcome } from "./options.ts";
import type { ProxyState } from "./proxy-state.ts";
import { translates } from "./translates.ts";

/** Whose key goes upstream: the daemon's, for whoever holds the local token, or the caller's own. */
export type Credential = { readonly kind: "daemon" } | { readonly kind: "own"; readonly key: string };

/** Something that runs for an exchange and can be ended from outside. */
export interface Running {
  /** Breaks it off without a word: the client has left, or stalls. */
  stop(outcome: RequestOutcome): void;
  /** Ends the answer with an error that the client sees: the proxy closes. */
  interrupt?(): void;
}

/** The format of a caller whose path doesn't tell: Anthropic's clients send one of two headers. */
function formatOf(match: RouteMatch, { headers }: IncomingMessage): WireFormatName {
  if (match.format !== undefined) return match.format;
  if (headers["anthropic-version"] !== undefined || headers["x-api-key"] !== undefined) return "anthropic";
  return match.route === "unknown" && headers.authorization === undefined ? "anthropic" : "openai-chat";
}

/**
 * One request on its way through the passes, and what was found out about it so far: data, no behaviour.
 * A class, as is all else that is made for every request: V8 soon puts objects of a literal into the old generation ("allocation site
 * pretenuring"), where each keeps all that it points to alive until a full collection. Measured: 97 us of CPU a small request against 68.
 */
export class Exchange {
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
  readonly answerHeaders: string[] = [];
  readonly warnings: RecordedWarning[] = [];
  credential: Credential | undefined = undefined;
  /** The key that goes upstream, once the exchange was admitted. */
  key: string | undefined = undefined;
  /** The body is compressed: it is forwarded unread. */
  isEncoded = false;
  body: Buffer | undefined = undefined;
  /** Bytes that this request holds of the budget for bodies. */
  reservedBytes = 0;
  modelAsked: string | undefined = undefined;
  modelServed: string | undefined = undefined;
  /** The answer is a stream; undefined until somebody had to know. */
  isStream: boolean | undefined = undefined;
  lane: "raw" | "translated" | "local";
  /** What the translated lane translates with; loaded by the time it is needed. */
  wireFormat: WireFormat | undefined = undefined;
  status = 0;
  firstByteAtMs: number | undefined = undefined;
  usage: ReportedUsage | undefined = undefined;
  upstreamRequestId: string | undefined = undefined;
  errorCode: string | undefined = undefined;
  /** `none`: leaves no record (it did not pass the gate, or isn't inference). */
  record: "none" | "pending" | "started" | "ended" = "none";
  /** How it ended; set once, by whoever ends it. */
  outcome: RequestOutcome | undefined = undefined;
  /** What runs for it, once a lane has it. */
  running: Running | undefined = undefined;

  constructor(proxy: ProxyState, request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) {
    this.proxy = proxy;
    this.request = request;
    this.response = response;
    this.id = `req_zx_${randomUUID().replaceAll("-", "")}`;
    this.startedAtMs = proxy.options.clock.now();
    this.match = matchRoute(request.url ?? "/");
    this.format = formatOf(this.match, request);
    this.awaitsContinue = awaitsContinue;
    this.lane = translates(this.match, proxy.options) ? "translated" : "raw";
  }
}
