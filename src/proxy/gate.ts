import { ZenthrexError } from "../base/errors.ts";
import { checkRoom } from "./connection-room.ts";
import type { Exchange } from "./exchange.ts";
import { checkContentType, checkSize } from "./gate-body.ts";
import { checkCredential } from "./gate-credential.ts";
import { checkForm } from "./gate-form.ts";
import { type GateHeaders, readGateHeaders } from "./gate-headers.ts";
import { checkHost, checkSocket } from "./gate-host.ts";
import { checkOrigin } from "./gate-origin.ts";
import { checkRoute } from "./gate-route.ts";
import type { Verdict } from "./pass.ts";

/** All that is asked of a request before a byte of its body is read, in this order. */
const checks: readonly ((exchange: Exchange, headers: GateHeaders) => void)[] = [
  checkSocket,
  checkForm,
  checkHost,
  checkOrigin,
  checkRoute,
  checkCredential,
  checkClosing,
  checkSpace,
  checkContentType,
  checkSize,
];

/** Decides whether a request may go on. Throws: ZX_GATE_*, ZX_ROUTE_*, ZX_AUTH_*, ZX_SHUTTING_DOWN, ZX_OVERLOADED, ZX_BODY_TYPE, ZX_BODY_TOO_LARGE. */
export function gate(exchange: Exchange): Verdict {
  const headers = readGateHeaders(exchange.request.rawHeaders);
  for (const check of checks) check(exchange, headers);
  exchange.isEncoded = headers.contentEncoding.some((value) => value.trim().toLowerCase() !== "identity");
  if (isInference(exchange)) exchange.record = "pending";
  return "next";
}

/** True for the requests that cost money, and so leave a record. */
function isInference({ match: { route } }: Exchange): boolean {
  return route === "messages" || route === "chat-completions" || route === "responses";
}

/** Nothing new begins while the daemon stops: its successor, or a retry, gets it. */
function checkClosing(exchange: Exchange): void {
  if (!exchange.proxy.closing) return;
  exchange.answerHeaders.push("connection", "close");
  throw new ZenthrexError("ZX_SHUTTING_DOWN", "the daemon is shutting down");
}

/** What the daemon answers by itself takes no connection upstream, and tells that it lives: there is always room for that. */
function checkSpace(exchange: Exchange): void {
  if (exchange.request.method === "POST") checkRoom(exchange);
}
