import { ZenthrexError } from "../base/errors.ts";
import { endpoints, type RouteName } from "../catalog/endpoints.ts";
import type { BaseUrlRule } from "./types.ts";

/**
 * The base URL of a tool: the one place where they are built, for setup, doctor and docs.
 * Shape: no trailing slash; any path, query or user of `origin` is dropped. `route` counts for the rule `endpoint` only.
 * Throws: ZX_USAGE when `origin` is no http(s) URL.
 */
export function baseUrl(rule: BaseUrlRule, origin: string, route: RouteName = "messages"): string {
  const host = httpOrigin(origin);
  if (rule === "bare") return host;
  if (rule === "v1") return `${host}/v1`;
  const endpoint = endpoints.find((candidate) => candidate.route === route);
  if (endpoint === undefined) throw new ZenthrexError("ZX_USAGE", `the route "${route}" has no URL of its own`);
  return `${host}${endpoint.path}`;
}

function httpOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ZenthrexError("ZX_USAGE", "the address is not an http or https URL", {
      fix: "Write it with its scheme: http://127.0.0.1:19368.",
    });
  }
  return url.origin;
}
