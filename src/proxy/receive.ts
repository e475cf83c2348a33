import { ZenthrexError } from "../base/errors.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { looksLikeObject } from "./body-scan.ts";
import type { Exchange } from "./exchange.ts";
import { tooLarge } from "./gate-body.ts";
import type { Verdict } from "./pass.ts";

/** Bytes of request bodies that may be in memory at once: 200 requests of 30 MB must not end the process. */
export const maxBufferedBytes = 256 * 1024 * 1024;

/** Takes bytes of the budget for an exchange; they are given back when it is over. Throws: ZX_OVERLOADED. */
export function reserve(exchange: Exchange, bytes: number): void {
  if (exchange.proxy.bufferedBytes + bytes > maxBufferedBytes) {
    throw new ZenthrexError("ZX_OVERLOADED", "too many large requests are under way");
  }
  exchange.proxy.bufferedBytes += bytes;
  exchange.reservedBytes += bytes;
}

/** Reads the body whole. Throws: ZX_BODY_TOO_LARGE, ZX_OVERLOADED, ZX_BODY_INVALID. */
export async function receive(exchange: Exchange): Promise<Verdict> {
  reserve(exchange, Number(exchange.request.headers["content-length"] ?? 0));
  if (exchange.awaitsContinue) {
    exchange.awaitsContinue = false;
    exchange.response.writeContinue();
  }
  const body = await readBody(exchange);
  if (!exchange.isEncoded && !looksLikeObject(body)) {
    throw new ZenthrexError("ZX_BODY_INVALID", "the body is not a JSON object");
  }
  exchange.body = body;
  return "next";
}

/** Never settles when the client leaves before the end: whoever closes the exchange takes it from there. */
function readBody(exchange: Exchange): Promise<Buffer> {
  const { request } = exchange;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      try {
        if (bytes > proxyLimits.maxBodyBytes) throw tooLarge();
        if (bytes > exchange.reservedBytes) reserve(exchange, bytes - exchange.reservedBytes);
      } catch (error) {
        request.off("data", onData);
        reject(error);
        return;
      }
      chunks.push(chunk);
    };
    request.on("data", onData);
    request.once("end", () => {
      // The request lives as long as its answer, and a listener would keep the chunks beside the whole.
      request.off("data", onData);
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
  });
}
