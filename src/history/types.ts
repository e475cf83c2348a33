/** How a request ended. */
export type JournalOutcome =
  | "completed"
  | "client_aborted"
  | "client_stalled"
  | "upstream_error"
  | "proxy_error"
  | "interrupted";

/** Tokens as the upstream reported them. Units: tokens. */
export interface JournalUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
}

/** What is known of a request when it begins. */
export interface JournalStart {
  readonly id: string;
  readonly startedAtMs: number;
  readonly route: string;
  readonly tool: string;
  readonly modelAsked?: string;
}

/** What is known of a request when it ended: metadata only, never a prompt, an answer or a key. The proxy's `RequestRecord` fits it. */
export interface JournalRecord extends JournalStart {
  readonly lane: "raw" | "translated" | "local";
  readonly modelServed?: string;
  readonly stream: boolean;
  readonly status: number;
  readonly outcome: JournalOutcome;
  readonly firstByteMs?: number;
  readonly durationMs: number;
  readonly usage?: JournalUsage;
  readonly costUsd?: number;
  /** The caller sent a key of its own: another wallet paid. */
  readonly ownKey?: boolean;
  readonly warnings: readonly { readonly code: string; readonly path: string; readonly reason: string }[];
  readonly upstreamRequestId?: string;
  readonly errorCode?: string;
}

/** A request as a reader finds it. `running`: its daemon still works on it, so that status, outcome and duration say nothing yet. */
export interface HistoryEntry {
  readonly record: JournalRecord;
  readonly isRunning: boolean;
}

/** What a reader met besides requests. */
export interface HistoryNotes {
  /** Lines that are no rows of a journal: torn, foreign, of a later version. */
  badLines: number;
  /** Rows that daemons could not write, as they told later. */
  lostRows: number;
}
