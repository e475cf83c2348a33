import { isIPv4, isIPv6 } from "node:net";
import { ZenthrexError } from "../base/errors.ts";

/** Where all calls of one client go. */
export interface UpstreamOrigin {
  /** As a URL origin: scheme, host, port if it is not the scheme's own. */
  readonly origin: string;
  readonly secure: boolean;
  /** Name or address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** host:port, an IPv6 address in brackets: what messages and CONNECT name. */
  readonly authority: string;
  readonly loopback: boolean;
}

/** True for the names and addresses of this machine. Source: RFC 6761 section 6.3, RFC 1122 3.2.1.3, RFC 4291 2.5.3. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, "");
  if (isIPv4(host)) return host.startsWith("127.");
  if (isIPv6(host)) return host === "::1" || /^::ffff:(127\.|7f[0-9a-f]{2}:)/.test(host);
  return host === "localhost" || host.endsWith(".localhost");
}

/** host:port with brackets where an IPv6 address needs them. */
export function authorityOf(hostname: string, port: number): string {
  return isIPv6(hostname) ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function refuse(what: string): never {
  throw new ZenthrexError("ZX_USAGE", `the upstream address ${what}`, {
    fix: "Give an origin such as https://api.example.com; http:// only for this machine.",
  });
}

/**
 * Reads the upstream's origin. The key goes nowhere else (law 5), so a path, a query or a login in it is a mistake.
 * Throws: ZX_USAGE, without quoting a login.
 */
export function parseUpstreamOrigin(text: string): UpstreamOrigin {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    refuse("is not a URL");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") refuse("must begin with https:// or http://");
  if (url.username !== "" || url.password !== "") refuse("must not hold a user or a password");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") refuse("must be an origin: no path, no query");
  const secure = url.protocol === "https:";
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const loopback = isLoopbackHost(hostname);
  if (!secure && !loopback) refuse(`${url.origin} would send the key in clear text`);
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { origin: url.origin, secure, hostname, port, authority: authorityOf(hostname, port), loopback };
}
