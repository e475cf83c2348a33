import type { Clock } from "../base/clock.ts";
import { proxyLimits } from "../catalog/limits.ts";

/** What happens in silence. */
export interface SilenceListener {
  /** The upstream has not answered for 45 s: open the stream, if this is one. Called once. */
  onLongWait(): void;
  /** The client of an open stream has heard nothing for 15 s. Called again every 15 s. */
  onPing(): void;
  /** The upstream has been silent for 630 s. Called once; the watch is over then. */
  onTimeout(): void;
}

/** A timer this late tells of a blocked process, a sleeping machine or a corrected clock, not of silence. */
const lateMs = 1_000;

/**
 * Watches one answer for silence. Marks are cheap: one timer runs, and looks at them when it fires.
 * The limits are those of the hosted API's documentation and of the clients' idle timers.
 */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #listener: SilenceListener;
  #heardAtMs: number;
  #spokeAtMs: number;
  #longWaitAtMs: number;
  #dueAtMs = 0;
  #pings = false;
  #isHeld = false;
  #isOver = false;
  #cancel: (() => void) | undefined = undefined;

  constructor(clock: Clock, listener: SilenceListener) {
    const now = clock.now();
    this.#clock = clock;
    this.#listener = listener;
    this.#heardAtMs = now;
    this.#spokeAtMs = now;
    this.#longWaitAtMs = now + proxyLimits.openStreamAfterMs;
    this.#arm();
  }

  /** The upstream sent something. */
  heard(): void {
    this.#heardAtMs = this.#clock.now();
  }

  /** The client was sent something; what the upstream sent just now, where `heard`. */
  spoke(heard: boolean): void {
    this.#spokeAtMs = this.#clock.now();
    if (heard) this.#heardAtMs = this.#spokeAtMs;
  }

  /** The upstream's status is known: no long wait any more. */
  answered(): void {
    this.#longWaitAtMs = Number.POSITIVE_INFINITY;
  }

  /** From here on the client is owed pings. */
  startPings(): void {
    this.#pings = true;
    this.#rearm();
  }

  stopPings(): void {
    this.#pings = false;
  }

  /** The upstream is made to wait: its silence doesn't count, and the client has enough to read. */
  hold(): void {
    this.#isHeld = true;
  }

  /** The upstream may speak again: silence counts from now. */
  release(): void {
    this.#isHeld = false;
    this.spoke(true);
    // While it was held the next look may have been put off for minutes.
    if (this.#dueAtMs > this.#nextPingAtMs()) this.#rearm();
  }

  stop(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #nextPingAtMs(): number {
    const pingAtMs = this.#spokeAtMs + proxyLimits.pingAfterSilenceMs;
    const isOwed = this.#pings && !this.#isHeld && pingAtMs < this.#heardAtMs + proxyLimits.pingUntilSilenceMs;
    return isOwed ? pingAtMs : Number.POSITIVE_INFINITY;
  }

  #timeoutAtMs(): number {
    return this.#heardAtMs + proxyLimits.upstreamTimeoutMs;
  }

  #rearm(): void {
    // Without a timer it is firing just now, and sets the next one itself.
    if (this.#isOver || this.#cancel === undefined) return;
    this.#cancel();
    this.#arm();
  }

  #arm(): void {
    const now = this.#clock.now();
    // A held upstream is looked at again later: its silence starts anew when it may speak.
    const timeoutAtMs = this.#isHeld ? now + proxyLimits.upstreamTimeoutMs : this.#timeoutAtMs();
    this.#dueAtMs = Math.max(now, Math.min(timeoutAtMs, this.#longWaitAtMs, this.#nextPingAtMs()));
    this.#cancel = this.#clock.after(this.#dueAtMs - now, () => this.#fire());
  }

  #fire(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    this.#allowForJump(now);
    if (!this.#isHeld && now >= this.#timeoutAtMs()) {
      this.stop();
      this.#listener.onTimeout();
      return;
    }
    if (now >= this.#longWaitAtMs) {
      this.answered();
      this.#listener.onLongWait();
    }
    if (now >= this.#nextPingAtMs()) {
      this.#spokeAtMs = now;
      this.#listener.onPing();
    }
    if (!this.#isOver && this.#cancel === undefined) this.#arm();
  }

  #allowForJump(now: number): void {
    const jumpMs = now - this.#dueAtMs;
    if (Math.abs(jumpMs) <= lateMs) return;
    // Marks made after the jump are right already: none may end up in the future.
    const shiftMs = Math.max(0, jumpMs);
    this.#heardAtMs = Math.min(this.#heardAtMs + shiftMs, now);
    this.#spokeAtMs = Math.min(this.#spokeAtMs + shiftMs, now);
    if (this.#longWaitAtMs === Number.POSITIVE_INFINITY) return;
    this.#longWaitAtMs = Math.min(this.#longWaitAtMs + shiftMs, now + proxyLimits.openStreamAfterMs);
  }
}
