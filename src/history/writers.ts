import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "../base/json.ts";

/** What history asks of the system about processes. */
export interface ProcessFacts {
  readonly pid: number;
  readonly host: string;
  /** Units: milliseconds since the epoch. */
  readonly bootedAtMs: number;
  readonly isRunning: (pid: number) => boolean;
}

/** A daemon that writes, or wrote, a journal. `fromByte` of `file`: what it wrote lies behind it. */
export interface Writer {
  readonly id: string;
  readonly pid: number;
  /** When the kernel started the process, in its own ticks: tells it from a later one with the same pid. Null where unknown. */
  readonly pidStart: string | null;
  readonly host: string;
  readonly startedAtMs: number;
  readonly month: string;
  readonly fromByte: number;
}

/** A foreign host's processes can't be asked for; after this its daemon is taken for dead. */
const FOREIGN_DEAD_AFTER_MS = 7 * 24 * 3_600_000;
/** How far the clock may have been set since the start of a daemon before it would be taken for one of an earlier boot. */
const BOOT_TOLERANCE_MS = 120_000;

/** Leaves word that a daemon writes here. Throws: as the file system does. */
export function registerWriter(folder: string, writer: Writer): void {
  const place = writersFolder(folder);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  writeFileSync(join(place, `${writer.id}.json`), JSON.stringify({ format: 1, ...writer }), { mode: 0o600 });
}

/** The daemon ended well, or its rows are mended. */
export function forgetWriter(folder: string, id: string): void {
  rmSync(join(writersFolder(folder), `${id}.json`), { force: true });
}

/** The daemons that did not say that they ended. */
export function readWriters(folder: string): { readonly writer: Writer; readonly name: string }[] {
  return namesIn(writersFolder(folder)).flatMap((name) => {
    const writer = /^[a-z0-9]+\.json(\.[a-z0-9]+)?$/.test(name) ? understood(folder, name) : undefined;
    return writer === undefined ? [] : [{ writer, name }];
  });
}

/** True while a daemon lives, as far as can be told. */
export function isWriterAlive(writer: Writer, facts: ProcessFacts, nowMs: number): boolean {
  if (writer.host !== facts.host) return nowMs - writer.startedAtMs < FOREIGN_DEAD_AFTER_MS;
  if (writer.pidStart !== null) return startOfProcess(writer.pid) === writer.pidStart;
  if (writer.startedAtMs < facts.bootedAtMs - BOOT_TOLERANCE_MS) return false;
  return facts.isRunning(writer.pid);
}

/**
 * Takes a dead daemon's rows over: only one process gets them. Shape: the name under which they are held now; undefined where another
 * was quicker.
 */
export function claimWriter(folder: string, name: string, by: string): string | undefined {
  const claimed = `${name.replace(/\.json.*$/, ".json")}.${by}`;
  try {
    renameSync(join(writersFolder(folder), name), join(writersFolder(folder), claimed));
    return claimed;
  } catch {
    return undefined;
  }
}

/** Ends a claim: the rows are mended. */
export function releaseClaim(folder: string, claimed: string): void {
  rmSync(join(writersFolder(folder), claimed), { force: true });
}

/** The kernel's start time of a process. Source: proc(5), field 22 of /proc/pid/stat; null elsewhere, or when it is gone. */
export function startOfProcess(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in brackets, which may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie runs no more.
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function writersFolder(folder: string): string {
  return join(folder, "writers");
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function understood(folder: string, name: string): Writer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(writersFolder(folder), name), "utf8"));
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { id, pid, pidStart, host, startedAtMs, month, fromByte } = value;
  if (typeof id !== "string" || typeof pid !== "number" || typeof startedAtMs !== "number") return undefined;
  if (typeof host !== "string" || typeof month !== "string" || typeof fromByte !== "number") return undefined;
  return { id, pid, pidStart: typeof pidStart === "string" ? pidStart : null, host, startedAtMs, month, fromByte };
}
