import { commonHeaders, type Exchange, pause, sendBody, sendRefusal, toldHeaders } from "../http/exchange.ts";
import { refusal } from "../refusal.ts";
import type { Fault } from "../reply/reply.ts";
import { dropConnection, faultsOf, stallAt } from "./faults.ts";

/** Sends half of a body and ends: with its length declared, so that the client can tell, or "cleanly", so that it can't. */
async function cutBody(
  exchange: Exchange,
  body: string,
  how: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const bytes = Buffer.from(body, "utf8");
  const isClean = how === "clean" || how === "clean-half-frame";
  const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
  exchange.entry.status = 200;
  exchange.response.writeHead(200, {
    ...commonHeaders(exchange),
    "content-type": "application/json",
    ...toldHeaders(exchange, headers),
    ...(isClean ? {} : { "content-length": `${bytes.length}` }),
  });
  if (isClean) {
    exchange.response.end(half);
    return;
  }
  await new Promise<void>((resolve) => {
    exchange.response.write(half, () => resolve());
    void exchange.closed.then(resolve);
  });
  dropConnection(exchange, how === "reset");
}

/**
 * Sends a JSON answer with its faults: silences come before it, whatever their place; an error event is an error with its status.
 * Shape: true where the client was sent the whole of it.
 */
export async function sendJsonAnswer(
  exchange: Exchange,
  body: () => string,
  faults: readonly Fault[],
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  const after = await stallAt(exchange, faults, (at) => at !== "before");
  const paceMs = faultsOf(faults, "pace").at(-1)?.milliseconds ?? 0;
  if (after === "left" || (paceMs > 0 && !(await pause(exchange, paceMs)))) return false;
  const error = faultsOf(faults, "error-event")[0];
  if (after === "timed-out" || error !== undefined) {
    sendRefusal(exchange, refusal(error?.status ?? 504, error?.message));
    return false;
  }
  const cut = faultsOf(faults, "cut")[0];
  if (cut !== undefined) {
    await cutBody(exchange, body(), cut.how, headers);
    return false;
  }
  sendBody(exchange, 200, body(), headers);
  return true;
}
