import type { ProbeAnswer, ProbeContext, ProbeRequest } from "../types.ts";

/** A request and what came of it. */
export interface Asked {
  readonly request: ProbeRequest;
  readonly answer: ProbeAnswer;
}

/** What a point may vary of a request; the rest is as Claude Code sends it. */
export interface AskOptions {
  readonly method?: ProbeRequest["method"];
  readonly credential?: ProbeRequest["credential"];
  /** Further headers, name and value by turns; an `anthropic-version` in it replaces the documented one. */
  readonly headers?: readonly string[];
  readonly body?: object;
  /** True: a credential that is worth nothing. */
  readonly isPlaceholder?: boolean;
  readonly timeoutMs?: number;
}

/** A gateway that is graded. Everything that is asked of it is asked once, and costs nothing unless `mayRunModels`. */
export interface Gateway {
  /** The base as Claude Code wants it: no trailing slash, no /v1. */
  readonly base: string;
  readonly context: Omit<ProbeContext, "resultOf">;
  /** What became of the credential: "unknown" where messages didn't arrive at all. */
  readonly credential: "accepted" | "refused" | "unknown";
  /** Whether what is asked may run a model: "free" before a sandbox, "paid" with --live. */
  readonly mayRunModels: "no" | "free" | "paid";
  ask(path: string, options?: AskOptions): Promise<Asked>;
  /** Everything that was asked so far. */
  seen(): readonly Asked[];
}

/** How a gateway stands on a point. `untried`: it can't be known from outside, or not without spending; the finding says which. */
export interface PointResult {
  readonly status: "met" | "failed" | "untried";
  /** One line, lower case, no full stop. */
  readonly finding: string;
  readonly proof?: readonly ProbeRequest[];
  /** What was spent on it. Units: USD, at list prices. */
  readonly costUsd?: number;
}

/** One of the twelve things that Claude Code expects of a gateway. */
export interface Point {
  readonly code: string;
  readonly title: string;
  /** True: it judges what the others were answered, and asks nothing itself. */
  readonly isLast?: boolean;
  run(gateway: Gateway): Promise<PointResult>;
}
