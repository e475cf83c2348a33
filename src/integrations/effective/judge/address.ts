import { endpoints, hostedOrigin, localHost } from "../../../catalog/endpoints.ts";
import { kinshipOf } from "../../../catalog/host-kinship.ts";
import type { ProblemCode } from "../problem-code.ts";
import type { Destination, EffectiveContext, JoinRule } from "../types.ts";

/** What a base URL's text amounts to. */
export interface Address {
  /** What it says once quotes, white space and a missing scheme are mended; undefined where nothing can be made of it. */
  readonly url: URL | undefined;
  readonly destination: Destination;
  /** Flaws of the writing, before the path is looked at. */
  readonly flaw: Extract<ProblemCode, "base-quoted" | "base-no-scheme" | "base-not-a-url"> | undefined;
}

/** The known origins of a run. */
export type Origins = Pick<EffectiveContext, "upstreamOrigin">;

/** Reads an address as it was meant. */
export function readAddress(text: string, origins: Origins): Address {
  const unquoted = text.trim().replace(/^["'`\u2018-\u201f\u00ab\u00bb]+|["'`\u2018-\u201f\u00ab\u00bb]+$/g, "");
  const meant = unquoted.replace(/[\s\p{Default_Ignorable_Code_Point}]+/gu, "");
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(meant);
  const withScheme = hasScheme ? meant : `${isLocalName(meant) ? "http" : "https"}://${meant.replace(/^:?\/+/, "")}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const isHttp = url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== "";
  const flaw =
    unquoted !== text.trim()
      ? "base-quoted"
      : !hasScheme
        ? "base-no-scheme"
        : !isHttp || meant !== unquoted
          ? "base-not-a-url"
          : undefined;
  return { url: isHttp ? url : undefined, destination: isHttp ? destinationOf(url, origins) : "unusable", flaw };
}

/** Host and path of the address that the daemon, or the hosted API, wants from a tool. */
export function rightBase(origin: string, { want, suffix }: JoinRule): string {
  if (want === "bare") return origin;
  return want === "v1" ? `${origin}/v1` : `${origin}${canonicalPath(suffix)}`;
}

/** The origin that an address should have had. `daemonOrigin`: where the daemon is. */
export function rightOrigin(address: Address, { upstreamOrigin }: Origins, daemonOrigin: string): string {
  switch (address.destination) {
    case "hosted":
      return isUpstream(address.url, upstreamOrigin) ? upstreamOrigin : hostedOrigin;
    case "near-hosted":
      return upstreamOrigin.startsWith("https:") ? upstreamOrigin : hostedOrigin;
    case "daemon":
    case "loopback":
      return daemonOrigin;
    default:
      return daemonOrigin;
  }
}

/** What is wrong with the path of a base URL; undefined where requests arrive as documented. */
export function pathFlaw(
  url: URL,
  { want, suffix }: JoinRule,
):
  | Extract<
      ProblemCode,
      "base-extra-v1" | "base-missing-v1" | "base-doubled-v1" | "base-endpoint-pasted" | "base-wrong-path" | "base-tail"
    >
  | undefined {
  const path = url.pathname.replace(/\/{2,}/g, "/").replace(/\/$/, "");
  if (hasTail(url)) return "base-tail";
  if (want === "endpoint") return path === canonicalPath(suffix) ? undefined : "base-wrong-path";
  if (path === (want === "bare" ? "" : "/v1")) return undefined;
  if (endpoints.some((endpoint) => path.endsWith(`/${endpoint.suffix}`))) return "base-endpoint-pasted";
  if (/^\/v1(\/v1)+$/.test(path)) return "base-doubled-v1";
  if (want === "bare" && path === "/v1") return "base-extra-v1";
  return want === "v1" && path === "" ? "base-missing-v1" : "base-wrong-path";
}

/** What a client appends to an address that has a query or a fragment becomes a part of that; an empty one does so too. */
function hasTail({ href }: URL): boolean {
  return /[?#]/.test(href);
}

/** The URL that a tool asks for. Shape: the base as it is, its trailing slash taken off, and what the tool appends. */
export function requestUrl(base: string, { suffix, want }: JoinRule): string {
  const trimmed = base.trim().replace(/\/+$/, "");
  if (want !== "endpoint") return `${trimmed}${suffix}`;
  const isFull = endpoints.some((endpoint) => trimmed.endsWith(`/${endpoint.suffix}`));
  if (isFull) return trimmed;
  return trimmed.endsWith("/v1") ? `${trimmed}${suffix.replace(/^\/v1/, "")}` : `${trimmed}${suffix}`;
}

/** True for the names of this machine. */
export function isLoopback(host: string): boolean {
  return /^(127(?:\.\d+){3}|localhost|.*\.localhost|\[::1\]|0\.0\.0\.0|\[::\])$/.test(host.toLowerCase());
}

function destinationOf(url: URL, { upstreamOrigin }: Origins): Destination {
  const upstream = new URL(upstreamOrigin);
  if (url.host === upstream.host || isSameLocal(url, upstream)) return "hosted";
  if (isLoopback(url.hostname)) return "loopback";
  const { kind } = kinshipOf(url.hostname);
  if (kind === "near") return "near-hosted";
  return kind === "other" ? "elsewhere" : kind;
}

/** A stand-in on this machine is the same by any of its names. */
function isSameLocal(url: URL, upstream: URL): boolean {
  return isLoopback(url.hostname) && isLoopback(upstream.hostname) && url.port === upstream.port && url.port !== "";
}

/** "127.0.0.1:19368", "localhost/v1": written without a scheme. */
function isLocalName(text: string): boolean {
  return isLoopback(/^(\[[^\]]*\]|[^/:]*)/.exec(text)?.[0] ?? "") || text.startsWith(`${localHost}:`);
}

function canonicalPath(suffix: string): string {
  return suffix.startsWith("/v1/") ? suffix : `/v1${suffix}`;
}

function isUpstream(url: URL | undefined, upstreamOrigin: string): boolean {
  const upstream = new URL(upstreamOrigin);
  return url !== undefined && (url.host === upstream.host || isSameLocal(url, upstream));
}

/** The port that a URL means; 0 without a URL. */
export function portOf(url: URL | undefined): number {
  if (url === undefined) return 0;
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}
