import type { Clock } from "../base/clock.ts";
import type { UpstreamClient } from "../upstream/types.ts";
import type { LoopMeter } from "./loop-watch.ts";

/** How a request ended. */
export type RequestOutcome =
  | "completed"
  | "client_aborted"
  | "client_stalled"
  | "upstream_error"
  | "proxy_error"
  | "interrupted";

/** Tokens as the upstream reported them; absent until it did. Nothing here is ever estimated. */
export interface ReportedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
}

/** Something that a request or its answer lost on the way (law 6). Shape: `code` is stable and short, as in `x-zenthrex-warnings`. */
export interface RecordedWarning {
  readonly code: string;
  readonly path: string;
  readonly reason: string;
}

/** What the journal and the log line know of one inference request. Metadata only: never a prompt, an answer or a key. */
export interface RequestRecord {
  readonly id: string;
  readonly startedAtMs: number;
  readonly route: string;
  readonly lane: "raw" | "translated" | "local";
  /** Program that asked, from its User-Agent: "claude-code", "openai-sdk", ... */
  readonly tool: string;
  readonly modelAsked?: string;
  readonly modelServed?: string;
  readonly stream: boolean;
  readonly status: number;
  readonly outcome: RequestOutcome;
  readonly firstByteMs?: number;
  readonly durationMs: number;
  readonly usage?: ReportedUsage;
  /** The caller sent a key of its own: another wallet paid. */
  readonly ownKey?: boolean;
  /** At list prices; the wallet's own figures win. */
  readonly costUsd?: number;
  readonly warnings: readonly RecordedWarning[];
  readonly upstreamRequestId?: string;
  readonly errorCode?: string;
}

/** Where the proxy tells what it did. `started` is called before the first byte goes upstream, `ended` exactly once after it. */
export interface RequestSink {
  started(record: Pick<RequestRecord, "id" | "startedAtMs" | "route" | "tool" | "modelAsked">): void;
  /** Right before the first byte of a request that was told of goes upstream: what has to be kept of it has to be kept by then. */
  sending?(): void;
  ended(record: RequestRecord): void;
}

/** Why a request may not be sent: the user's own budget is spent. It starts again in `retryAfterS` seconds. */
export interface BudgetRefusal {
  readonly message: string;
  readonly retryAfterS: number;
}

/** An event worth a log line. `message` is for people; `fields` for `--json`. */
export interface LogEvent {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
}

/** How long receiving a request may take. */
export interface ReceiveLimits {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Slow ones are looked for this often. */
  readonly checkEveryMs: number;
}

/** Everything the proxy takes from outside, resolved: it reads no file and no variable. Functions are asked on every request. */
export interface ProxyOptions {
  readonly port: number;
  /** Addresses to listen on; the first must succeed, a further one that is taken is only warned of. */
  readonly addresses: readonly string[];
  /** True only with --allow-network: then addresses other than loopback are served too. */
  readonly allowNetwork: boolean;
  readonly upstream: UpstreamClient;
  /** The key of the hosted API as it is now. */
  readonly apiKey: () => string | undefined;
  /** The local token that tools must send. */
  readonly localToken: () => string;
  readonly aliases: () => Readonly<Record<string, string>>;
  readonly sonnetDefault: () => string | undefined;
  readonly allowedHosts: () => readonly string[];
  readonly allowedOrigins: () => readonly string[];
  readonly sink: RequestSink;
  /** Asked before a request with the daemon's key costs something; absent where there are no budgets. */
  readonly checkBudget?: () => BudgetRefusal | undefined | Promise<BudgetRefusal | undefined>;
  readonly log: (event: LogEvent) => void;
  readonly clock: Clock;
  readonly version: string;
  /** Translate Chat Completions here, or forward them to the upstream's own mirror. */
  readonly chat: "translate" | "upstream";
  readonly strict: boolean;
  readonly autoCache: boolean;
  /** How many files and connections the process may have open; undefined where nobody knows. */
  readonly descriptorLimit?: number | undefined;
  /** How long a caller may take to send its request; 20 s for the head and 120 s for all of it by default. */
  readonly receiveLimits?: ReceiveLimits;
  /** What a blocked event loop is measured with; the process itself by default. */
  readonly loopMeter?: LoopMeter;
}

/** A proxy that serves. */
export interface RunningProxy {
  readonly port: number;
  readonly addresses: readonly string[];
  /** Stops accepting, waits for running answers up to `drainMs`, then ends the rest with an error frame. */
  close(drainMs?: number): Promise<void>;
}
