import { type Clock, systemClock } from "../base/clock.ts";
import { ZenthrexError } from "../base/errors.ts";
import type { RawHeaders } from "../base/headers.ts";
import { parseUpstreamOrigin } from "./origin.ts";
import type { UpstreamClient, UpstreamRequest } from "./types.ts";

/** What an answer may cost. */
export interface CollectLimits {
  readonly maxBytes: number;
  /** For the whole call, connection and retries included. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
}

/** A whole answer of any status. */
export interface CollectedAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer;
  /** False where the body had neither a length nor chunks: only its own syntax can prove it whole. */
  readonly delimited: boolean;
}

/**
 * Sends a request and gathers its answer in memory: for small JSON, not for streams.
 * Throws: the failure of the call by its code, ZX_UPSTREAM_TIMEOUT after `timeoutMs`, ZX_UPSTREAM_NOT_API over `maxBytes`.
 */
export function collect(
  client: UpstreamClient,
  request: UpstreamRequest,
  { maxBytes, timeoutMs, clock = systemClock }: CollectLimits,
): Promise<CollectedAnswer> {
  return new Promise((resolve, reject) => {
    const { authority } = parseUpstreamOrigin(client.origin);
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: RawHeaders = [];

    const giveUp = (error: ZenthrexError): void => {
      cancelTimer();
      call.abort();
      reject(error);
    };
    const cancelTimer = clock.after(timeoutMs, () => {
      const message = `${authority} didn't answer ${request.path} within ${timeoutMs / 1000} s`;
      giveUp(new ZenthrexError("ZX_UPSTREAM_TIMEOUT", message, { fix: "Check the network, then run it again." }));
    });
    const call = client.send(request, {
      onHeaders(gotStatus, gotHeaders) {
        status = gotStatus;
        headers = gotHeaders;
      },
      onData(chunk) {
        size += chunk.length;
        if (size > maxBytes) {
          const message = `${authority} answered ${request.path} with more than ${maxBytes} bytes`;
          giveUp(new ZenthrexError("ZX_UPSTREAM_NOT_API", message));
          return;
        }
        chunks.push(chunk);
      },
      onEnd(delimited) {
        cancelTimer();
        resolve({ status, headers, body: Buffer.concat(chunks, size), delimited });
      },
      onFailure({ code, message, cause }) {
        cancelTimer();
        reject(new ZenthrexError(code, message, cause === undefined ? {} : { cause }));
      },
    });
  });
}
