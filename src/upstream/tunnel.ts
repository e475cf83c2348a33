import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { errorCode } from "../base/error-code.ts";
import { ZenthrexError } from "../base/errors.ts";
import type { OutboundProxy } from "./proxy-env.ts";

/** What a tunnel needs. */
export interface TunnelOptions {
  readonly proxy: OutboundProxy;
  /** host:port of the upstream. */
  readonly authority: string;
  readonly lookup: LookupFunction | undefined;
  /** Whom to trust, asked only for a proxy that itself speaks TLS. */
  readonly trusted: () => SecureContext;
}

/** Called exactly once. */
type TunnelDone = (error: ZenthrexError | null, socket?: Socket) => void;

const PROXY_LOGIN_WANTED = 407;

function tunnelError(proxy: OutboundProxy, what: string): ZenthrexError {
  return new ZenthrexError("ZX_UPSTREAM_TUNNEL", `the proxy ${proxy.authority} ${what}`);
}

function refusal(proxy: OutboundProxy, authority: string, status: number): string {
  if (status !== PROXY_LOGIN_WANTED) return `answered ${status} instead of opening a tunnel to ${authority}`;
  return proxy.authorization === undefined
    ? "wants a login (407): set HTTPS_PROXY to http://user:password@host:port"
    : "refused the login of HTTPS_PROXY (407)";
}

function failure(proxy: OutboundProxy, error: Error): string {
  const code = errorCode(error) ?? "";
  if (code === "ECONNREFUSED") return "refused the connection (ECONNREFUSED)";
  if (code === "ECONNRESET") return "closed the connection instead of opening a tunnel (ECONNRESET)";
  if (code.startsWith("HPE_")) return `doesn't answer in HTTP (${code})`;
  if ("syscall" in error && error.syscall === "getaddrinfo") return `has a host name that can't be found (${code})`;
  return proxy.secure ? `can't be reached over TLS (${code})` : `can't be reached (${code})`;
}

/**
 * Asks a proxy for a tunnel to `authority` (RFC 9110 section 9.3.6) and hands over the socket behind it.
 * Every error is ZX_UPSTREAM_TUNNEL and names the proxy, never its login. The returned function gives up; the deadline is the caller's.
 */
export function openTunnel({ proxy, authority, lookup, trusted }: TunnelOptions, done: TunnelDone): () => void {
  let over = false;
  const finish: TunnelDone = (error, socket) => {
    if (over) return void socket?.destroy();
    over = true;
    done(error, socket);
  };
  const options = {
    host: proxy.hostname,
    port: proxy.port,
    method: "CONNECT",
    path: authority,
    agent: false as const,
    headers: {
      host: authority,
      "proxy-connection": "keep-alive",
      ...(proxy.authorization !== undefined && { "proxy-authorization": proxy.authorization }),
    },
    ...(lookup && { lookup }),
  };
  const secureOptions = (): typeof options => {
    const servername = isIP(proxy.hostname) ? "" : proxy.hostname;
    const secure = { servername, secureContext: trusted(), rejectUnauthorized: true };
    return { ...options, ...secure };
  };
  const request: ClientRequest = proxy.secure ? httpsRequest(secureOptions()) : httpRequest(options);

  request.once("connect", (response: IncomingMessage, socket: Socket, head: Buffer) => {
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) {
      socket.destroy();
      finish(tunnelError(proxy, refusal(proxy, authority, status)));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    finish(null, socket);
  });
  request.on("error", (error: Error) => finish(tunnelError(proxy, failure(proxy, error))));
  request.end();
  return () => void request.destroy();
}
