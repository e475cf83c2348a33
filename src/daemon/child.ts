import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fileError } from "../config/read.ts";

/** A process that lives on when we end. */
export interface DetachedChild {
  readonly pid: number | undefined;
  /** Its exit code, or the signal that ended it. Rejects when it couldn't be started. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Lets us end while it goes on. */
  release(): void;
}

/** What is started, and with what. Nothing secret may stand in the arguments. */
export interface DetachedProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What it writes goes to the end of this file, which is made for its user only. */
  readonly outputFile: string;
}

/** Starts a program in a session of its own, without a terminal. Throws: ZX_FILE_ACCESS for the file of its output. */
export function startDetached(program: DetachedProgram): DetachedChild {
  let output: number;
  try {
    mkdirSync(dirname(program.outputFile), { recursive: true, mode: 0o700 });
    output = openSync(program.outputFile, "a", 0o600);
  } catch (error) {
    throw fileError(error, program.outputFile, "write");
  }
  try {
    const child = spawn(program.file, [...program.args], {
      detached: true,
      stdio: ["ignore", output, output],
      env: program.env,
      cwd: program.cwd,
      windowsHide: true,
    });
    const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? signal ?? 1));
    });
    // Whoever awaits it sees it; an end that nobody waits for any more is none of our business.
    ended.catch(() => undefined);
    return { pid: child.pid, ended, release: () => child.unref() };
  } finally {
    closeSync(output);
  }
}
