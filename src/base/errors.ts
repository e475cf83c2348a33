/** What one error means on every side. Exit codes: 1 check failed, 2 usage, 3 auth, 4 wallet, 5 network, 6 files, 70 bug. */
interface ErrorRow {
  /** HTTP status the caller of the daemon gets. */
  readonly status: number;
  /** Exit code of a command that ends with it. */
  readonly exitCode: number;
  /** `error.type` in Anthropic's envelope. */
  readonly anthropicType: string;
  /** `error.type` and `error.code` in OpenAI's envelope. */
  readonly openaiType: string;
  readonly openaiCode: string | null;
  /** False: a retry can't help, say so (`x-should-retry: false`). */
  readonly retryHelps: boolean;
  /** One imperative sentence; may be replaced by a more exact one where it is thrown. */
  readonly fix: string;
}

const row = (
  status: number,
  exitCode: number,
  anthropicType: string,
  openaiType: string,
  openaiCode: string | null,
  retryHelps: boolean,
  fix: string,
): ErrorRow => ({ status, exitCode, anthropicType, openaiType, openaiCode, retryHelps, fix });

/**
 * The one table of errors: code -> statuses, exit code, wire types and fix.
 * Source of the wire types: hosted API documentation "Error Reference"; Anthropic errors; OpenAI's ErrorResponse schema.
 */
// biome-ignore format: a row a line is what makes it a table
export const errorTable = {
  // The gate of the daemon.
  ZX_GATE_HOST: row(403, 1, "permission_error", "permission_error", "host_refused", false, "Use http://127.0.0.1:<port>, or add the host to proxy.allowedHosts."),
  ZX_GATE_ORIGIN: row(403, 1, "permission_error", "permission_error", "origin_refused", false, "Add the origin to proxy.allowedOrigins if a browser page or Electron tool of yours must call."),
  // 426 is what makes Codex go on over HTTP at once; on a 403 it tries seven times. Source: Codex 0.169, observed.
  ZX_GATE_UPGRADE: row(426, 1, "permission_error", "permission_error", "upgrade_refused", false, "Use plain HTTP: there is no WebSocket here."),
  ZX_GATE_REQUEST: row(400, 1, "invalid_request_error", "invalid_request_error", "bad_request", false, "Send a well-formed HTTP/1.1 request."),
  ZX_AUTH_TOKEN_MISSING: row(401, 3, "authentication_error", "authentication_error", "invalid_api_key", false, "Run `zenthrex setup <tool>`, or send the token that `zenthrex key token` prints."),
  ZX_AUTH_TOKEN_WRONG: row(401, 3, "authentication_error", "authentication_error", "invalid_api_key", false, "Run `zenthrex setup <tool>` again: this token is not the daemon's."),
  ZX_AUTH_KEY_MISSING: row(401, 3, "authentication_error", "authentication_error", "invalid_api_key", false, "Run `zenthrex login`, or set ZENTHREX_KEY for the daemon."),
  ZX_AUTH_KEY_REJECTED: row(401, 3, "authentication_error", "authentication_error", "invalid_api_key", false, "Run `zenthrex login` with a valid key."),
  ZX_AUTH_KEY_SHAPE: row(401, 3, "authentication_error", "authentication_error", "invalid_api_key", false, "Paste the key as the dashboard shows it: it begins with zk_."),
  ZX_AUTH_FORBIDDEN: row(403, 3, "permission_error", "permission_error", "permission_denied", false, "Ask whose key it is what it may do: see `zenthrex whoami`."),
  ZX_WALLET_EMPTY: row(402, 4, "billing_error", "insufficient_credits", "insufficient_credits", false, "Top up the wallet in the dashboard; `zenthrex whoami` shows the balance."),
  ZX_BUDGET_SPENT: row(429, 4, "billing_error", "insufficient_quota", "insufficient_quota", false, "Wait, or raise it: `zenthrex budget set <amount>/<day or month>`; `zenthrex budget` shows how it stands."),
  // The request.
  ZX_ROUTE_UNKNOWN: row(421, 1, "not_found_error", "not_found", "wrong_base_url", false, "Point the tool at http://127.0.0.1:<port> (Anthropic) or http://127.0.0.1:<port>/v1 (OpenAI)."),
  ZX_ROUTE_UNSUPPORTED: row(404, 1, "not_found_error", "not_found", "unsupported_route", false, "Use /v1/messages or /v1/chat/completions: the hosted API has nothing else of this kind."),
  ZX_ROUTE_METHOD: row(405, 1, "invalid_request_error", "invalid_request_error", "method_not_allowed", false, "Use the method that the route documents."),
  ZX_BODY_TOO_LARGE: row(413, 1, "request_too_large", "request_too_large", "request_too_large", false, "Send a smaller request."),
  ZX_BODY_INVALID: row(400, 1, "invalid_request_error", "invalid_request_error", "invalid_request_error", false, "Send a JSON object."),
  ZX_BODY_TYPE: row(415, 1, "invalid_request_error", "invalid_request_error", "unsupported_media_type", false, "Send content-type: application/json in UTF-8."),
  ZX_MODEL_UNKNOWN: row(404, 1, "not_found_error", "not_found", "model_not_found", false, "Choose a model of `zenthrex models`, or map the name: `zenthrex config set aliases.<name> <model>`."),
  // Claude Code shows a 400's words; for a 404 it has its own, which name no way out. Source: Claude Code 2.1.330, observed.
  ZX_MODEL_STAND_IN: row(400, 1, "invalid_request_error", "invalid_request_error", "model_not_found", false, "Set the tool to a model of `zenthrex models`; for Claude Code run `zenthrex setup claude-code`, or set ANTHROPIC_MODEL."),
  ZX_RESPONSE_UNKNOWN: row(404, 1, "not_found_error", "invalid_request_error", "response_not_found", false, "Stored responses live in the daemon's memory until it ends, and the oldest are dropped: ask again."),
  ZX_PREVIOUS_RESPONSE_UNKNOWN: row(400, 1, "invalid_request_error", "invalid_request_error", "previous_response_not_found", false, "Send the whole conversation as input: stored responses live in the daemon's memory until it ends, and the oldest are dropped."),
  ZX_UNTRANSLATABLE: row(400, 1, "invalid_request_error", "invalid_request_error", "invalid_request_error", false, "Remove the field, or run the daemon without --strict."),
  ZX_OVERLOADED: row(503, 5, "overloaded_error", "overloaded_error", "overloaded", true, "Wait a second and send it again."),
  ZX_SHUTTING_DOWN: row(503, 5, "overloaded_error", "overloaded_error", "overloaded", true, "Wait for the daemon to restart and send it again."),
  // The upstream.
  ZX_UPSTREAM_REFUSED: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Check the network, or run `zenthrex doctor`."),
  ZX_UPSTREAM_REFUSED_LOCAL: row(502, 5, "api_error", "upstream_error", "upstream_error", false, "Start what --upstream names, or point --upstream elsewhere."),
  ZX_UPSTREAM_DNS: row(502, 5, "api_error", "upstream_error", "upstream_error", false, "Check the host name and the network, or run `zenthrex doctor`."),
  ZX_UPSTREAM_DNS_TEMPORARY: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Check the network: the name server did not answer."),
  ZX_UPSTREAM_TLS: row(502, 5, "api_error", "upstream_error", "upstream_error", false, "Check the clock and the company proxy; name its certificate in NODE_EXTRA_CA_CERTS."),
  ZX_UPSTREAM_CONNECT_TIMEOUT: row(504, 5, "timeout_error", "upstream_timeout", "upstream_timeout", true, "Check the network, or run `zenthrex doctor`."),
  ZX_UPSTREAM_TUNNEL: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Check HTTPS_PROXY: the company proxy did not open a tunnel."),
  ZX_UPSTREAM_RESET: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Send it again: the hosted API closed the connection before it answered."),
  ZX_UPSTREAM_CUT: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Send it again: the hosted API's answer ended before its end."),
  ZX_UPSTREAM_REDIRECT: row(502, 5, "api_error", "upstream_error", "upstream_error", false, "Set --upstream to the address that answers: redirects are not followed, they would take the key elsewhere."),
  ZX_UPSTREAM_NOT_API: row(502, 5, "api_error", "upstream_error", "upstream_error", false, "Check --upstream and whether a login page or company proxy sits between: run `zenthrex doctor`."),
  ZX_UPSTREAM_ENCODING: row(502, 5, "api_error", "upstream_error", "upstream_error", false, "Report it: the hosted API answered in a compression that can't be read."),
  ZX_UPSTREAM_TIMEOUT: row(504, 5, "timeout_error", "upstream_timeout", "upstream_timeout", true, "Send it again: nothing came for 630 seconds."),
  ZX_UPSTREAM_EVENT: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Send it again: the hosted API sent an event that is not JSON."),
  ZX_UPSTREAM_RATE_LIMIT: row(429, 5, "rate_limit_error", "rate_limit_exceeded", "rate_limit_exceeded", true, "Wait a minute and run it again: the key's request limit is reached."),
  ZX_UPSTREAM_STATUS: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Try again in a minute: the hosted API answered with an error of its own."),
  // The commands.
  ZX_USAGE: row(400, 2, "invalid_request_error", "invalid_request_error", null, false, "See --help."),
  ZX_CHECK_FAILED: row(500, 1, "api_error", "api_error", null, false, "See the lines above."),
  ZX_NETWORK: row(502, 5, "api_error", "upstream_error", "upstream_error", true, "Check the network, or run `zenthrex doctor`."),
  ZX_PORT_TAKEN: row(500, 5, "api_error", "api_error", null, false, "Stop what holds the port, or choose another: --port."),
  ZX_FILE_INVALID: row(500, 6, "api_error", "api_error", null, false, "Mend the file at the place shown, then run the command again."),
  ZX_FILE_ACCESS: row(500, 6, "api_error", "api_error", null, false, "Make the file readable and writable for you, then run the command again."),
  ZX_FILE_CHANGED: row(500, 6, "api_error", "api_error", null, false, "Close the program that keeps writing the file, then run the command again."),
  ZX_CONFIG_INVALID: row(500, 6, "api_error", "api_error", null, false, "See `zenthrex config list` for the settings and what they take."),
  ZX_INTERNAL: row(500, 70, "api_error", "api_error", "internal_error", true, "Report it with the log line: it is a bug of zenthrex."),
} as const satisfies Record<string, ErrorRow>;

/** The closed set of error codes. */
export type ErrorCode = keyof typeof errorTable;

/** The row of a code, typed by the contract and not by its literals. */
export function errorRow(code: ErrorCode): ErrorRow {
  return errorTable[code];
}

/**
 * The only error that zenthrex throws on purpose: what happened, and what to do.
 * Shape: `message` lower case, no full stop; `fix` one imperative sentence. Neither may hold a key, a prompt or a stack.
 */
export class ZenthrexError extends Error {
  readonly code: ErrorCode;
  readonly fix: string;
  /** The field of the caller's body that it is about, as OpenAI's `error.param`: "messages[0].content". */
  readonly param: string | undefined;

  constructor(code: ErrorCode, message: string, options: { fix?: string; param?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ZenthrexError";
    this.code = code;
    this.fix = options.fix ?? errorRow(code).fix;
    this.param = options.param;
  }
}
