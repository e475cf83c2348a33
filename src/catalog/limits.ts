/** Limits that the hosted documentation states. Source: hosted documentation, "Rate Limits", "Error Reference", "Streaming". */
export const hostedLimits = {
  requestsPerMinute: 600,
  requestsPerMinuteOpus: 200,
  inputTokensPerMinute: 1_000_000,
  streamStallMs: 600_000,
  /** "If your client disconnects on silence, raise its timeout to at least 120s." */
  clientTimeoutMs: 120_000,
} as const;

/** Below this a balance is said to be low; the figure is ours. Units: USD. */
export const lowBalanceUsd = 1;

/** Limits of the daemon itself. Source: design, laws 11 and 12 and fixed choices. */
export const proxyLimits = {
  maxBodyBytes: 64 * 1024 * 1024,
  maxJsonDepth: 512,
  maxFrameBytes: 64 * 1024 * 1024,
  maxHeaderBytes: 32 * 1024,
  headersTimeoutMs: 20_000,
  requestTimeoutMs: 120_000,
  keepAliveTimeoutMs: 75_000,
  pingAfterSilenceMs: 15_000,
  openStreamAfterMs: 45_000,
  pingUntilSilenceMs: 600_000,
  upstreamTimeoutMs: 630_000,
  connectTimeoutMs: 10_000,
  clientStallMs: 600_000,
  lingerMs: 2_000,
} as const;

/** The real API's limit on a request body, which the sandbox keeps. Source: Anthropic errors, 413 request_too_large. */
export const hostedMaxBodyBytes = 32 * 1024 * 1024;
