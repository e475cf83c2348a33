import { endpoints } from "../catalog/endpoints.ts";

/** What people make of a base URL, and what it may have been meant to be: the given one first, each once, no trailing slash. */
export function baseVariants(base: string): readonly string[] {
  const url = new URL(base);
  const given = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  const root = `${url.origin}${rootPath(url.pathname)}`;
  return [...new Set([given, root, `${root}/v1`, `${given}/v1`, url.origin, `${url.origin}/v1`])];
}

/** A path without the endpoints and the versions that were pasted along: "/proxy/v1/messages" -> "/proxy". */
function rootPath(pathname: string): string {
  let path = pathname.replace(/\/{2,}/g, "/").replace(/\/+$/, "");
  for (let before = ""; before !== path; ) {
    before = path;
    const ending = endpoints.map(({ suffix }) => `/${suffix}`).find((suffix) => path.endsWith(suffix));
    if (ending !== undefined) path = path.slice(0, -ending.length);
    path = path.replace(/\/(v1|chat)$/, "");
  }
  return path;
}
