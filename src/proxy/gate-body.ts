import { ZenthrexError } from "../base/errors.ts";
import { proxyLimits } from "../catalog/limits.ts";
import type { Exchange } from "./exchange.ts";
import type { GateHeaders } from "./gate-headers.ts";

/** JSON in UTF-8. What a form or a plain-text POST of a foreign page can claim to be is not among it. */
const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/** Refuses bodies that are not JSON by their type. Throws: ZX_BODY_TYPE. */
export function checkContentType({ request, match }: Exchange, { contentType }: GateHeaders): void {
  // Cancelling takes no body, and changes nothing.
  if (request.method !== "POST" || match.route === "response-cancel") return;
  const type = contentType[0] ?? "";
  const named = charset.exec(type)?.[1] ?? "utf-8";
  if (contentType.length === 1 && jsonType.test(type.trim()) && /^utf-?8$/i.test(named)) return;
  const what = contentType.length === 0 ? "the request has no content-type" : "the content-type is not JSON in UTF-8";
  throw new ZenthrexError("ZX_BODY_TYPE", what);
}

/** The error for a body over the limit. */
export function tooLarge(): ZenthrexError {
  return new ZenthrexError(
    "ZX_BODY_TOO_LARGE",
    `the request is larger than ${proxyLimits.maxBodyBytes / 1024 ** 2} MiB`,
  );
}

/** Refuses a body whose announced size is over the limit. Throws: ZX_BODY_TOO_LARGE. */
export function checkSize(_exchange: Exchange, { contentLength }: GateHeaders): void {
  if (Number(contentLength[0] ?? 0) > proxyLimits.maxBodyBytes) throw tooLarge();
}
