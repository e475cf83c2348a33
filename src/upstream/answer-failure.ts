import { errors } from "undici";
import { errorCode } from "../base/error-code.ts";
import { ZenthrexError } from "../base/errors.ts";
import type { UpstreamFailure } from "./types.ts";

/** What is needed to put a failed call into words. */
export interface FailureContext {
  /** host:port of the upstream. */
  readonly authority: string;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

function isNotHttp(error: unknown): boolean {
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) return true;
  // What a broken header behind a content-length is reported as.
  if (error instanceof errors.ResponseContentLengthMismatchError) return true;
  // undici's words for an answer that nobody asked for, and for such an upgrade.
  return error instanceof errors.SocketError && /^bad (response|upgrade)$/.test(error.message);
}

function timeoutMs(error: unknown, { headersTimeoutMs, bodyTimeoutMs }: FailureContext): number | undefined {
  if (error instanceof errors.HeadersTimeoutError) return headersTimeoutMs;
  return error instanceof errors.BodyTimeoutError ? bodyTimeoutMs : undefined;
}

function howItEnded(error: unknown): string {
  if (error instanceof errors.ResponseContentLengthMismatchError) return "shorter than its content-length";
  if (error instanceof errors.HTTPParserError) return "its chunks are broken or incomplete";
  return errorCode(error) === "ECONNRESET" ? "connection reset" : "connection closed";
}

/** A call that failed before any of it was sent: the connector said why, or the request itself can't be sent. */
export function unsentFailure(error: unknown): UpstreamFailure {
  if (error instanceof ZenthrexError) return { code: error.code, message: error.message, sent: false };
  return { code: "ZX_INTERNAL", message: "the request could not be made", sent: false, cause: error };
}

/**
 * A call that failed after its first byte was written.
 * Kinds are told apart by undici's classes and by how far the answer had come: the codes differ by timing and platform.
 */
export function sentFailure(error: unknown, answered: boolean, context: FailureContext): UpstreamFailure {
  const { authority } = context;
  const failed = (code: UpstreamFailure["code"], message: string): UpstreamFailure => ({ code, message, sent: true });
  if (error instanceof ZenthrexError) return failed(error.code, error.message);
  const silentMs = timeoutMs(error, context);
  if (silentMs !== undefined) {
    return failed("ZX_UPSTREAM_TIMEOUT", `${authority} sent nothing for ${silentMs / 1000} s`);
  }
  if (answered) return failed("ZX_UPSTREAM_CUT", `${authority} ended its answer too early: ${howItEnded(error)}`);
  if (isNotHttp(error)) return failed("ZX_UPSTREAM_NOT_API", `${authority} doesn't answer in HTTP/1.1 as it should`);
  const code = errorCode(error) ?? "";
  if (code.startsWith("ERR_SSL_")) return failed("ZX_UPSTREAM_TLS", `${authority} ended the TLS connection (${code})`);
  return failed("ZX_UPSTREAM_RESET", `${authority} closed the connection before it answered`);
}
