import type { Socket } from "node:net";
import { errorRow, ZenthrexError } from "../base/errors.ts";
import { errorText } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { ProxyState } from "./proxy-state.ts";
import { sayOnce } from "./proxy-state.ts";

/**
 * File descriptors that stay free: some 26 of Node itself and of what listens, the log, the config file, the history, and answers that
 * say there is no room. Where there are few, fewer stay free: with `ulimit -n 64` twelve requests at a time are better than none.
 */
function reservedDescriptors(limit: number): number {
  return Math.min(64, Math.max(40, Math.floor(limit / 2)));
}
/** From here on a connection gets its answer before it has asked. */
const lastDescriptors = 32;

/** Descriptors in use: one for each connection of a tool, and one upstream for each request under way. */
function usedDescriptors(state: ProxyState): number {
  return state.connections + state.active.size;
}

function noRoom(): ZenthrexError {
  return new ZenthrexError("ZX_OVERLOADED", "too many connections are open");
}

/** Refuses a request that would take the last file descriptors. Throws: ZX_OVERLOADED. */
export function checkRoom(exchange: Exchange): void {
  const { proxy } = exchange;
  const limit = proxy.options.descriptorLimit;
  if (limit === undefined || usedDescriptors(proxy) <= limit - reservedDescriptors(limit)) return;
  warnOnce(proxy, limit);
  // The connection itself is what there are too many of.
  exchange.answerHeaders.push("connection", "close");
  throw noRoom();
}

/** Counts a connection, and answers it at once where not even its request can be waited for. */
export function countConnection(state: ProxyState, socket: Socket): void {
  state.connections++;
  socket.once("close", () => {
    state.connections--;
    for (const end of state.waiting.get(socket) ?? []) end();
  });
  const limit = state.options.descriptorLimit;
  if (limit === undefined || usedDescriptors(state) <= limit - lastDescriptors) return;
  warnOnce(state, limit);
  socket.end(refusal());
}

function warnOnce(state: ProxyState, limit: number): void {
  if (!sayOnce(state, "descriptors")) return;
  state.options.log({
    level: "warn",
    message: `${state.connections} connections are open, and this process may have ${limit} files and connections: more are refused with 503 until some close`,
    fields: { connections: state.connections, limit },
  });
}

/** An answer whose body is an error in both formats: nobody knows yet which one the caller speaks. */
function refusal(): string {
  const error = noRoom();
  const row = errorRow(error.code);
  const body = JSON.stringify({
    type: "error",
    error: { type: row.anthropicType, message: errorText(error), param: null, code: row.openaiCode },
  });
  return (
    `HTTP/1.1 ${row.status} Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  );
}
