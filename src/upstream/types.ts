import type { ErrorCode } from "../base/errors.ts";
import type { RawHeaders } from "../base/headers.ts";

/** One call to the upstream. `path` begins with "/" and may hold a query; `headers` are sent as they are. */
export interface UpstreamRequest {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body?: Uint8Array;
  /** GET and HEAD only: send it once more when the connection was reset before an answer began (law 3: models and whoami). */
  readonly retryOnce?: boolean;
}

/** Why a call failed, in the vocabulary of the error table. */
export interface UpstreamFailure {
  readonly code: ErrorCode;
  /** Names the upstream's host and port or the proxy; never a key, never content. */
  readonly message: string;
  /** True once the first byte of the request may have left: then nobody may send it again (law 3). */
  readonly sent: boolean;
  /** For the log, where a bug of ours is the reason (ZX_INTERNAL). */
  readonly cause?: unknown;
}

/**
 * What a caller is told, in this order: onSend, onHeaders once, onData any number of times, then exactly one of onEnd and onFailure.
 * onEnd means only that the transport ended: whether the answer was whole is the caller's to judge (law 2).
 * Nothing is called after `abort()`.
 */
export interface UpstreamHandler {
  /** Right before the first byte of the request may leave; again where it is sent again. */
  onSend?(): void;
  onHeaders(status: number, headers: RawHeaders): void;
  onData(chunk: Buffer): void;
  /** `delimited` is false where the body had neither a length nor chunks: its end proves nothing. */
  onEnd(delimited: boolean): void;
  onFailure(failure: UpstreamFailure): void;
}

/** A call under way. */
export interface UpstreamCall {
  /** Ends the call at once, before or after the first byte; a call that waits for a connection is never sent. */
  abort(): void;
  /** Holds onData back until resume(); onFailure may come meanwhile, behind all data that was told. */
  pause(): void;
  resume(): void;
}

/** The only door to the upstream. One origin, fixed when it was made: the key can't go elsewhere (law 5). */
export interface UpstreamClient {
  readonly origin: string;
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  /**
   * Opens a connection in the background, so that the next call pays no handshake; keeps one ready until 5 minutes after the
   * last call or warm(). Never fails, never sends a request.
   */
  warm(): void;
  /** Closes what is idle, because the network changed or the machine slept. Running calls go on; the next one gets a new connection. */
  dropIdle(): void;
  /** Cuts what still runs (ZX_SHUTTING_DOWN) and closes every connection. */
  close(): Promise<void>;
}
