import type { IncomingMessage, ServerResponse } from "node:http";
import { answerError } from "./answer.ts";
import { asZenthrexError } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { learnTokens } from "./learn-tokens.ts";
import { logBug } from "./log-bug.ts";
import { noteRefusal } from "./note-refusal.ts";
import { passes } from "./passes.ts";
import type { ProxyState } from "./proxy-state.ts";
import { endRecord } from "./record.ts";

/** Takes a request through the passes, and sees to it that it ends once, however it does. */
export function serve(
  proxy: ProxyState,
  request: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
): void {
  const exchange = new Exchange(proxy, request, response, awaitsContinue);
  const slot = proxy.active.add(exchange);
  response.on("error", () => undefined);
  let isClosed = false;
  const onClose = (): void => {
    if (isClosed) return;
    isClosed = true;
    try {
      close(exchange, slot);
    } catch (error) {
      logBug(exchange, asZenthrexError(error));
    }
  };
  response.on("close", onClose);
  if (response.socket === null) closeWithConnection(exchange, onClose);
  runPasses(exchange, 0);
}

/** Node tells an answer that waits behind another one on its connection nothing of the connection's end: its client has left as well. */
function closeWithConnection({ proxy, request, response }: Exchange, onClose: () => void): void {
  const waiting = proxy.waiting.get(request.socket) ?? new Set();
  proxy.waiting.set(request.socket, waiting);
  const onEnd = (): void => {
    response.destroy();
    onClose();
  };
  waiting.add(onEnd);
  response.once("close", () => waiting.delete(onEnd));
}

/** Runs the passes from one on; waits only where a pass waits. */
function runPasses(exchange: Exchange, first: number): void {
  exchange.proxy.doing = exchange;
  try {
    for (let index = first; index < passes.length; index++) {
      const verdict = passes[index]?.(exchange);
      if (verdict === "taken") return;
      if (verdict instanceof Promise) {
        verdict.then(
          (settled) => {
            // Whoever left while a pass waited is past caring.
            if (settled === "next" && !exchange.response.destroyed) runPasses(exchange, index + 1);
          },
          (error: unknown) => refuse(exchange, error),
        );
        return;
      }
    }
  } catch (error) {
    refuse(exchange, error);
  }
}

function refuse(exchange: Exchange, thrown: unknown): void {
  const error = asZenthrexError(thrown);
  logBug(exchange, error);
  noteRefusal(exchange, error);
  answerError(exchange, error);
}

/** The end of every request: the answer is out, or the client is gone. */
function close(exchange: Exchange, slot: number): void {
  const { proxy, response } = exchange;
  if (exchange.outcome === undefined) {
    exchange.outcome = "client_aborted";
    exchange.running?.stop("client_aborted");
  } else if (exchange.outcome === "completed" && !response.writableFinished) exchange.outcome = "client_aborted";
  proxy.active.remove(slot);
  proxy.bufferedBytes -= exchange.reservedBytes;
  exchange.reservedBytes = 0;
  endRecord(exchange);
  learnTokens(exchange);
}
