/** An answer that refuses. Shape: `type` as the hosted documentation names it, Anthropic's own where it names none. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** The field that it is about, where the message doesn't begin with it: "messages[0].content". */
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Error types by status, with what is said when nobody says more.
 * Source: hosted documentation, "Error Reference" (401, 402, 404, 429, 502, 504); Anthropic errors for the others.
 */
const refusalTypes: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ["invalid_request_error", "The request is not valid."],
  401: ["authentication_error", "Missing or invalid bearer."],
  402: ["insufficient_credits", "Wallet balance hit zero."],
  403: ["permission_error", "This key may not do that."],
  404: ["not_found", "Not found: check the base URL."],
  413: ["request_too_large", "Request exceeds the maximum size of 32 MB."],
  429: ["rate_limit_exceeded", "Per-key rate limit reached."],
  500: ["api_error", "Internal server error."],
  502: ["upstream_error", "Upstream returned 5xx."],
  503: ["overloaded_error", "Temporarily unavailable."],
  504: ["upstream_timeout", "SSE stream stalled past 600s."],
  529: ["overloaded_error", "Overloaded."],
};

/** True for a refusal among other outcomes (which have no `status`). */
export function isRefusal(outcome: object): outcome is Refusal {
  return "status" in outcome;
}

/** Statuses that a refusal may have. */
export const refusalStatuses: readonly number[] = Object.keys(refusalTypes).map(Number);

/** A refusal of one of the documented statuses; an unknown status is told as an api_error. */
export function refusal(status: number, message?: string, headers?: Readonly<Record<string, string>>): Refusal {
  const [type, standard] = refusalTypes[status] ?? ["api_error", "Something went wrong."];
  const base = { status, type, message: message ?? standard };
  return headers === undefined ? base : { ...base, headers };
}

/** A 400 that says what is wrong with the request. */
export function invalidRequest(message: string, param?: string): Refusal {
  const base = refusal(400, message);
  return param === undefined ? base : { ...base, param };
}

/** The body of a refusal. Source: Anthropic errors, "Error shapes". */
export function refusalBody(what: Pick<Refusal, "type" | "message">, requestId: string): string {
  return JSON.stringify({
    type: "error",
    error: { type: what.type, message: what.message },
    request_id: requestId,
  });
}
