import { ZenthrexError } from "../base/errors.ts";
import { authorityOf, parseUpstreamOrigin } from "./origin.ts";

/** A company proxy that tunnels to the upstream. */
export interface OutboundProxy {
  /** True where the connection to the proxy itself is TLS. */
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** host:port: all that messages may name of it. */
  readonly authority: string;
  /** Value of Proxy-Authorization; holds a password. */
  readonly authorization?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Lower case wins, also when it is set and empty: so says undici's EnvHttpProxyAgent. */
function variable(env: Environment, name: string): string {
  return env[name.toLowerCase()] ?? env[name.toUpperCase()] ?? "";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseProxy(text: string, name: string): OutboundProxy {
  const refuse = (what: string): never => {
    throw new ZenthrexError("ZX_USAGE", `${name} ${what}`, { fix: `Set ${name} to http://host:port, or unset it.` });
  };
  let url: URL;
  try {
    url = new URL(text.includes("://") ? text : `http://${text}`);
  } catch {
    return refuse("is not a URL");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return refuse("must begin with http:// or https://");
  const secure = url.protocol === "https:";
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  const base = { secure, hostname, port, authority: authorityOf(hostname, port) };
  if (url.username === "" && url.password === "") return base;
  const login = `${decoded(url.username)}:${decoded(url.password)}`;
  return { ...base, authorization: `Basic ${Buffer.from(login, "utf8").toString("base64")}` };
}

/** True when an entry of NO_PROXY (name, .suffix, *.suffix, *, each with or without :port) covers the host. */
function covers(entry: string, hostname: string, port: number): boolean {
  if (entry === "*") return true;
  const withPort = /^(.+):(\d+)$/.exec(entry);
  // An IPv6 address without brackets ends in ":digits" too: it is no port then.
  const hasPort = withPort !== null && (withPort[1]?.startsWith("[") || !withPort[1]?.includes(":"));
  if (hasPort && Number(withPort?.[2]) !== port) return false;
  const name = ((hasPort ? withPort?.[1] : entry) ?? "")
    .replace(/^\*?\./, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
  return name !== "" && (hostname === name || hostname.endsWith(`.${name}`));
}

/**
 * The proxy that the usual variables ask for on the way to an origin, or undefined.
 * HTTPS_PROXY for https (HTTP_PROXY where it is unset), HTTP_PROXY for http, lower case first; NO_PROXY as a list by comma or space.
 * An origin on this machine is never proxied: a proxy could not reach it.
 * Source: undici 7.30 EnvHttpProxyAgent; the loopback rule is ours.
 * Throws: ZX_USAGE where the variable can't be read; never quotes it, it may hold a password.
 */
export function chooseProxy(env: Environment, origin: string): OutboundProxy | undefined {
  const { hostname, port, secure, loopback } = parseUpstreamOrigin(origin);
  if (loopback) return undefined;
  const excepted = variable(env, "no_proxy").split(/[,\s]+/);
  if (excepted.some((entry) => entry !== "" && covers(entry, hostname.toLowerCase(), port))) return undefined;
  for (const name of secure ? ["HTTPS_PROXY", "HTTP_PROXY"] : ["HTTP_PROXY"]) {
    const value = variable(env, name).trim();
    if (value !== "") return parseProxy(value, name);
  }
  return undefined;
}
