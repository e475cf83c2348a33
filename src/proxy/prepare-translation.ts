import { ZenthrexError } from "../base/errors.ts";
import { looksLikeObject } from "./body-scan.ts";
import { decodeRequest } from "./decode-request.ts";
import type { Exchange } from "./exchange.ts";
import type { Verdict } from "./pass.ts";
import { reserve } from "./receive.ts";

/**
 * Makes ready what a translation needs: its format, and a body that can be read. All other requests pass by.
 * Throws: ZX_BODY_TYPE, ZX_BODY_TOO_LARGE, ZX_BODY_INVALID, ZX_OVERLOADED.
 */
export function prepareTranslation(exchange: Exchange): Verdict | Promise<Verdict> {
  return exchange.lane === "translated" ? prepare(exchange) : "next";
}

async function prepare(exchange: Exchange): Promise<Verdict> {
  const { body, request, match, proxy } = exchange;
  exchange.wireFormat = await proxy.formats.load(match.endpoint?.format ?? "anthropic");
  if (!exchange.isEncoded || body === undefined) return "next";
  const decoded = await decodeRequest(request.headers["content-encoding"] ?? "", body);
  reserve(exchange, decoded.length);
  if (!looksLikeObject(decoded)) throw new ZenthrexError("ZX_BODY_INVALID", "the body is not a JSON object");
  exchange.body = decoded;
  exchange.isEncoded = false;
  return "next";
}
