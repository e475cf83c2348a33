import { setTimeout as delay } from "node:timers/promises";
import type { DetachedChild } from "./child.ts";
import { type DaemonFacts, describeDaemon, proveDaemon } from "./prove.ts";

/** How a start ended. `exitCode` is a number or the name of a signal; undefined: it neither served nor ended in time. */
export type StartOutcome =
  | { readonly kind: "started"; readonly facts: DaemonFacts | undefined }
  | { readonly kind: "already running"; readonly facts: DaemonFacts | undefined }
  | { readonly kind: "failed"; readonly exitCode: number | string | undefined };

/** A start under way. */
export interface StartingDaemon {
  readonly port: number;
  readonly localToken: string;
  readonly child: DetachedChild;
  /** How long the daemon may take. 50 of them starting together on two busy cores took 25 s. */
  readonly timeoutMs?: number;
}

const LOOK_EVERY_MS = 50;
const TIMEOUT_MS = 60_000;

/**
 * Waits until the daemon on the port has proven itself. The bound port is the lock: of daemons that start in the same moment one
 * binds it, and the others end with exit code 0 because one of ours is there.
 */
export async function waitUntilServing(starting: StartingDaemon): Promise<StartOutcome> {
  const { port, localToken, child, timeoutMs = TIMEOUT_MS } = starting;
  const ended = child.ended.then(
    (exitCode) => ({ exitCode }),
    (error: unknown) => ({ exitCode: error instanceof Error ? error.message : "unknown" }),
  );
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if ((await proveDaemon(port, localToken)) === "ours") {
      const facts = await describeDaemon(port, localToken);
      // On a busy machine it may prove itself and then need too long to say who it is: whose it is isn't known before.
      if (facts !== undefined) return { kind: facts.pid === child.pid ? "started" : "already running", facts };
    }
    const end = await Promise.race([ended, delay(LOOK_EVERY_MS)]);
    if (end === undefined) continue;
    // With 0 it ended because another one serves: that one is proven before it gets the token.
    const isOurs = end.exitCode === 0 && (await proveDaemon(port, localToken)) === "ours";
    if (!isOurs) return { kind: "failed", exitCode: end.exitCode };
    return { kind: "already running", facts: await describeDaemon(port, localToken) };
  }
  return { kind: "failed", exitCode: undefined };
}
