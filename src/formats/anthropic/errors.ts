import { errorKind } from "../error-kinds.ts";
import type { WireError } from "../types.ts";
import type { HubFailure } from "./hub.ts";

/**
 * A failure as Anthropic's clients are told it: for errors that aren't the upstream's verbatim bytes.
 * Source: Anthropic errors, "Error shapes".
 */
export function anthropicError(failure: HubFailure): WireError {
  const kind = errorKind(failure.type, failure.status);
  const error = { type: kind.anthropicType, message: failure.message };
  const requestId = failure.requestId;
  return {
    status: usableStatus(failure.status) ?? kind.status,
    headers: requestId === undefined ? [] : ["request-id", requestId],
    body: requestId === undefined ? { type: "error", error } : { type: "error", error, request_id: requestId },
  };
}

/** A status that says "error", or undefined. */
export function usableStatus(status: number | undefined): number | undefined {
  return status !== undefined && status >= 400 && status <= 599 ? status : undefined;
}
