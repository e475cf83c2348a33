import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ZenthrexError } from "../base/errors.ts";
import { errorCode, fileError } from "./read.ts";

/** The protected work is synchronous and takes milliseconds; whoever holds the lock for longer than this died in it. */
const STALE_MS = 10_000;
const GIVE_UP_MS = 20_000;

/** What the work may ask: whether the lock is still its own. It is not when the process was stopped for longer than a stale lock lives. */
export interface HeldLock {
  isOurs(): boolean;
}

/**
 * Runs work while no other process of ours does, by a directory that only one can make.
 * A lock that its owner died in is taken over after 10 s, one process at a time.
 * Throws: ZX_FILE_CHANGED when it stays taken for 20 s; ZX_FILE_ACCESS when the directory can't be written.
 */
export async function withLock<T>(lock: string, name: string, work: (held: HeldLock) => T): Promise<T> {
  const ownerFile = join(lock, "owner");
  await acquire(lock, ownerFile, name);
  try {
    return work({ isOurs: () => ownerOf(ownerFile) === name });
  } finally {
    if (ownerOf(ownerFile) === name) rmSync(lock, { recursive: true, force: true });
  }
}

async function acquire(lock: string, ownerFile: string, name: string): Promise<void> {
  for (const started = Date.now(); ; ) {
    if (tryMake(lock)) {
      writeFileSync(ownerFile, name, { mode: 0o600 });
      return;
    }
    if (ageMs(lock) > STALE_MS) removeStale(lock);
    else if (Date.now() - started > GIVE_UP_MS) {
      throw new ZenthrexError("ZX_FILE_CHANGED", `another zenthrex holds ${lock}`, {
        fix: `Wait for the other command to end; if there is none, delete ${lock}.`,
      });
    }
    // A random wait, so that two waiters don't keep meeting.
    await delay(2 + Math.random() * 15);
  }
}

/** Only one process may remove a stale lock, or the second would remove the lock that the first then made. */
function removeStale(lock: string): void {
  const turn = `${lock}.takeover`;
  if (!tryMake(turn)) {
    // Its owner died within the microseconds below: very rare, and then nobody else is at work here.
    if (ageMs(turn) > 3 * STALE_MS) rmSync(turn, { recursive: true, force: true });
    return;
  }
  try {
    if (ageMs(lock) > STALE_MS) rmSync(lock, { recursive: true, force: true });
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

function tryMake(directory: string): boolean {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw fileError(error, dirname(directory), "write");
  }
}

/** How long ago a directory was made; 0 when it is gone. A clock set back makes it young for ever: then the give-up message tells. */
function ageMs(directory: string): number {
  const stats = statSync(directory, { throwIfNoEntry: false });
  return stats === undefined ? 0 : Date.now() - stats.mtimeMs;
}

function ownerOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Gone, or taken over: either way it isn't ours.
    return undefined;
  }
}
