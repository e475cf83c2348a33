/** A header block as the wire has it: name, value, name, value; case, order and duplicates kept. */
export type RawHeaders = readonly string[];

/** Names that belong to one connection only. Source: RFC 9110 section 7.6.1, plus the pre-standard ones still seen. */
export const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Iterates a raw header block as pairs. */
export function* headerPairs(headers: RawHeaders): Generator<readonly [name: string, value: string]> {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    yield [headers[index] as string, headers[index + 1] as string];
  }
}

/** All values of one header, in order. The name is compared without case. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const wanted = name.toLowerCase();
  const values: string[] = [];
  for (const [key, value] of headerPairs(headers)) if (key.toLowerCase() === wanted) values.push(value);
  return values;
}

/** The first value of one header, or undefined. */
export function headerValue(headers: RawHeaders, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const key = headers[index] as string;
    // Lengths first: asked several times a request, and nearly all names differ by it.
    if (key.length === wanted.length && key.toLowerCase() === wanted) return headers[index + 1];
  }
  return undefined;
}

/** The names that the Connection headers of a block declare hop-by-hop, lower case. */
export function connectionNamed(headers: RawHeaders): Set<string> {
  const names = headerValues(headers, "connection").flatMap((value) => value.split(","));
  return new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ""));
}
