import { ZenthrexError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { GateHeaders } from "./gate-headers.ts";

const loopback = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** True for an address that only programs of this machine can reach. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && loopback.test(address);
}

/** Refuses a connection that came in on an address of the network. */
export function checkSocket({ request, proxy }: Exchange): void {
  if (proxy.options.allowNetwork || isLoopback(request.socket.localAddress)) return;
  throw new ZenthrexError("ZX_GATE_HOST", "the connection came in from the network", {
    fix: "Run the daemon with --allow-network if other machines shall use it.",
  });
}

/**
 * Lets through exactly one Host of the allowlist, compared whole: a page whose own name was rebound to 127.0.0.1 still says its name.
 */
export function checkHost(exchange: Exchange, { host }: GateHeaders): void {
  const value = host.length === 1 ? host[0] : undefined;
  if (value !== undefined && isAllowedHost(exchange, value.toLowerCase())) return;
  const what =
    host.length === 1 ? "the Host header is not one of this daemon's" : "there is not exactly one Host header";
  throw new ZenthrexError("ZX_GATE_HOST", what, {
    fix: `Use http://127.0.0.1:${exchange.proxy.port}, or add the host to proxy.allowedHosts.`,
  });
}

function isAllowedHost({ request, proxy }: Exchange, host: string): boolean {
  const port = String(proxy.port);
  const isOwn = (name: string): boolean => host === `${name}:${port}` || (port === "80" && host === name);
  if (isOwn("127.0.0.1") || isOwn("localhost") || isOwn("[::1]")) return true;
  if (proxy.options.allowedHosts().some((allowed) => isNamed(allowed.trim().toLowerCase(), host, port))) return true;
  if (!proxy.options.allowNetwork) return false;
  // The literal address that the connection came in on: no name is involved that could be rebound.
  const address = request.socket.localAddress?.replace(/^::ffff:/, "") ?? "";
  return isOwn(address.includes(":") ? `[${address}]` : address);
}

/** An entry of the user's list means itself, and, where it names no port, itself at the daemon's port. */
function isNamed(allowed: string, host: string, port: string): boolean {
  if (allowed === "") return false;
  return host === allowed || (!/:\d+$/.test(allowed) && host === `${allowed}:${port}`);
}
