import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { printable } from "../base/redact.ts";

/** The program that listens on a port, as far as this user may know. */
export interface PortOwner {
  readonly pid?: number;
  /** Its name, never its arguments: those may hold secrets. */
  readonly name?: string;
  /** Numeric id of the user it runs as, where only that is known. */
  readonly uid?: number;
}

/** How a program is asked on systems without /proc. */
export interface PortOwnerSource {
  readonly platform: NodeJS.Platform;
  readonly exec: (
    file: string,
    args: readonly string[],
  ) => Promise<{ readonly exitCode: number; readonly stdout: string }>;
  /** Where /proc is; tests have their own. */
  readonly procPath?: string;
}

/** Finds the program that listens on a TCP port: from /proc on Linux, by lsof on macOS, by netstat and tasklist on Windows. */
export async function findPortOwner(port: number, source: PortOwnerSource): Promise<PortOwner | undefined> {
  switch (source.platform) {
    case "linux":
      return fromProc(port, source.procPath ?? "/proc") ?? (await fromLsof(port, source));
    case "win32":
      return fromNetstat(port, source);
    default:
      return fromLsof(port, source);
  }
}

/** In words: `node (pid 4711)`, `a process of user 0`, `another program`. */
export function describeOwner(owner: PortOwner | undefined): string {
  if (owner?.pid !== undefined) return `${owner.name ?? "a program"} (pid ${owner.pid})`;
  if (owner?.uid !== undefined) return `a process of another user (uid ${owner.uid})`;
  return "another program";
}

const LISTEN = "0A";

function fromProc(port: number, proc: string): PortOwner | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = ["tcp", "tcp6"]
    .flatMap((table) => linesOf(`${proc}/net/${table}`))
    .map((line) => line.trim().split(/\s+/));
  const row = rows.find((cells) => cells[1]?.endsWith(`:${hexPort}`) && cells[3] === LISTEN);
  if (row === undefined) return undefined;
  const [uid, inode] = [Number(row[7]), row[9]];
  const pid = namesIn(proc)
    .filter((name) => /^\d+$/.test(name))
    .find((name) =>
      namesIn(`${proc}/${name}/fd`).some((fd) => linkOf(`${proc}/${name}/fd/${fd}`) === `socket:[${inode}]`),
    );
  if (pid === undefined) return { uid };
  const name = linesOf(`${proc}/${pid}/comm`)[0];
  return name === undefined ? { pid: Number(pid), uid } : { pid: Number(pid), name: printable(name), uid };
}

async function fromLsof(port: number, source: PortOwnerSource): Promise<PortOwner | undefined> {
  const { stdout } = await source.exec("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"]);
  return owner(/^p(\d+)$/m.exec(stdout)?.[1], /^c(.+)$/m.exec(stdout)?.[1]);
}

async function fromNetstat(port: number, source: PortOwnerSource): Promise<PortOwner | undefined> {
  const { stdout } = await source.exec("netstat", ["-ano", "-p", "TCP"]);
  const row = stdout
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/))
    .find((cells) => cells[1]?.endsWith(`:${port}`) && /:0$/.test(cells[2] ?? ""));
  const pid = row?.at(-1);
  if (pid === undefined) return undefined;
  const list = await source.exec("tasklist", ["/FI", `PID eq ${pid}`, "/FO", "CSV", "/NH"]);
  return owner(pid, /^"([^"]+)"/m.exec(list.stdout)?.[1]);
}

function owner(pid: string | undefined, name: string | undefined): PortOwner | undefined {
  if (pid === undefined || !/^\d+$/.test(pid)) return undefined;
  return name === undefined ? { pid: Number(pid) } : { pid: Number(pid), name: printable(name) };
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Another user's process: its files are closed to us.
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
