import { createHash } from "node:crypto";
import { headerPairs, type RawHeaders } from "../../base/headers.ts";
import { parseJson } from "../../base/json.ts";
import { maskSecret, redact } from "../../base/redact.ts";
import type { SandboxRequest } from "../options.ts";

/** A request while it is served: what is not yet known is filled in. */
export interface LogEntry {
  readonly id: string;
  readonly startedAtMs: number;
  readonly method: string;
  readonly path: string;
  readonly headers: RawHeaders;
  body: Uint8Array | undefined;
  bodyBytes: number;
  status: number | null;
  aborted: boolean;
  model: string | null;
  usage: SandboxRequest["usage"];
  costUsd: number;
}

/** The last requests, oldest first. */
export interface RequestLog {
  readonly entries: LogEntry[];
  readonly capacity: number;
}

/** Bodies that are remembered together: older ones go first. */
const maxKeptBytes = 64 * 1024 * 1024;
const credentialNames = new Set(["authorization", "x-api-key", "proxy-authorization", "cookie"]);

/** Remembers a request; the oldest are forgotten. */
export function addToLog(log: RequestLog, entry: LogEntry): void {
  log.entries.push(entry);
  if (log.entries.length > log.capacity) log.entries.shift();
}

/** Keeps the body of a request, and forgets the oldest bodies when all together are too large. */
export function keepBody(log: RequestLog, entry: LogEntry, body: Uint8Array): void {
  entry.body = body;
  entry.bodyBytes = body.length;
  let kept = log.entries.reduce((total, one) => total + (one.body?.length ?? 0), 0);
  for (const one of log.entries) {
    if (kept <= maxKeptBytes) return;
    kept -= one.body?.length ?? 0;
    one.body = undefined;
  }
}

function maskedHeader(name: string, value: string): readonly [string, string] {
  if (!credentialNames.has(name.toLowerCase())) return [name, redact(value)];
  const [, scheme = "", secret = value] = /^(\w+\s+)?(.*)$/.exec(value) ?? [];
  return [name, `${scheme}${maskSecret(secret)}`];
}

function shownBody(body: Uint8Array | undefined): unknown {
  if (body === undefined || body.length === 0) return null;
  try {
    return parseJson(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

/** A request as the control routes show it. */
export function shownRequest(entry: LogEntry): SandboxRequest {
  return {
    id: entry.id,
    started_at: new Date(entry.startedAtMs).toISOString(),
    method: entry.method,
    path: entry.path,
    headers: [...headerPairs(entry.headers)].map(([name, value]) => maskedHeader(name, value)),
    body: shownBody(entry.body),
    body_bytes: entry.bodyBytes,
    body_sha256: entry.body === undefined ? null : createHash("sha256").update(entry.body).digest("hex"),
    status: entry.status,
    aborted: entry.aborted,
    model: entry.model,
    usage: entry.usage,
    cost_usd: entry.costUsd,
  };
}
