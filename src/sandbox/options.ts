import type { Clock } from "../base/clock.ts";

/** What a sandbox is made of. Everything has a default: `startSandbox()` alone gives one on a free port. */
export interface SandboxOptions {
  /** 0 (default) takes a free port. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Path of a replies file: match -> content blocks, faults. */
  readonly repliesFile?: string;
  /** Answers POST /v1/messages/count_tokens, which the hosted API doesn't document. Default false. */
  readonly countTokens?: boolean;
  /** How many requests are remembered for `requests()` and `GET /_sandbox/requests`. Default 200. */
  readonly keptRequests?: number;
}

/** One request that the sandbox got, as `GET /_sandbox/requests` shows it. Wire shape: snake_case. */
export interface SandboxRequest {
  readonly id: string;
  readonly started_at: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Name and value as they came, in order; credentials are masked. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The JSON that was sent; text where it isn't JSON; null where there was none or it was too large. */
  readonly body: unknown;
  readonly body_bytes: number;
  readonly body_sha256: string | null;
  /** Status that was answered; null until then. */
  readonly status: number | null;
  /** The client left before its answer was complete. */
  readonly aborted: boolean;
  readonly model: string | null;
  readonly usage: {
    readonly input_tokens: number;
    readonly cache_creation_input_tokens: number;
    readonly cache_read_input_tokens: number;
    readonly output_tokens: number;
  } | null;
  /** What was taken out of the wallet. */
  readonly cost_usd: number;
}

/** A sandbox that serves. */
export interface RunningSandbox {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The requests that are remembered, oldest first. */
  requests(): readonly SandboxRequest[];
  /** Forgets everything: wallets, limits, caches, requests, counters. */
  reset(): void;
  stop(): Promise<void>;
}
