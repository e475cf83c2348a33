import { hash, timingSafeEqual } from "node:crypto";
import { ZenthrexError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { GateHeaders } from "./gate-headers.ts";
import type { ProxyState } from "./proxy-state.ts";

/** Routes that tell no fact: whoever may connect may ask them. */
const openRoutes: ReadonlySet<string> = new Set(["hello", "root", "health"]);

/** A key of the hosted API, by its form. Source: hosted documentation, "zk_...". */
const hostedKey = /^zk_[A-Za-z0-9_-]{4,512}$/;

const daemonCredential = { kind: "daemon" } as const;

function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** True where the text is the daemon's local token; takes as long for a near miss as for a far one. */
function isLocalToken(proxy: ProxyState, text: string): boolean {
  const token = proxy.options.localToken();
  if (proxy.tokenDigest.token !== token) proxy.tokenDigest = { token, digest: sha256(token) };
  return timingSafeEqual(sha256(text), proxy.tokenDigest.digest);
}

/** The credentials that were sent, bare. "Bearer" is written in any case (RFC 9110 section 11.1). */
function sentCredentials({ apiKey, authorization }: GateHeaders): string[] {
  const bearer = authorization.map((value) => /^bearer +(.+)$/i.exec(value)?.[1] ?? value);
  return [...apiKey, ...bearer].map((value) => value.trim()).filter((value) => value !== "");
}

/** True for equal texts; takes as long wherever they differ. */
function isSame(text: string, secret: string): boolean {
  let difference = text.length ^ secret.length;
  // Out of range a code is NaN, which counts as 0 here: the lengths have told by then.
  for (let at = 0; at < secret.length; at++) difference |= text.charCodeAt(at) ^ secret.charCodeAt(at);
  return difference === 0;
}

/**
 * True where this connection has shown the same, right token before: a hash a request is saved. A reverse proxy takes one connection
 * for many callers: a near miss must tell nothing here either.
 */
function isKnownHere({ proxy, request }: Exchange, text: string): boolean {
  const proven = proxy.provenTokens.get(request.socket);
  return proven !== undefined && proven === proxy.options.localToken() && isSame(text, proven);
}

/**
 * One valid local token in either header suffices, whatever the other one holds; a key of the hosted API goes to its origin alone.
 * Throws: ZX_AUTH_TOKEN_MISSING, ZX_AUTH_TOKEN_WRONG.
 */
export function checkCredential(exchange: Exchange, headers: GateHeaders): void {
  const sent = sentCredentials(headers);
  const token = sent.find(
    (credential) => isKnownHere(exchange, credential) || isLocalToken(exchange.proxy, credential),
  );
  if (token !== undefined) {
    exchange.proxy.provenTokens.set(exchange.request.socket, token);
    exchange.credential = daemonCredential;
    return;
  }
  if (openRoutes.has(exchange.match.route)) return;
  const key = sent.find((credential) => hostedKey.test(credential));
  if (key !== undefined) exchange.credential = { kind: "own", key };
  else if (sent.length === 0) throw new ZenthrexError("ZX_AUTH_TOKEN_MISSING", "no local token was sent");
  else throw new ZenthrexError("ZX_AUTH_TOKEN_WRONG", "a wrong token was sent");
}
