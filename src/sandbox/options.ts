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
}

/** A sandbox that serves. */
export interface RunningSandbox {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  stop(): Promise<void>;
}
