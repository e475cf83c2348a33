import { ZenthrexError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { GateHeaders } from "./gate-headers.ts";

function refused(message: string): ZenthrexError {
  return new ZenthrexError("ZX_GATE_REQUEST", message);
}

/**
 * Refuses a request whose form is in doubt, and with it the connection: where the one request ends and the next begins is in doubt as
 * well (RFC 9112 section 6.1 asks for the close).
 */
export function checkForm(exchange: Exchange, headers: GateHeaders): void {
  const { distrusted } = exchange.proxy;
  const { socket } = exchange.request;
  try {
    if (distrusted.has(socket)) throw refused("the request came behind one that was refused for its form");
    readForm(exchange, headers);
  } catch (error) {
    distrusted.add(socket);
    if (!exchange.answerHeaders.includes("connection")) exchange.answerHeaders.push("connection", "close");
    throw error;
  }
}

/** Refuses what Node's parser lets pass although two readers could take it for two different requests. */
function readForm({ request, answerHeaders }: Exchange, headers: GateHeaders): void {
  const { httpVersion } = request;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") throw refused("the version of HTTP is neither 1.1 nor 1.0");
  const target = request.url ?? "";
  if (!target.startsWith("/") && target !== "*") {
    throw new ZenthrexError("ZX_GATE_HOST", "the request names a whole URL as if this were a web proxy", {
      fix: "Don't set HTTP_PROXY to the daemon: give the tool its base URL.",
    });
  }
  if (target === "*" && request.method !== "OPTIONS") throw refused("the request target * means nothing here");
  const encodings = headers.transferEncoding;
  if (encodings.length > 1 || (encodings[0] !== undefined && encodings[0].toLowerCase() !== "chunked")) {
    throw refused("the transfer-encoding is not exactly chunked");
  }
  // A reader of HTTP/1.0 knows no chunks, and would take them for what comes next (RFC 9112 section 6.1).
  if (httpVersion === "1.0" && encodings.length > 0) throw refused("a request of HTTP/1.0 comes in chunks");
  if (headers.host.length > 1) throw new ZenthrexError("ZX_GATE_HOST", "there is not exactly one Host header");
  if (headers.contentLength.length > 1) throw refused("the content-length is given twice");
  if (headers.apiKey.length > 1 || headers.authorization.length > 1)
    throw refused("a credential header is given twice");
  // Java's HTTP client offers h2c on every plain request: HTTP/1.1 is a proper answer to that, and to nothing else.
  if (headers.upgrade.length > 0 && headers.upgrade.some((value) => value.trim().toLowerCase() !== "h2c")) {
    // A 426 names what is spoken instead (RFC 9110 section 15.5.22).
    answerHeaders.push("upgrade", "HTTP/1.1", "connection", "upgrade, close");
    throw new ZenthrexError("ZX_GATE_UPGRADE", "the connection can't be upgraded");
  }
}
