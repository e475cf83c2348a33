import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import { ZenthrexError } from "../base/errors.ts";
import { answerError } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { ProxyState } from "./proxy-state.ts";

/** How long running answers may go on, by default. */
const defaultDrainMs = 30_000;
/** How long the last bytes may take to reach a client. */
const flushMs = 1_000;

/** Resolves when no request is under way any more, or after `timeoutMs`. */
function untilIdle(state: ProxyState, timeoutMs: number): Promise<void> {
  if (state.active.size === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      for (const { response } of watched) response.off("close", check);
      resolve();
    };
    const check = (): void => {
      if (state.active.size === 0) done();
    };
    const watched = state.active.list();
    const cancel = state.options.clock.after(timeoutMs, done);
    for (const { response } of watched) response.on("close", check);
  });
}

/** Ends one request with an error that its client sees, however far it has come. */
function interrupt(exchange: Exchange): void {
  if (exchange.running?.interrupt) {
    exchange.running.interrupt();
    return;
  }
  exchange.answerHeaders.push("connection", "close");
  answerError(exchange, new ZenthrexError("ZX_SHUTTING_DOWN", "the daemon is shutting down"));
  exchange.running?.stop("interrupted");
}

/**
 * Ends the proxy: nothing new is accepted; what runs may go on for `drainMs` and is then ended with an error that its client sees.
 * Open connections stay open meanwhile: what is asked on them is told to come again.
 */
export async function closeProxy(
  state: ProxyState,
  servers: readonly Server[],
  drainMs = defaultDrainMs,
): Promise<void> {
  state.closing = true;
  // The HTTP server's own close() would cut idle connections, and with them requests that are on their way.
  const closed = servers.map(
    (server) => new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve())),
  );
  await untilIdle(state, drainMs);
  for (const exchange of state.active.list()) interrupt(exchange);
  await untilIdle(state, flushMs);
  for (const server of servers) {
    server.closeAllConnections();
    // Already closed for callers: this ends the timer that watches for slow requests.
    server.close();
  }
  await Promise.all(closed);
}
