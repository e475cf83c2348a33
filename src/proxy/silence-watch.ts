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

/** Watches one answer for silence. Marks are cheap: one timer runs, and looks at them when it fires. */
export interface SilenceWatch {
  /** The upstream sent something; or it may again, after it was made to wait. */
  heard(): void;
  /** The client was sent something. */
  spoke(): void;
  /** The upstream's status is known: no long wait any more. */
  answered(): void;
  /** From here on the client is owed pings. */
  startPings(): void;
  /** The upstream is made to wait: its silence doesn't count until `heard`. */
  hold(): void;
  stop(): void;
}

/** A timer this late tells of a blocked process, a sleeping machine or a corrected clock, not of silence. */
const lateMs = 1_000;

/** Starts watching: the limits are those of the hosted API's documentation and the clients' idle timers. */
export function watchSilence(clock: Clock, listener: SilenceListener): SilenceWatch {
  const startedAtMs = clock.now();
  let heardAtMs = startedAtMs;
  let spokeAtMs = startedAtMs;
  let longWaitAtMs: number | undefined = startedAtMs + proxyLimits.openStreamAfterMs;
  let pings = false;
  let held = false;
  let dueAtMs = 0;
  let cancel: (() => void) | undefined;

  const nextPingAtMs = (): number | undefined => {
    const pingAtMs = spokeAtMs + proxyLimits.pingAfterSilenceMs;
    return pings && !held && pingAtMs < heardAtMs + proxyLimits.pingUntilSilenceMs ? pingAtMs : undefined;
  };
  const timeoutAtMs = (): number => heardAtMs + proxyLimits.upstreamTimeoutMs;
  const arm = (): void => {
    const now = clock.now();
    // A held upstream is looked at again later: its silence starts anew when it may speak.
    const timeout = held ? now + proxyLimits.upstreamTimeoutMs : timeoutAtMs();
    dueAtMs = Math.max(now, Math.min(timeout, longWaitAtMs ?? timeout, nextPingAtMs() ?? timeout));
    cancel = clock.after(dueAtMs - now, fire);
  };
  const stop = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const rearm = (): void => {
    if (cancel === undefined) return;
    cancel();
    arm();
  };
  const allowForJump = (now: number): void => {
    const jumpMs = now - dueAtMs;
    if (Math.abs(jumpMs) <= lateMs) return;
    // Marks made after the jump are right already: none may end up in the future.
    const shiftMs = Math.max(0, jumpMs);
    heardAtMs = Math.min(heardAtMs + shiftMs, now);
    spokeAtMs = Math.min(spokeAtMs + shiftMs, now);
    if (longWaitAtMs !== undefined)
      longWaitAtMs = Math.min(longWaitAtMs + shiftMs, now + proxyLimits.openStreamAfterMs);
  };
  const fire = (): void => {
    const now = clock.now();
    allowForJump(now);
    if (!held && now >= timeoutAtMs()) {
      cancel = undefined;
      listener.onTimeout();
      return;
    }
    if (longWaitAtMs !== undefined && now >= longWaitAtMs) {
      longWaitAtMs = undefined;
      listener.onLongWait();
    }
    const pingAtMs = nextPingAtMs();
    if (pingAtMs !== undefined && now >= pingAtMs) {
      spokeAtMs = now;
      listener.onPing();
    }
    if (cancel !== undefined) arm();
  };

  arm();
  return {
    heard() {
      heardAtMs = clock.now();
      held = false;
    },
    spoke() {
      spokeAtMs = clock.now();
    },
    answered() {
      longWaitAtMs = undefined;
    },
    startPings() {
      pings = true;
      rearm();
    },
    hold() {
      held = true;
    },
    stop,
  };
}
