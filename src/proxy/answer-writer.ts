import { nextTick } from "node:process";
import { proxyLimits } from "../catalog/limits.ts";
import type { Exchange } from "./exchange.ts";

/** What can be made to wait while the client doesn't read. */
export interface Source {
  pause(): void;
  resume(): void;
}

/**
 * Writes one answer: the head goes out with the first bytes, and what comes within one read of the upstream's socket is one write.
 * The HTTP client calls back once per event; a write per event costs three times as much CPU as one per read.
 */
export interface AnswerWriter {
  /** Pieces that wait for the next write; put there by whoever relays, then `schedule()`. */
  readonly queue: Uint8Array[];
  /** True once the head was given to the client's socket: from then on an error can't have a status. */
  readonly hasBegun: boolean;
  /** True while the client doesn't read. */
  readonly isWaiting: boolean;
  /** Sets status and headers; the last call before the first bytes counts. */
  setHead(status: number, headers: readonly string[]): void;
  /** Sends what is queued after this tick; the head too, when nothing is queued. */
  schedule(): void;
  /** Sends what is queued and ends the answer well. */
  end(): void;
  /** Sends what is queued and then cuts the connection, so that no client takes the answer for whole. */
  cut(): void;
}

/** Makes the writer of an exchange. `source` waits while the client doesn't read; `onStall` is called when it never reads again. */
export function createAnswerWriter(
  exchange: Exchange,
  source: () => Source | undefined,
  onStall: () => void,
): AnswerWriter {
  const { response, proxy } = exchange;
  const { clock } = proxy.options;
  const queue: Uint8Array[] = [];
  let head: { status: number; headers: readonly string[] } = { status: 502, headers: [] };
  let hasBegun = false;
  let scheduled = false;
  let isWaiting = false;
  let cancelStall: (() => void) | undefined;

  const take = (): Uint8Array | undefined => {
    if (queue.length === 0) return undefined;
    const bytes = queue.length === 1 ? queue[0] : Buffer.concat(queue);
    queue.length = 0;
    return bytes;
  };
  const begin = (): void => {
    if (hasBegun) return;
    hasBegun = true;
    exchange.status = head.status;
    exchange.firstByteAtMs = clock.now();
    const headers = exchange.answerHeaders.length === 0 ? head.headers : [...head.headers, ...exchange.answerHeaders];
    response.writeHead(head.status, headers as string[]);
  };
  const watchForStall = (): void => {
    cancelStall ??= clock.after(proxyLimits.clientStallMs, onStall);
  };
  const onDrain = (): void => {
    isWaiting = false;
    cancelStall?.();
    cancelStall = undefined;
    source()?.resume();
  };
  const flush = (): void => {
    scheduled = false;
    if (response.destroyed || response.writableEnded) return;
    const bytes = take();
    begin();
    if (bytes === undefined) {
      response.flushHeaders();
      return;
    }
    if (response.write(bytes) || isWaiting) return;
    isWaiting = true;
    source()?.pause();
    watchForStall();
    response.once("drain", onDrain);
  };
  response.on("close", () => cancelStall?.());

  return {
    queue,
    get hasBegun() {
      return hasBegun;
    },
    get isWaiting() {
      return isWaiting;
    },
    setHead(status, headers) {
      head = { status, headers };
    },
    schedule() {
      if (scheduled) return;
      scheduled = true;
      nextTick(flush);
    },
    end() {
      if (response.destroyed || response.writableEnded) return;
      const bytes = take();
      begin();
      response.end(bytes);
      // Nearly every answer is with the kernel by now: only what isn't is worth a timer.
      nextTick(() => {
        if (!response.writableFinished && !response.destroyed) watchForStall();
      });
    },
    cut() {
      if (response.destroyed || response.writableEnded) return;
      const bytes = take();
      begin();
      if (bytes !== undefined) response.write(bytes);
      else response.flushHeaders();
      watchForStall();
      // Without a socket it waits behind another answer on its connection: then nothing of it was sent.
      if (response.socket) response.socket.destroySoon();
      else response.destroy();
    },
  };
}
