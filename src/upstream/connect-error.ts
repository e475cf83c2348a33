import { errorCode } from "../base/error-code.ts";
import { ZenthrexError } from "../base/errors.ts";
import { type SeenCertificate, tlsReason } from "./certificate-reason.ts";
import type { UpstreamOrigin } from "./origin.ts";

/** How far a connection had come when it failed. */
export type ConnectPhase = "connect" | "tunnel" | "tls";

/** A connection that broke, whatever the phase. */
const brokenCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** No way there at the moment: a laptop that changes networks. */
const unreachableCodes: Readonly<Record<string, string>> = {
  ENETUNREACH: "the network is unreachable",
  EHOSTUNREACH: "the host is unreachable",
  ENETDOWN: "the network is down",
  EADDRNOTAVAIL: "no local address is available",
};

function nameError(code: string, { hostname }: UpstreamOrigin): ZenthrexError {
  return code === "EAI_AGAIN" || code === "EAI_FAIL"
    ? new ZenthrexError("ZX_UPSTREAM_DNS_TEMPORARY", `the name server didn't answer for ${hostname} (${code})`)
    : new ZenthrexError("ZX_UPSTREAM_DNS", `the host name ${hostname} doesn't exist (${code})`);
}

function tcpError(code: string, { authority, loopback }: UpstreamOrigin): ZenthrexError {
  if (code === "ETIMEDOUT") {
    return new ZenthrexError("ZX_UPSTREAM_CONNECT_TIMEOUT", `${authority} didn't accept a connection (${code})`);
  }
  if (brokenCodes.has(code)) {
    return new ZenthrexError("ZX_UPSTREAM_RESET", `${authority} closed the connection while it was opened (${code})`);
  }
  if (code === "ECONNREFUSED" && loopback) {
    return new ZenthrexError("ZX_UPSTREAM_REFUSED_LOCAL", `nothing listens on ${authority}`);
  }
  if (code === "EMFILE" || code === "ENFILE") {
    return new ZenthrexError("ZX_OVERLOADED", `no connection to ${authority}: too many are open (${code})`);
  }
  const reason = unreachableCodes[code] ?? "it refused the connection";
  return new ZenthrexError("ZX_UPSTREAM_REFUSED", `can't reach ${authority}: ${reason} (${code})`);
}

/**
 * What a failed connection to the upstream means in the error table.
 * Never an undici code: undici's client would connect again for ever on its own UND_ERR_SOCKET and UND_ERR_INFO.
 */
export function connectError(
  error: unknown,
  phase: Exclude<ConnectPhase, "tunnel">,
  target: UpstreamOrigin,
  seen: SeenCertificate = {},
): ZenthrexError {
  if (error instanceof ZenthrexError) return error;
  const code = errorCode(error) ?? "";
  if (phase === "tls" && !brokenCodes.has(code) && code !== "ETIMEDOUT") {
    return new ZenthrexError(
      "ZX_UPSTREAM_TLS",
      `no trusted connection to ${target.authority}: ${tlsReason(code, seen)}`,
    );
  }
  const isNameError = error instanceof Error && "syscall" in error && error.syscall === "getaddrinfo";
  return isNameError ? nameError(code, target) : tcpError(code, target);
}

/** What a connection that isn't there after the deadline means. */
export function connectTimeout(
  phase: ConnectPhase,
  target: UpstreamOrigin,
  proxyAuthority: string | undefined,
  timeoutMs: number,
): ZenthrexError {
  const seconds = `${timeoutMs / 1000} s`;
  if (proxyAuthority !== undefined && phase !== "tls") {
    return new ZenthrexError(
      "ZX_UPSTREAM_TUNNEL",
      `the proxy ${proxyAuthority} opened no tunnel to ${target.authority} within ${seconds}`,
    );
  }
  const what = phase === "tls" ? "didn't finish the TLS handshake" : "didn't accept a connection";
  return new ZenthrexError("ZX_UPSTREAM_CONNECT_TIMEOUT", `${target.authority} ${what} within ${seconds}`);
}
