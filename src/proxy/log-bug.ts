import type { ZenthrexError } from "../base/errors.ts";
import { redact } from "../base/redact.ts";
import type { Exchange } from "./exchange.ts";

/** Logs what was not thrown on purpose: callers only learn that there was something. */
export function logBug(exchange: Exchange, error: ZenthrexError): void {
  if (error.code !== "ZX_INTERNAL") return;
  const { cause } = error;
  const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  exchange.proxy.options.log({
    level: "error",
    message: `a bug of zenthrex broke one request: ${redact(why)}`,
    fields: { request: exchange.id, route: exchange.match.route },
  });
}
