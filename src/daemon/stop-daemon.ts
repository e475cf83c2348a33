import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ZenthrexError } from "../base/errors.ts";
import type { PortOwner } from "./find-port-owner.ts";
import { describeDaemon, proveDaemon } from "./prove.ts";

/** Sends a signal to a process; 0 only asks whether it is there. */
export type Kill = (pid: number, signal: "SIGTERM" | 0) => "sent" | "gone" | "denied";

/** What stopping a daemon needs. */
export interface StopOptions {
  readonly port: number;
  readonly localToken: string;
  readonly kill: Kill;
  readonly findOwner: () => Promise<PortOwner | undefined>;
  /** How long its running answers may go on. */
  readonly drainMs: number;
  /** True: a second signal follows, which cuts them. */
  readonly atOnce: boolean;
  /** What to wait for: the end of the process, or only that it takes nothing new, which comes at once. */
  readonly until: "ended" | "port free";
  /** Called once when it takes longer than a moment. */
  readonly onWaiting?: (pid: number) => void;
}

/** How a stop ended. */
export type StopOutcome =
  | { readonly kind: "stopped"; readonly pid: number }
  | { readonly kind: "nothing" }
  | { readonly kind: "stranger"; readonly owner: PortOwner | undefined };

const LOOK_EVERY_MS = 25;
/** A quick end needs no words. */
const WAITING_AFTER_MS = 700;
/** Signals closer together than 500 ms count as one: npm and terminals send them twice. */
const SECOND_SIGNAL_AFTER_MS = 600;
/** Beyond the drain: its last bytes, its state, its end. */
const GRACE_MS = 5000;

/**
 * Stops the daemon on a port: who it is, it proves itself, and its pid comes from its own answer; a pid out of a file is never
 * signalled.
 * Throws: ZX_CHECK_FAILED when it can't be signalled or doesn't end.
 */
export async function stopDaemon(options: StopOptions): Promise<StopOutcome> {
  const { port, localToken } = options;
  const identity = await proveDaemon(port, localToken);
  if (identity === "nothing") return { kind: "nothing" };
  const owner = await options.findOwner();
  if (identity === "stranger") return { kind: "stranger", owner };
  const pid = pidOf(port, await describeDaemon(port, localToken), owner);
  signal(pid, options);
  if (options.until === "ended") await untilEnded(pid, options);
  else await untilPortIsFree(pid, options);
  return { kind: "stopped", pid };
}

/**
 * What the daemon says and what the system says must agree: a daemon in a container, whose port is passed on to this machine, names a
 * pid that here is a stranger's. An older daemon that doesn't tell is the one that the system names.
 */
function pidOf(port: number, facts: { readonly pid: number } | undefined, owner: PortOwner | undefined): number {
  const isElsewhere = owner !== undefined && facts !== undefined && owner.pid !== facts.pid;
  const pid = facts?.pid ?? owner?.pid;
  if (pid !== undefined && !isElsewhere) return pid;
  throw new ZenthrexError(
    "ZX_CHECK_FAILED",
    `the zenthrex on port ${port} is no process that can be signalled from here`,
    {
      fix: "Stop it where it runs: in its container, or as the user who started it.",
    },
  );
}

function signal(pid: number, { kill, port }: StopOptions): void {
  if (kill(pid, "SIGTERM") !== "denied") return;
  throw new ZenthrexError("ZX_CHECK_FAILED", `the zenthrex on port ${port} (pid ${pid}) belongs to another user`, {
    fix: "Stop it as that user.",
  });
}

async function untilPortIsFree(pid: number, { port, localToken }: StopOptions): Promise<void> {
  for (const deadline = performance.now() + GRACE_MS; performance.now() < deadline; await delay(LOOK_EVERY_MS)) {
    if ((await proveDaemon(port, localToken)) !== "ours") return;
  }
  throw notEnded(pid);
}

async function untilEnded(pid: number, options: StopOptions): Promise<void> {
  const started = performance.now();
  let isSecondDue = options.atOnce;
  let isQuiet = true;
  for (;;) {
    if (options.kill(pid, 0) === "gone" || isZombie(pid)) return;
    const passedMs = performance.now() - started;
    if (isSecondDue && passedMs > SECOND_SIGNAL_AFTER_MS) {
      isSecondDue = false;
      signal(pid, options);
    }
    if (isQuiet && !options.atOnce && passedMs > WAITING_AFTER_MS) {
      isQuiet = false;
      options.onWaiting?.(pid);
    }
    if (passedMs > options.drainMs + GRACE_MS) break;
    await delay(LOOK_EVERY_MS);
  }
  throw notEnded(pid);
}

function notEnded(pid: number): ZenthrexError {
  return new ZenthrexError("ZX_CHECK_FAILED", `the daemon (pid ${pid}) got the signal but goes on`, {
    fix: "Look at `zenthrex logs`, then run `zenthrex stop --now`.",
  });
}

/** Ended, but not yet collected by whoever started it: in containers often nobody does. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
