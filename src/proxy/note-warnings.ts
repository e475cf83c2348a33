import { printable } from "../base/redact.ts";
import type { Warning } from "../formats/types.ts";
import { warningsHeader } from "../formats/warnings-header.ts";
import type { Exchange } from "./exchange.ts";
import { sayOnce } from "./proxy-state.ts";
import { toolOf } from "./record.ts";

const headerName = "x-zenthrex-warnings";

/** Notes on the exchange what gets lost: in its record, and in a header as long as no byte was sent (law 6). */
export function noteWarnings(exchange: Exchange, warnings: readonly Warning[]): void {
  if (warnings.length === 0) return;
  exchange.warnings.push(...warnings);
  if (exchange.firstByteAtMs !== undefined) return;
  const { answerHeaders } = exchange;
  const value = warningsHeader(exchange.warnings) ?? "";
  const known = answerHeaders.indexOf(headerName);
  if (known < 0) answerHeaders.push(headerName, value);
  else answerHeaders[known + 1] = value;
}

/** Tells the log of each kind of loss, once for each tool: an agent sends the same request a thousand times. */
export function logWarnings(exchange: Exchange, warnings: readonly Warning[]): void {
  if (warnings.length === 0) return;
  const tool = toolOf(exchange);
  for (const { code, path, reason } of warnings) {
    if (!sayOnce(exchange.proxy, `warning ${tool} ${code}`)) continue;
    exchange.proxy.options.log({
      level: "warn",
      message: printable(`${tool}: ${path}: ${reason}`).slice(0, 500),
      fields: { code: printable(code).slice(0, 120), tool, request: exchange.id },
    });
  }
}
