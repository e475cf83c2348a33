import { ZenthrexError } from "../base/errors.ts";
import { printable } from "../base/redact.ts";
import type { RouteMatch } from "../catalog/match-route.ts";
import type { Exchange } from "./exchange.ts";
import { sayOnce } from "./proxy-state.ts";

/** The base URL that a kind of client wants. */
export function baseUrlFor(port: number, baseUrl: RouteMatch["baseUrl"]): string {
  return `http://127.0.0.1:${port}${baseUrl === "v1" ? "/v1" : ""}`;
}

/** A path as it may be shown: foreign text, cut and cleaned, without its query. */
function shownPath(target: string): string {
  return printable(target.split("?", 1)[0] ?? "").slice(0, 120);
}

/** Lets known routes pass and says of a mis-shaped one what is wrong with the base URL. Throws: ZX_ROUTE_*. */
export function checkRoute(exchange: Exchange): void {
  const { match, request, proxy } = exchange;
  const path = shownPath(request.url ?? "");
  const baseUrl = baseUrlFor(proxy.port, match.baseUrl);
  if (match.route === "unsupported") {
    throw new ZenthrexError("ZX_ROUTE_UNSUPPORTED", `the hosted API has no ${match.what ?? "such route"}`);
  }
  // The bare origin is probed by HEAD; whoever asks more of it has lost the path.
  if (match.route === "unknown" || (match.route === "root" && request.method !== "HEAD")) {
    const fix =
      match.format === undefined
        ? `Set the base URL to ${baseUrlFor(proxy.port, "bare")} for Anthropic clients, to ${baseUrlFor(proxy.port, "v1")} for OpenAI clients.`
        : `Set the tool's base URL to ${baseUrl}.`;
    throw new ZenthrexError("ZX_ROUTE_UNKNOWN", `nothing is served at ${path}`, { fix });
  }
  if (!match.methods.includes(request.method ?? "")) {
    const allowed = match.methods.join(", ");
    exchange.answerHeaders.push("allow", allowed);
    throw new ZenthrexError("ZX_ROUTE_METHOD", `${path} doesn't take this method`, { fix: `Use ${allowed}.` });
  }
  if (!match.repaired) return;
  exchange.answerHeaders.push("x-zenthrex-repaired-path", match.endpoint?.path ?? path);
  if (sayOnce(proxy, `path ${path}`)) {
    proxy.options.log({
      level: "warn",
      message: `a tool asked for ${path}: served, but its base URL should be ${baseUrl}; where it is set: zenthrex doctor`,
      fields: { path, baseUrl },
    });
  }
}
