import { localHost } from "../../catalog/endpoints.ts";
import type { DaemonFacts } from "../../daemon/prove.ts";
import type { Context } from "../context.ts";

/** What to say of a daemon of ours that already serves: the sentence, and what is not as it was asked for. */
export interface RunningDescription {
  readonly sentence: string;
  readonly warnings: readonly string[];
}

/** Describes a daemon that already serves where another was to start. `wanted`: the origin asked for, undefined for a sandbox. */
export function describeRunning(
  port: number,
  facts: DaemonFacts | undefined,
  wanted: string | undefined,
  context: Context,
): RunningDescription {
  const url = `http://${localHost}:${port}`;
  const pid = facts === undefined ? "" : ` (pid ${facts.pid})`;
  const target = facts === undefined ? "" : ` for ${facts.upstream}`;
  const sentence = `already running: a zenthrex of yours${pid} serves on ${url}${target}`;
  const warnings: string[] = [];
  // The upstream of a sandbox is on this machine, at whatever port.
  const isSandbox = facts?.upstream.startsWith(`http://${localHost}:`) === true;
  if (facts !== undefined && (wanted === undefined ? !isSandbox : facts.upstream !== wanted)) {
    const asked = wanted ?? "a sandbox";
    warnings.push(`it forwards to ${facts.upstream}, not to ${asked}: stop it first, or choose another --port`);
  }
  if (facts?.version !== context.version) warnings.push(restartAdvice(facts, context));
  return { sentence, warnings };
}

/** Why a daemon of another version should start again; also for one so old that it doesn't tell its version. */
export function restartAdvice(facts: DaemonFacts | undefined, context: Context): string {
  const version = facts === undefined ? "another version" : `version ${facts.version}`;
  return `restart needed: the daemon is ${version}, this is ${context.version}; run zenthrex restart`;
}
