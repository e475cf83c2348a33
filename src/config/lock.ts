import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { kill, pid } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../base/error-code.ts";
import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";
import { fileError } from "./read.ts";

/** A lock that is held. */
export interface HeldLock {
  /** False when another process took the lock away: this one was asleep for too long and must not write. */
  isStillHeld(): boolean;
}

// An edit holds its lock for 20 ms, a change of the config for less. Real time and not the injected clock: the file system's own stamps are compared with it.
const WAIT_MS = 30_000;
const STALE_MS = 30_000;
const STALE_WITHOUT_OWNER_MS = 2_000;

/**
 * Runs work while no other process does for the same file. The lock is a folder beside the file (mkdir is atomic on every file system);
 * one whose owner died, or that is older than 30 s, is taken over.
 * Throws: ZX_FILE_CHANGED when the lock stays taken for 30 s; ZX_FILE_ACCESS when the folder can't be written.
 */
export async function withLock<T>(file: string, work: (lock: HeldLock) => T | Promise<T>): Promise<T> {
  const folder = `${file}.zenthrex-lock`;
  const id = randomUUID();
  await acquire(folder, id, file);
  try {
    return await work({ isStillHeld: () => readOwner(folder)?.id === id });
  } finally {
    if (readOwner(folder)?.id === id) await removeLock(folder);
  }
}

async function acquire(folder: string, id: string, file: string): Promise<void> {
  const deadlineMs = Date.now() + WAIT_MS;
  for (let waitMs = 4; Date.now() < deadlineMs; waitMs = Math.min(waitMs * 1.5, 80)) {
    if (await tryAcquire(folder, id, file)) return;
    if (await isStale(folder)) await takeOver(folder);
    else await sleep(waitMs * (0.5 + Math.random()));
  }
  throw new ZenthrexError(
    "ZX_FILE_CHANGED",
    `another zenthrex has been writing ${file} for ${WAIT_MS / 1000} seconds`,
    {
      fix: `If none is running, delete the folder ${folder}, then run the command again.`,
    },
  );
}

async function tryAcquire(folder: string, id: string, file: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    // Windows says EPERM while the removal of the former lock is pending.
    if (errorCode(error) === "EEXIST" || (errorCode(error) === "EPERM" && (await ageMs(folder)) >= 0)) return false;
    throw fileError(error, file, "write");
  }
  try {
    await writeFile(join(folder, "owner.json"), JSON.stringify({ id, pid, host: hostname() }), {
      mode: 0o600,
      flag: "wx",
    });
    return true;
  } catch (error) {
    // The folder was taken over between our two steps: this process slept for seconds.
    if (errorCode(error) === "EEXIST" || errorCode(error) === "ENOENT") return false;
    await removeLock(folder);
    throw fileError(error, file, "write");
  }
}

/**
 * Removes a stale lock. Takers take turns behind a second folder and look again there: otherwise the slower of two would remove the
 * lock that the quicker one has just acquired.
 */
async function takeOver(folder: string): Promise<void> {
  const turn = `${folder}-turn`;
  try {
    await mkdir(turn, { mode: 0o700 });
  } catch {
    if ((await ageMs(turn)) > STALE_WITHOUT_OWNER_MS) await rmdir(turn).catch(ignore);
    await sleep(10);
    return;
  }
  try {
    if (await isStale(folder)) await removeLock(folder);
  } finally {
    await rmdir(turn).catch(ignore);
  }
}

async function isStale(folder: string): Promise<boolean> {
  const age = await ageMs(folder);
  const owner = readOwner(folder);
  if (owner === undefined) return age > STALE_WITHOUT_OWNER_MS;
  return age > STALE_MS || (owner.host === hostname() && !isAlive(owner.pid));
}

/** Milliseconds since a folder was made; -1 when there is none. */
async function ageMs(folder: string): Promise<number> {
  const stats = await stat(folder).catch(() => undefined);
  return stats === undefined ? -1 : Date.now() - stats.mtimeMs;
}

function readOwner(folder: string): { id: string; pid: number; host: string } | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(folder, "owner.json"), "utf8"));
    if (!isJsonObject(owner)) return undefined;
    const { id, pid: ownerPid, host } = owner;
    return typeof id === "string" && typeof ownerPid === "number" && typeof host === "string"
      ? { id, pid: ownerPid, host }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Signal 0 asks whether a process exists; EPERM means that it does and belongs to another user. */
function isAlive(ownerPid: number): boolean {
  try {
    kill(ownerPid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

async function removeLock(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(ignore);
}

function ignore(): void {
  // Someone else removed it: that is what was wanted.
}
