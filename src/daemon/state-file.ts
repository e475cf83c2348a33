import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../base/json.ts";

/**
 * What a daemon leaves about itself: a hint and no more. Who serves on a port is proven by its answer, and its pid comes from that
 * answer too; from here come only the options to start it again with, where its log is, and where its key came from. No secret is in it.
 */
export interface DaemonState {
  readonly port: number;
  readonly pid: number;
  /** Shape: ISO 8601. */
  readonly startedAt: string;
  readonly version: string;
  readonly logFile: string | null;
  readonly keyFrom: "environment" | "config file" | "sandbox" | null;
  /** Options of `serve` by their name in camelCase. */
  readonly options: Readonly<Record<string, string | boolean>>;
  /** Variables that set something when it was started, by name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The log that a daemon of this port has when no other is asked for. */
export function daemonLogFile(directory: string, port: number): string {
  return join(directory, `daemon-${port}.log`);
}

/** Writes the state of a daemon, whole or not at all, for its user only. Throws: as the file system does. */
export function writeDaemonState(directory: string, state: DaemonState): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = stateFile(directory, state.port);
  const temporary = `${file}.tmp-${state.pid}`;
  try {
    writeFileSync(temporary, `${JSON.stringify({ format: 1, ...state }, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Reads the state of a port's last daemon; undefined where there is none, or none that can be understood. */
export function readDaemonState(directory: string, port: number): DaemonState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(stateFile(directory, port), "utf8"));
  } catch {
    return undefined;
  }
  return isJsonObject(value) && value["port"] === port ? understood(value, port) : undefined;
}

/** Removes the state that a daemon of this pid left; a successor's is left alone. */
export function removeDaemonState(directory: string, port: number, pid: number): void {
  if (readDaemonState(directory, port)?.pid === pid) rmSync(stateFile(directory, port), { force: true });
}

/** The ports whose daemons left a state, running or not. */
export function portsWithState(directory: string): number[] {
  try {
    return readdirSync(directory)
      .map((name) => Number(/^daemon-(\d{1,5})\.json$/.exec(name)?.[1]))
      .filter((port) => Number.isInteger(port))
      .sort((one, other) => one - other);
  } catch {
    return [];
  }
}

function stateFile(directory: string, port: number): string {
  return join(directory, `daemon-${port}.json`);
}

/** Another version may have written it: what is missing or of another form is left out, what must be there makes it no state. */
function understood(value: JsonObject, port: number): DaemonState | undefined {
  const { pid, startedAt, version, logFile, keyFrom } = value;
  if (typeof pid !== "number" || typeof startedAt !== "string" || typeof version !== "string") return undefined;
  return {
    port,
    pid,
    startedAt,
    version,
    logFile: typeof logFile === "string" ? logFile : null,
    keyFrom: keyFrom === "environment" || keyFrom === "config file" || keyFrom === "sandbox" ? keyFrom : null,
    options: entries(value["options"], (part) => typeof part === "string" || typeof part === "boolean"),
    variables: entries(value["variables"], (part) => typeof part === "string"),
  };
}

function entries<T>(value: unknown, wanted: (part: unknown) => boolean): Record<string, T> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([, part]) => wanted(part))) as Record<string, T>;
}
