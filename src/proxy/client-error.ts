import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ZenthrexError } from "../base/errors.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";
import { errorBody } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { ProxyState } from "./proxy-state.ts";
import { sayOnce } from "./proxy-state.ts";

/** Status line of a request that Node's parser refused, by its error code. */
function statusOf(code: string): string {
  if (code === "HPE_HEADER_OVERFLOW") return "431 Request Header Fields Too Large";
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
}

/** The first byte of a TLS handshake. */
const tlsHandshake = 0x16;

/**
 * Answers what Node's parser refused: only on a connection on which no answer is under way, for it would be written into that.
 */
export function onClientError(
  state: ProxyState,
  error: Error & { code?: string; rawPacket?: Buffer },
  socket: Duplex,
): void {
  const code = error.code ?? "";
  if (error.rawPacket?.[0] === tlsHandshake && sayOnce(state, "tls")) {
    state.options.log({
      level: "warn",
      message: `a tool speaks https to this daemon, which speaks http: its base URL should begin with http://127.0.0.1:${state.port}`,
    });
  }
  const running = state.active.list().filter(({ request }) => request.socket === socket);
  if (running.length > 0 && running.every(({ outcome }) => outcome !== undefined) && socket instanceof Socket) {
    // Answered already, before its broken body was parsed: the answer still has to arrive.
    socket.destroySoon();
    return;
  }
  // Said to be the last one: what comes behind it is nobody's, and no reason to leave it without its answer (RFC 9112 section 9.6).
  if (code === "HPE_CLOSED_CONNECTION" && running.length > 0) return;
  // A whole request whose answer is still to come must not get this one: the garbage behind it is another's fault.
  const isAnswering = running.some(({ request, response }) => request.complete || response.headersSent);
  if (!socket.writable || isAnswering || code === "ECONNRESET" || code === "HPE_INVALID_EOF_STATE") {
    socket.destroy();
    return;
  }
  for (const exchange of running) noteRefusal(exchange);
  refuse(socket, code, running[0]?.format ?? "anthropic", running[0]?.id);
}

/** Its body turned out to be no HTTP: whatever was begun for it ends. */
function noteRefusal(exchange: Exchange): void {
  exchange.errorCode = "ZX_GATE_REQUEST";
  exchange.status = 400;
  exchange.outcome ??= "proxy_error";
}

function refuse(socket: Duplex, code: string, format: WireFormatName, id = "req_zx_none"): void {
  const refusal = new ZenthrexError("ZX_GATE_REQUEST", "the request is not well-formed HTTP/1.1");
  const body = JSON.stringify(errorBody(refusal, format, id));
  socket.end(
    `HTTP/1.1 ${statusOf(code)}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `x-should-retry: false\r\nconnection: close\r\n\r\n${body}`,
  );
}
