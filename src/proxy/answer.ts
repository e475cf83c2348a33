import type { ZenthrexError } from "../base/errors.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { renderError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestOutcome } from "./options.ts";

/** True while bytes of the request's body may still come. */
function hasUnreadBody({ request }: Exchange): boolean {
  const { headers } = request;
  const isAnnounced = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  return isAnnounced && !request.complete;
}

/** Answers an exchange that no lane has: a whole body, or none. `headers` is a flat list without a length. */
export function answer(
  exchange: Exchange,
  status: number,
  headers: readonly string[],
  body: string | Buffer = "",
  outcome: RequestOutcome = "completed",
): void {
  const { response } = exchange;
  exchange.outcome ??= outcome;
  exchange.status = status;
  exchange.firstByteAtMs ??= exchange.proxy.options.clock.now();
  if (response.destroyed || response.headersSent) return;
  const length = String(Buffer.byteLength(body));
  const head = [...headers, "content-length", length, ...exchange.answerHeaders];
  if (!hasUnreadBody(exchange)) {
    response.writeHead(status, head);
    response.end(exchange.request.method === "HEAD" ? undefined : body);
  } else if (exchange.awaitsContinue) {
    // Its body was never asked for: the answer is all it waits for.
    response.writeHead(status, withClose(head));
    response.end(body);
  } else linger(exchange, status, withClose(head), body);
}

function withClose(head: readonly string[]): string[] {
  return head.some((text, index) => index % 2 === 0 && text.toLowerCase() === "connection")
    ? [...head]
    : [...head, "connection", "close"];
}

/**
 * Answers at once, and goes on reading the body a while without keeping it: a client that is still sending would otherwise get a
 * reset, and never see the answer. Both a time and a size bound it.
 */
function linger({ request, response, proxy }: Exchange, status: number, head: string[], body: string | Buffer): void {
  let discarded = 0;
  response.writeHead(status, head);
  response.write(body);
  const cut = (): void => void request.socket.destroy();
  const cancel = proxy.options.clock.after(proxyLimits.lingerMs, cut);
  response.once("close", cancel);
  request.on("data", (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > proxyLimits.maxBodyBytes) cut();
  });
  request.once("end", () => response.end());
}

/** Answers with an error in the caller's format. */
export function answerError(exchange: Exchange, error: ZenthrexError): void {
  exchange.errorCode = error.code;
  const { status, headers, body } = renderError(error, exchange.format, exchange.id);
  answer(exchange, status, headers, body, error.code === "ZX_SHUTTING_DOWN" ? "interrupted" : "proxy_error");
}

/** Answers with a JSON text. */
export function answerJson(exchange: Exchange, status: number, value: unknown, headers: readonly string[] = []): void {
  answer(exchange, status, ["content-type", "application/json", ...headers], JSON.stringify(value));
}
