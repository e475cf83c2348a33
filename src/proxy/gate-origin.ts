import { ZenthrexError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { GateHeaders } from "./gate-headers.ts";

/** An origin in the form in which two of them can be compared, or undefined for what is none ("null", a path, garbage). */
function normalOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // Schemes of applications (vscode-file:, app:) have no origin by the URL standard: they are compared as they are.
  return url.origin === "null" ? text.toLowerCase().replace(/\/$/, "") : url.origin;
}

function isAllowed({ proxy }: Exchange, origin: string): boolean {
  const asked = normalOrigin(origin);
  // A browser sends the bare origin: what carries a path, a login or another spelling was made by something else.
  if (asked === undefined || asked !== origin.toLowerCase()) return false;
  return proxy.options.allowedOrigins().some((allowed) => normalOrigin(allowed.trim()) === asked);
}

/**
 * Refuses browser pages but the user's own exceptions, and every preflight: no answer ever carries a CORS header.
 * A missing Origin proves nothing: the token is asked for in any case.
 */
export function checkOrigin(exchange: Exchange, { origin, fetchSite }: GateHeaders): void {
  if (exchange.request.method === "OPTIONS") throw refused("preflight requests are not answered");
  const isTrusted = origin.length === 1 && isAllowed(exchange, origin[0] ?? "");
  if (origin.length > 0 && !isTrusted) throw refused("a web page asked, and its origin is not allowed");
  const isForeign = fetchSite.some((site) => site !== "none" && site !== "same-origin");
  if (isForeign && !isTrusted) throw refused("a web page asked from another site");
}

function refused(message: string): ZenthrexError {
  return new ZenthrexError("ZX_GATE_ORIGIN", message);
}
