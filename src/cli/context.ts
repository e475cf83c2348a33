import type { Clock } from "../base/clock.ts";
import type { Kill } from "../daemon/stop-daemon.ts";

/** A stream that text is written to. */
export interface Output {
  /** Secrets are masked on the way out. */
  write(text: string): void;
  /** Writes what the user asked to see, a local token, as it is; absent where `write` masks nothing. */
  writeSecret?(text: string): void;
  readonly isTty: boolean;
  readonly columns: number;
}

/** A child process that ended. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * All effects that a command may have, but for files (node:fs under `home`) and sockets to the upstream and the daemon.
 * Tests build their own: commands never touch `process`.
 */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly nodeVersion: string;
  readonly version: string;
  /** Our own process id. */
  readonly pid: number;
  /** Path of bin/zenthrex.js, for starting ourselves. */
  readonly programPath: string;
  /** Path of the Node that runs it: another shell may have none on its PATH. */
  readonly nodePath: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: {
    readonly isTty: boolean;
    readAll(): Promise<string>;
    /** Asks on the terminal without echo. Throws ZX_USAGE without a terminal. */
    readSecret(prompt: string): Promise<string>;
    readLine(prompt: string): Promise<string>;
  };
  readonly clock: Clock;
  readonly color: boolean;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Runs a program without a shell; the arguments must never hold a secret (they are visible to other users). */
  readonly exec: (file: string, args: readonly string[], options?: { input?: string }) => Promise<ExecResult>;
  /**
   * Runs a program on our own stdin, stdout and stderr, passes signals on to it, and gives its exit code (128 + n where signal n ended
   * it). Throws: ZX_CHECK_FAILED when it can't be started.
   */
  readonly attach: (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => Promise<number>;
  /** Resolves at SIGINT or SIGTERM; a second signal ends the process. */
  readonly untilSignal: () => Promise<string>;
  /** Calls back at every SIGHUP instead of ending, from now on. */
  readonly onHangup: (callback: () => void) => void;
  /** Calls back with whatever nobody caught, thrown or rejected, instead of ending the process. */
  readonly onCrash: (callback: (thrown: unknown, how: "thrown" | "rejected") => void) => void;
  /** How many files and connections this process may have open; undefined where the system doesn't say. */
  readonly descriptorLimit: () => number | undefined;
  /** Signals another process; 0 only asks whether it is there. */
  readonly kill: Kill;
}
