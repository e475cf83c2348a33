import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "../../base/json.ts";

/** What a status line shows of a wallet without asking anybody. Units: USD; milliseconds since the epoch. */
export interface Glance {
  readonly atMs: number;
  /** At list prices, by everybody who writes into the history. */
  readonly todayUsd: number;
  readonly balanceUsd?: number;
  readonly balanceAtMs?: number;
}

/** Nobody has looked for so long: the daemon stops keeping a glance ready. */
const WANTED_FOR_MS = 15 * 60_000;

/** Reads what a daemon left; undefined where there is nothing, or nothing that can be understood. */
export function readGlance(folder: string): Glance | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(glanceFile(folder), "utf8"));
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { atMs, todayUsd, balanceUsd, balanceAtMs } = value;
  if (typeof atMs !== "number" || typeof todayUsd !== "number") return undefined;
  const balance = typeof balanceUsd === "number" && typeof balanceAtMs === "number" ? { balanceUsd, balanceAtMs } : {};
  return { atMs, todayUsd, ...balance };
}

/** Leaves a glance, whole or not at all, for this user only. Throws: as the file system does. */
export function writeGlance(folder: string, glance: Glance, writer: string): void {
  const temporary = `${glanceFile(folder)}.tmp-${writer}`;
  writeFileSync(temporary, JSON.stringify(glance), { mode: 0o600 });
  renameSync(temporary, glanceFile(folder));
}

/** Tells daemons that somebody looks. Throws: as the file system does. */
export function askForGlance(folder: string, nowMs: number): void {
  try {
    utimesSync(wantedFile(folder), nowMs / 1000, nowMs / 1000);
  } catch {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(wantedFile(folder), "", { mode: 0o600 });
  }
}

/** True while somebody looks. */
export function isGlanceWanted(folder: string, nowMs: number): boolean {
  try {
    return Math.abs(nowMs - statSync(wantedFile(folder)).mtimeMs) < WANTED_FOR_MS;
  } catch {
    return false;
  }
}

function glanceFile(folder: string): string {
  return join(folder, "glance.json");
}

function wantedFile(folder: string): string {
  return join(folder, "glance-wanted");
}
