/** One kind of error as the two wire formats say it. */
export interface ErrorKind {
  /** Status where the failure itself has none: in mid-stream. */
  readonly status: number;
  readonly anthropicType: string;
  readonly openaiType: string;
  readonly openaiCode: string;
}

const invalidRequest: ErrorKind = {
  status: 400,
  anthropicType: "invalid_request_error",
  openaiType: "invalid_request_error",
  openaiCode: "invalid_request_error",
};
const authentication: ErrorKind = {
  status: 401,
  anthropicType: "authentication_error",
  openaiType: "authentication_error",
  openaiCode: "invalid_api_key",
};
/** 402 and not OpenAI's 429 `insufficient_quota`: its SDK would retry that. */
const billing: ErrorKind = {
  status: 402,
  anthropicType: "billing_error",
  openaiType: "insufficient_credits",
  openaiCode: "insufficient_credits",
};
const permission: ErrorKind = {
  status: 403,
  anthropicType: "permission_error",
  openaiType: "permission_error",
  openaiCode: "permission_denied",
};
const notFound: ErrorKind = {
  status: 404,
  anthropicType: "not_found_error",
  openaiType: "not_found",
  openaiCode: "model_not_found",
};
const tooLarge: ErrorKind = {
  status: 413,
  anthropicType: "request_too_large",
  openaiType: "request_too_large",
  openaiCode: "request_too_large",
};
const rateLimit: ErrorKind = {
  status: 429,
  anthropicType: "rate_limit_error",
  openaiType: "rate_limit_exceeded",
  openaiCode: "rate_limit_exceeded",
};
const internal: ErrorKind = {
  status: 500,
  anthropicType: "api_error",
  openaiType: "api_error",
  openaiCode: "api_error",
};
const upstream: ErrorKind = {
  status: 502,
  anthropicType: "api_error",
  openaiType: "upstream_error",
  openaiCode: "upstream_error",
};
const timeout: ErrorKind = {
  status: 504,
  anthropicType: "timeout_error",
  openaiType: "upstream_timeout",
  openaiCode: "upstream_timeout",
};
const overloaded: ErrorKind = {
  status: 529,
  anthropicType: "overloaded_error",
  openaiType: "overloaded_error",
  openaiCode: "overloaded",
};

const byType: Readonly<Record<string, ErrorKind>> = {
  invalid_request_error: invalidRequest,
  authentication_error: authentication,
  billing_error: billing,
  insufficient_credits: billing,
  permission_error: permission,
  not_found_error: notFound,
  not_found: notFound,
  request_too_large: tooLarge,
  rate_limit_error: rateLimit,
  rate_limit_exceeded: rateLimit,
  api_error: internal,
  upstream_error: upstream,
  timeout_error: timeout,
  upstream_timeout: timeout,
  overloaded_error: overloaded,
};

const byStatus: Readonly<Record<number, ErrorKind>> = {
  400: invalidRequest,
  401: authentication,
  402: billing,
  403: permission,
  404: notFound,
  408: timeout,
  413: tooLarge,
  429: rateLimit,
  500: internal,
  502: upstream,
  503: overloaded,
  504: timeout,
  529: overloaded,
};

/**
 * What kind of error an upstream's type and status mean: the type, where it is known, else the status.
 * Source: Anthropic errors; hosted documentation "Error Reference"; OpenAI's ErrorResponse schema.
 */
export function errorKind(type: string, status: number | undefined): ErrorKind {
  const known = Object.hasOwn(byType, type) ? byType[type] : undefined;
  // "api_error" is what Anthropic calls every 5xx: the status says more.
  if (known !== undefined && known !== internal) return known;
  if (status === undefined) return known ?? upstream;
  return (
    byStatus[status] ??
    (status >= 400 && status < 500 ? invalidRequest : status < 600 && status >= 500 ? internal : upstream)
  );
}
