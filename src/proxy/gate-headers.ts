import type { RawHeaders } from "../base/headers.ts";

/** The headers that decide whether a caller may ask, each with all its values: Node's own `headers` hides duplicates. */
export interface GateHeaders {
  readonly host: readonly string[];
  readonly origin: readonly string[];
  readonly fetchSite: readonly string[];
  readonly apiKey: readonly string[];
  readonly authorization: readonly string[];
  readonly transferEncoding: readonly string[];
  readonly contentLength: readonly string[];
  readonly contentType: readonly string[];
  readonly contentEncoding: readonly string[];
  readonly upgrade: readonly string[];
}

const none: readonly string[] = [];

const fields: ReadonlyMap<string, keyof GateHeaders> = new Map([
  ["host", "host"],
  ["origin", "origin"],
  ["sec-fetch-site", "fetchSite"],
  ["x-api-key", "apiKey"],
  ["authorization", "authorization"],
  ["transfer-encoding", "transferEncoding"],
  ["content-length", "contentLength"],
  ["content-type", "contentType"],
  ["content-encoding", "contentEncoding"],
  ["upgrade", "upgrade"],
]);

/** Lengths of the names above: all other names are passed over without a look at their letters. */
const lengths = new Set([...fields.keys()].map((name) => name.length));

/** Reads the raw header block once. */
export function readGateHeaders(headers: RawHeaders): GateHeaders {
  const found: { -readonly [Field in keyof GateHeaders]: readonly string[] } = {
    host: none,
    origin: none,
    fetchSite: none,
    apiKey: none,
    authorization: none,
    transferEncoding: none,
    contentLength: none,
    contentType: none,
    contentEncoding: none,
    upgrade: none,
  };
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!lengths.has(name.length)) continue;
    const field = fields.get(name.toLowerCase());
    const value = headers[index + 1] as string;
    if (field !== undefined) found[field] = found[field] === none ? [value] : [...found[field], value];
  }
  return found;
}
