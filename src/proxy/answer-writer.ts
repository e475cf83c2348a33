import { nextTick } from "node:process";
import { proxyLimits } from "../catalog/limits.ts";
import type { Exchange } from "./exchange.ts";

/** What is made to wait while the client doesn't read. */
export interface Source {
  pause(): void;
  resume(): void;
  /** A write that was promised is done; `something` is false where there was nothing to send after all. */
  wrote(something: boolean): void;
  /** The client never reads again. */
  stall(): void;
  /** Something of ours broke while it was written: this answer ends with an error, and no other one does. */
  broke(thrown: unknown): void;
}

/** Puts into a writer's queue what is to be sent, right before it is: for what is cheaper once a write than once an event. */
export interface Feeder {
  feed(): void;
}

/**
 * Writes one answer: the head goes out with the first bytes, and what comes within one read of the upstream's socket is one write.
 * The HTTP client calls back once per event; a write per event costs three times as much CPU as one per read.
 */
export class AnswerWriter {
  /** Pieces that wait for the next write; put there by whoever relays, then `schedule()`. */
  readonly queue: Uint8Array[] = [];
  feeder: Feeder | undefined = undefined;
  /** True once the head was given to the client's socket: from then on an error can't have a status. */
  hasBegun = false;
  /** True until the write that `schedule` promised. */
  isScheduled = false;
  /** True while the client doesn't read. */
  isWaiting = false;
  readonly #exchange: Exchange;
  readonly #source: Source;
  #status = 502;
  #headers: readonly string[] = [];
  /** The stall's timer is cancelled when the answer is over: seen to once. */
  #endsWithResponse = false;
  #cancelStall: (() => void) | undefined = undefined;

  constructor(exchange: Exchange, source: Source) {
    this.#exchange = exchange;
    this.#source = source;
  }

  /** Sets status and headers; the last call before the first bytes counts. */
  setHead(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  /** Sends what is queued after this tick; the head too, when nothing is queued. */
  schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    nextTick(flush, this);
  }

  /** Sends what is queued now. */
  flush(): void {
    this.isScheduled = false;
    const { response } = this.#exchange;
    if (response.destroyed || response.writableEnded) return;
    this.feeder?.feed();
    const bytes = this.#take();
    this.#source.wrote(bytes !== undefined);
    // Feeding may have ended the answer.
    if (response.destroyed || response.writableEnded) return;
    const isFirst = !this.hasBegun;
    this.#begin();
    if (bytes === undefined) {
      if (isFirst) response.flushHeaders();
      return;
    }
    if (response.write(bytes) || this.isWaiting) return;
    this.isWaiting = true;
    this.#source.pause();
    this.#watchForStall();
    response.once("drain", () => this.#onDrain());
  }

  /** Sends what is queued from a callback of its own, where nobody else would catch what breaks. */
  flushGuarded(): void {
    try {
      this.flush();
    } catch (thrown) {
      this.#source.broke(thrown);
    }
  }

  /** Sends what is queued and ends the answer well. */
  end(): void {
    const { response } = this.#exchange;
    if (response.destroyed || response.writableEnded) return;
    const bytes = this.#take();
    this.#begin();
    response.end(bytes);
    // Nearly every answer is with the kernel by then: only what isn't is worth a timer.
    nextTick(watchTail, this);
  }

  /** Sends what is queued and then cuts the connection, so that no client takes the answer for whole. */
  cut(): void {
    const { response } = this.#exchange;
    if (response.destroyed || response.writableEnded) return;
    const bytes = this.#take();
    this.#begin();
    if (bytes !== undefined) response.write(bytes);
    else response.flushHeaders();
    this.#watchForStall();
    // Without a socket it waits behind another answer on its connection: then nothing of it was sent.
    if (response.socket) response.socket.destroySoon();
    else response.destroy();
  }

  /** Looks whether the last bytes are out; if not, the client has its time to take them. */
  watchTail(): void {
    const { response } = this.#exchange;
    if (!response.writableFinished && !response.destroyed) this.#watchForStall();
  }

  #take(): Uint8Array | undefined {
    const { queue } = this;
    if (queue.length === 0) return undefined;
    const bytes = queue.length === 1 ? queue[0] : Buffer.concat(queue);
    queue.length = 0;
    return bytes;
  }

  #begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    const exchange = this.#exchange;
    exchange.status = this.#status;
    exchange.firstByteAtMs = exchange.proxy.options.clock.now();
    const extra = exchange.answerHeaders;
    const headers = extra.length === 0 ? this.#headers : [...this.#headers, ...extra];
    exchange.response.writeHead(this.#status, headers as string[]);
    this.#headers = [];
  }

  #watchForStall(): void {
    if (this.#cancelStall !== undefined) return;
    const { proxy, response } = this.#exchange;
    this.#cancelStall = proxy.options.clock.after(proxyLimits.clientStallMs, () => this.#source.stall());
    if (this.#endsWithResponse) return;
    this.#endsWithResponse = true;
    response.once("close", () => this.#cancelStall?.());
  }

  #onDrain(): void {
    this.isWaiting = false;
    this.#cancelStall?.();
    this.#cancelStall = undefined;
    this.#source.resume();
  }
}

function flush(writer: AnswerWriter): void {
  writer.flushGuarded();
}

function watchTail(writer: AnswerWriter): void {
  writer.watchTail();
}
