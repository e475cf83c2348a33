import { type Endpoint, endpoints, type RouteName, unsupportedSuffixes, type WireFormatName } from "./endpoints.ts";

/** What a request target asks for. */
export interface RouteMatch {
  readonly route: RouteName | "unknown";
  readonly methods: readonly string[];
  /** Format of the caller as far as the path tells; undefined where both kinds of client use the route. */
  readonly format: WireFormatName | undefined;
  /** The route of the hosted API, where it has one. */
  readonly endpoint?: Endpoint;
  /** Id of `models/{id}`. */
  readonly modelId?: string;
  /** Id of `responses/{id}`. */
  readonly responseId?: string;
  /** What the hosted API lacks, for `unsupported`. */
  readonly what?: string;
  /** With its "?", or empty: byte for byte as the caller sent it. */
  readonly query: string;
  /** True where the path is not the canonical one: the caller's base URL is wrong. */
  readonly repaired: boolean;
  /** The base URL that this kind of client wants: the bare origin, or with /v1. */
  readonly baseUrl: "bare" | "v1";
}

const lastSegments = new Set(endpoints.map((endpoint) => endpoint.suffix.slice(endpoint.suffix.lastIndexOf("/") + 1)));

const unsupported = Object.entries(unsupportedSuffixes)
  .map(([suffix, row]) => ({ ...row, segments: suffix.split("/") }))
  .sort((left, right) => right.segments.length - left.segments.length);

const canonical: ReadonlyMap<string, Endpoint> = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));

/**
 * Finds the route of a request target ("/path?query") by the end of its path, so that every mis-shaped base URL works.
 * Shape: `repaired` and `baseUrl` say whether the base URL is wrong, and which one is right for this kind of client.
 */
export function matchRoute(target: string): RouteMatch {
  const queryAt = target.indexOf("?");
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  const query = queryAt < 0 ? "" : target.slice(queryAt);
  const exact = canonical.get(path);
  if (exact !== undefined) return endpointMatch(exact, query, false, usualBase(exact.format));
  const segments = path.split("/").filter((segment) => segment !== "");
  return (
    matchLocal(path, segments, query) ??
    matchThreads(segments, query) ??
    matchEndpoint(segments, query) ??
    matchModelId(path, segments, query) ??
    matchResponse(path, segments, query) ??
    matchUnsupported(segments, query) ?? {
      route: "unknown",
      methods: [],
      format: nearestFormat(path),
      query,
      repaired: false,
      baseUrl: nearestFormat(path) === "openai-chat" ? "v1" : "bare",
    }
  );
}

function endpointMatch(endpoint: Endpoint, query: string, repaired: boolean, baseUrl: "bare" | "v1"): RouteMatch {
  const format = endpoint.route === "models" || endpoint.route === "whoami" ? undefined : endpoint.format;
  return { route: endpoint.route, methods: endpoint.methods, format, endpoint, query, repaired, baseUrl };
}

function usualBase(format: WireFormatName): "bare" | "v1" {
  return format === "anthropic" ? "bare" : "v1";
}

/** What the daemon answers itself, whatever the base URL looks like: probes must not fail before the first request. */
function matchLocal(path: string, segments: readonly string[], query: string): RouteMatch | undefined {
  const route = localRoute(path, segments);
  if (route === undefined) return undefined;
  const methods = route === "root" ? ["HEAD"] : ["HEAD", "GET"];
  return { route, methods, format: undefined, query, repaired: false, baseUrl: "bare" };
}

function localRoute(path: string, segments: readonly string[]): RouteName | undefined {
  if (path === "/") return "root";
  if (path === "/healthz") return "health";
  return endsWith(segments, ["api", "hello"]) ? "hello" : undefined;
}

/** OpenAI's thread messages end in "messages" too, and mean something else. */
function matchThreads(segments: readonly string[], query: string): RouteMatch | undefined {
  const first = segments[0] === "v1" ? segments[1] : segments[0];
  const row = first === "threads" ? unsupportedSuffixes["threads"] : undefined;
  return row && unsupportedMatch(row, query);
}

function endsWith(segments: readonly string[], suffix: readonly string[], end = segments.length): boolean {
  const start = end - suffix.length;
  return start >= 0 && suffix.every((segment, index) => segments[start + index] === segment);
}

function matchEndpoint(segments: readonly string[], query: string): RouteMatch | undefined {
  for (const endpoint of endpoints) {
    const suffix = endpoint.suffix.split("/");
    if (!endsWith(segments, suffix)) continue;
    const base = baseFor(segments.slice(0, -suffix.length), endpoint.format === "anthropic");
    return endpointMatch(endpoint, query, true, base);
  }
  return undefined;
}

/**
 * Which base URL the client needs, from what stands before the suffix that it appended itself.
 * An Anthropic client appends /v1/messages to a bare origin; an AI SDK appends /messages to a base with /v1; OpenAI clients append
 * /chat/completions to a base with /v1, and a few /v1/chat/completions to a bare origin.
 */
function baseFor(prefix: readonly string[], isAnthropic: boolean): "bare" | "v1" {
  if (prefix.at(-1) !== "v1") return "v1";
  if (isAnthropic) return "bare";
  const before = prefix.at(-2);
  return before === "v1" || (before !== undefined && lastSegments.has(before)) ? "bare" : "v1";
}

function matchModelId(path: string, segments: readonly string[], query: string): RouteMatch | undefined {
  const at = segments.lastIndexOf("models");
  if (at < 0 || at === segments.length - 1) return undefined;
  const endpoint = endpoints.find((candidate) => candidate.route === "models");
  if (endpoint === undefined) return undefined;
  const modelId = decoded(segments.slice(at + 1).join("/"));
  const repaired = path !== `${endpoint.path}/${segments.slice(at + 1).join("/")}`;
  const match = endpointMatch(endpoint, query, repaired, baseFor(segments.slice(0, at), false));
  return { ...match, route: "model", modelId };
}

/** What may stand behind `responses/{id}`. Source: OpenAI's API reference, "Responses". */
const responseParts: Readonly<Record<string, { readonly route: RouteName; readonly methods: readonly string[] }>> = {
  "": { route: "response", methods: ["GET", "DELETE"] },
  input_items: { route: "response-input-items", methods: ["GET"] },
  cancel: { route: "response-cancel", methods: ["POST"] },
};

/** Parts of the family that would else be taken for ids. */
const notResponseIds: ReadonlySet<string> = new Set(["compact", "input_tokens"]);

function matchResponse(path: string, segments: readonly string[], query: string): RouteMatch | undefined {
  const at = segments.lastIndexOf("responses");
  const [id, part = "", ...more] = segments.slice(at + 1);
  const row = Object.hasOwn(responseParts, part) ? responseParts[part] : undefined;
  if (at < 0 || id === undefined || more.length > 0 || row === undefined || notResponseIds.has(id)) return undefined;
  const endpoint = endpoints.find((candidate) => candidate.route === "responses");
  if (endpoint === undefined) return undefined;
  const repaired = path !== `${endpoint.path}/${segments.slice(at + 1).join("/")}`;
  const match = endpointMatch(endpoint, query, repaired, baseFor(segments.slice(0, at), false));
  return { ...match, ...row, responseId: decoded(id) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function matchUnsupported(segments: readonly string[], query: string): RouteMatch | undefined {
  // Ids and verbs may follow: /v1/files/{id}/content.
  for (let end = segments.length; end > 0; end--) {
    const row = unsupported.find((candidate) => endsWith(segments, candidate.segments, end));
    if (row !== undefined) return unsupportedMatch(row, query);
  }
  return undefined;
}

function unsupportedMatch(row: { what: string; format: WireFormatName }, query: string): RouteMatch {
  const baseUrl = usualBase(row.format);
  return { route: "unsupported", methods: [], format: row.format, what: row.what, query, repaired: false, baseUrl };
}

function nearestFormat(path: string): WireFormatName | undefined {
  if (/messages?\b|anthropic|claude/i.test(path)) return "anthropic";
  if (/chat|completion|openai|responses?\b|engines|deployments/i.test(path)) return "openai-chat";
  return undefined;
}
