import { isJsonObject } from "../base/json.ts";
import type { JournalOutcome, JournalRecord, JournalUsage } from "./types.ts";

const outcomes: Readonly<Record<JournalOutcome, true>> = {
  completed: true,
  client_aborted: true,
  client_stalled: true,
  upstream_error: true,
  proxy_error: true,
  interrupted: true,
};

/** A record as programs get it: a flat object in snake_case, the same in the journal, in `serve --json` and in `log --json`. */
export function recordFields(record: JournalRecord): Readonly<Record<string, unknown>> {
  const { usage } = record;
  return {
    id: record.id,
    started_at: new Date(record.startedAtMs).toISOString(),
    route: record.route,
    lane: record.lane,
    tool: record.tool,
    model_asked: record.modelAsked ?? null,
    model_served: record.modelServed ?? null,
    stream: record.stream,
    status: record.status,
    outcome: record.outcome,
    first_byte_ms: record.firstByteMs ?? null,
    duration_ms: record.durationMs,
    usage:
      usage === undefined
        ? null
        : {
            input_tokens: usage.inputTokens,
            output_tokens: usage.outputTokens,
            cache_read_tokens: usage.cacheReadTokens,
            cache_write_5m_tokens: usage.cacheWrite5mTokens,
            cache_write_1h_tokens: usage.cacheWrite1hTokens,
          },
    list_price_usd: record.costUsd ?? null,
    own_key: record.ownKey === true,
    warnings: record.warnings,
    upstream_request_id: record.upstreamRequestId ?? null,
    error_code: record.errorCode ?? null,
  };
}

/** The record that `recordFields` was made from; what is missing or of another form is left out or neutral. */
export function recordFromFields(fields: Readonly<Record<string, unknown>>): JournalRecord {
  const text = (name: string): string | undefined => textOf(fields[name]);
  const given = {
    modelAsked: text("model_asked"),
    modelServed: text("model_served"),
    firstByteMs: numberOf(fields["first_byte_ms"]),
    costUsd: numberOf(fields["list_price_usd"]),
    ownKey: fields["own_key"] === true ? true : undefined,
    upstreamRequestId: text("upstream_request_id"),
    errorCode: text("error_code"),
    usage: usageOf(fields["usage"]),
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const lane = text("lane");
  return {
    id: text("id") ?? "",
    startedAtMs: Date.parse(text("started_at") ?? "") || 0,
    route: text("route") ?? "",
    lane: lane === "translated" || lane === "local" ? lane : "raw",
    tool: text("tool") ?? "-",
    stream: fields["stream"] === true,
    status: numberOf(fields["status"]) ?? 0,
    outcome: outcomeOf(text("outcome")),
    durationMs: numberOf(fields["duration_ms"]) ?? 0,
    warnings: Array.isArray(fields["warnings"]) ? fields["warnings"].flatMap(warningOf) : [],
    ...known,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function outcomeOf(name: string | undefined): JournalOutcome {
  return name !== undefined && Object.hasOwn(outcomes, name) ? (name as JournalOutcome) : "completed";
}

function usageOf(value: unknown): JournalUsage | undefined {
  if (!isJsonObject(value)) return undefined;
  const count = (name: string): number => numberOf(value[name]) ?? 0;
  return {
    inputTokens: count("input_tokens"),
    outputTokens: count("output_tokens"),
    cacheReadTokens: count("cache_read_tokens"),
    cacheWrite5mTokens: count("cache_write_5m_tokens"),
    cacheWrite1hTokens: count("cache_write_1h_tokens"),
  };
}

function warningOf(value: unknown): JournalRecord["warnings"] {
  if (!isJsonObject(value)) return [];
  const { code, path, reason } = value;
  return [{ code: textOf(code) ?? "", path: textOf(path) ?? "", reason: textOf(reason) ?? "" }];
}
