import { isProof } from "../../catalog/tool-names.ts";
import { effectiveReaders } from "../../integrations/effective/registry.ts";
import type { ReportedUsage, RequestRecord } from "../../proxy/options.ts";
import { displayWidth, formatShortCount, formatTime, oneLine, truncate } from "../format.ts";
import type { Paint } from "../output.ts";

/** Columns of a request line: together 80 with their gaps. */
const WIDTHS = { time: 8, tool: 11, model: 13, lane: 4, status: 3, took: 11, tokens: 11, cached: 4 } as const;

/** What stands above the request lines, once, so that the figures have names. */
export function requestHeading(): string {
  return row({
    time: "time",
    tool: "tool",
    model: "model",
    lane: "lane",
    status: "was",
    took: "first/all s",
    tokens: "tokens",
    cached: "hit",
    cost: "~cost",
  });
}

/**
 * One request in one quiet line: when, who, which model, by which lane, status, seconds to the first byte and to the end, tokens in
 * and out, share read from the cache, cost at list prices. What failed says why in place of its tokens.
 */
export function requestLine(record: RequestRecord, paint: Paint): string {
  const status = String(record.status);
  const figures = usageCells(record.usage, record.costUsd);
  const isFree = isProof(record);
  const end = isFree ? "proves the way, free" : trouble(record);
  // One literal and no spread: it would cost half of the line's 5 us.
  const line = row({
    time: formatTime(record.startedAtMs),
    tool: record.tool,
    model: (record.modelServed ?? record.modelAsked ?? "-").replace(/^claude-/, ""),
    lane: record.lane === "translated" ? "chat" : record.lane,
    status,
    took: `${seconds(record.firstByteMs)}/${seconds(record.durationMs)}`,
    tokens: end === undefined ? figures.tokens : "",
    cached: end === undefined ? figures.cached : "",
    cost: end === undefined ? figures.cost : "",
  });
  const whole =
    end === undefined ? line : `${line}  ${(isFree ? paint.quiet : paint.warning)(end)} ${figures.cost}`.trimEnd();
  if (isFree) return whole;
  const paintStatus = record.status >= 500 ? paint.bad : record.status >= 400 ? paint.warning : paint.good;
  return whole.replace(` ${status} `, ` ${paintStatus(status)} `);
}

interface Cells {
  readonly time: string;
  readonly tool: string;
  readonly model: string;
  readonly lane: string;
  readonly status: string;
  readonly took: string;
  readonly tokens: string;
  readonly cached: string;
  readonly cost: string;
}

function row(cells: Cells): string {
  const left = (text: string, width: number): string => pad(text, width, false);
  const right = (text: string, width: number): string => pad(text, width, true);
  return [
    left(cells.time, WIDTHS.time),
    left(cells.tool, WIDTHS.tool),
    left(cells.model, WIDTHS.model),
    left(cells.lane, WIDTHS.lane),
    right(cells.status, WIDTHS.status),
    right(cells.took, WIDTHS.took),
    right(cells.tokens, WIDTHS.tokens),
    right(cells.cached, WIDTHS.cached),
    cells.cost,
  ]
    .join(" ")
    .trimEnd();
}

/** What nearly every cell is: then no character has to be looked at (a line costs 4 us instead of 7). */
const WORD = /^[!-~]*$/;

function pad(text: string, width: number, toRight: boolean): string {
  if (text.length <= width && WORD.test(text)) return toRight ? text.padStart(width) : text.padEnd(width);
  const cut = truncate(oneLine(text), width);
  const blanks = " ".repeat(Math.max(0, width - displayWidth(cut)));
  return toRight ? blanks + cut : cut + blanks;
}

/** Tokens in are all that the model read, from the cache or not. */
function usageCells(
  usage: ReportedUsage | undefined,
  costUsd: number | undefined,
): Pick<Cells, "tokens" | "cached" | "cost"> {
  if (usage === undefined) return { tokens: "-", cached: "", cost: "" };
  const read = usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  const cached = usage.cacheReadTokens === 0 ? "-" : `${Math.floor((100 * usage.cacheReadTokens) / read)}%`;
  const cost = costUsd === undefined ? "-" : `$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`;
  return { tokens: `${formatShortCount(read)}>${formatShortCount(usage.outputTokens)}`, cached, cost };
}

function seconds(ms: number | undefined): string {
  if (ms === undefined) return "-";
  return (ms / 1000).toFixed(ms < 9_995 ? 2 : ms < 99_950 ? 1 : 0);
}

const OUTCOMES: Readonly<Record<RequestRecord["outcome"], string | undefined>> = {
  completed: undefined,
  client_aborted: "tool left",
  client_stalled: "tool stalled",
  upstream_error: "upstream failed",
  proxy_error: "refused here",
  interrupted: "interrupted",
};

/** Why there is no whole answer; the code of the error without its prefix says it shortest. */
function trouble({ outcome, status, errorCode, tool }: RequestRecord): string | undefined {
  const words = errorCode?.replace(/^ZX_/, "").replaceAll("_", " ").toLowerCase();
  if (outcome !== "completed") return withHint(words ?? OUTCOMES[outcome], status, tool);
  return status >= 400 ? withHint(words ?? "refused by upstream", status, tool) : undefined;
}

/** A refused key and a path that isn't there are what the doctor explains; it knows most tools by the name that the line has. */
function withHint(words: string | undefined, status: number, tool: string): string | undefined {
  if (words === undefined || (status !== 401 && status !== 404 && status !== 421)) return words;
  return `${words}: zenthrex doctor${Object.hasOwn(effectiveReaders, tool) ? ` ${tool}` : ""}`;
}
