import type { Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import type { ConnectDone, Connector } from "./connector.ts";

/** A connector that keeps at most one connection ready which has carried nothing yet. */
export interface SpareConnector {
  /** Gives the spare, or the one that is just being opened, or opens another. Calls back in a later phase of the event loop. */
  connect(done: ConnectDone): void;
  /** Opens a spare if there is none and one is wanted. */
  ensure(): void;
  /** Closes the spare, also one that is being opened for nobody yet. */
  drop(): void;
  /** drop(), and gives up every connection that is being opened: their callers hear no more. */
  close(): void;
}

/** What it needs. */
export interface SpareOptions {
  readonly connector: Connector;
  readonly clock: Clock;
  /** Asked whenever a spare could be opened. */
  readonly wanted: () => boolean;
}

/** Servers and middle boxes close a silent connection after 60 s at the earliest: those of nginx, Node.js and most load balancers. */
const MAX_AGE_MS = 55_000;
/** Behind the call that took the last one, so that its handshake doesn't compete with it. */
const REFILL_MS = 1_000;
/** After a failure, or when the peer closed it early: no storm of handshakes. */
const RETRY_MS = 5_000;

/** A spare that is there. */
interface Ready {
  readonly socket: Socket;
  readonly openedAt: number;
  /** Takes our listeners off. */
  release(): void;
}

/** A spare on its way; `adopter` is a call that came meanwhile and gets it, whatever becomes of it. */
interface Opening {
  adopter?: ConnectDone;
  giveUp: () => void;
}

/** Watches an unused socket: its end or any byte (a server's 408, an alert) makes it useless. */
function hold(socket: Socket, openedAt: number, onDead: () => void): Ready {
  const onReadable = (): void => {
    if (socket.read() !== null) onDead();
  };
  socket.on("readable", onReadable).on("end", onDead).on("close", onDead).on("error", onDead);
  socket.unref();
  return {
    socket,
    openedAt,
    release() {
      socket.off("readable", onReadable).off("end", onDead).off("close", onDead).off("error", onDead);
    },
  };
}

function isAlive(socket: Socket): boolean {
  return !socket.destroyed && socket.readable && socket.writable;
}

/** Makes a connector with a spare. */
export function createSpareConnector({ connector, clock, wanted }: SpareOptions): SpareConnector {
  let ready: Ready | undefined;
  let opening: Opening | undefined;
  let cancelTimer: (() => void) | undefined;
  const underWay = new Set<() => void>();

  const later = (delayMs: number, step: () => void): void => {
    cancelTimer?.();
    cancelTimer = clock.after(delayMs, () => {
      cancelTimer = undefined;
      step();
    });
  };
  const discard = (spare: Ready | undefined): void => {
    if (spare === ready) ready = undefined;
    spare?.release();
    spare?.socket.destroy();
  };
  const keep = (socket: Socket): void => {
    const spare = hold(socket, clock.now(), () => {
      if (spare === ready) later(RETRY_MS, ensure);
      discard(spare);
    });
    ready = spare;
    later(MAX_AGE_MS, () => {
      discard(spare);
      ensure();
    });
  };
  const ensure = (): void => {
    if (ready || opening || cancelTimer || !wanted()) return;
    const attempt: Opening = { giveUp: () => undefined };
    opening = attempt;
    attempt.giveUp = connector.open((error, socket) => {
      opening = undefined;
      if (attempt.adopter) {
        later(REFILL_MS, ensure);
        attempt.adopter(error, socket);
      } else if (socket) keep(socket);
      else later(RETRY_MS, ensure);
    });
  };
  const open = (done: ConnectDone): void => {
    const giveUp = connector.open((error, socket) => {
      underWay.delete(giveUp);
      done(error, socket);
    });
    underWay.add(giveUp);
  };
  /** One turn of the event loop first: a FIN or reset that has arrived already is read before a request is written. */
  const handOver = (spare: Ready, done: ConnectDone): void => {
    setImmediate(() => {
      spare.release();
      if (isAlive(spare.socket)) {
        spare.socket.ref();
        done(null, spare.socket);
      } else {
        spare.socket.destroy();
        open(done);
      }
    });
  };

  const drop = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    discard(ready);
    if (opening && !opening.adopter) {
      opening.giveUp();
      opening = undefined;
    }
  };
  return {
    connect(done) {
      const spare = ready;
      if (spare) {
        ready = undefined;
        later(REFILL_MS, ensure);
        // By the wall clock: a machine that slept finds its timers late and its spare dead.
        if (Math.abs(clock.now() - spare.openedAt) < MAX_AGE_MS) return handOver(spare, done);
        discard(spare);
      } else if (opening && !opening.adopter) {
        opening.adopter = done;
        return;
      }
      open(done);
    },
    ensure,
    drop,
    close() {
      drop();
      opening?.giveUp();
      opening = undefined;
      for (const giveUp of underWay) giveUp();
      underWay.clear();
    },
  };
}
