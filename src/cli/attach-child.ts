import { constants } from "node:os";
import { ZenthrexError } from "../base/errors.ts";

/** A program to run on our own streams. `sharesTerminal`: Ctrl-C reaches it without our help. */
export interface AttachedChild {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly sharesTerminal: boolean;
}

/** What of the process is needed: its signals. */
type SignalSource = Pick<NodeJS.EventEmitter, "on" | "off" | "removeAllListeners">;

const PASSED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * Runs a program until it ends, on our own stdin, stdout and stderr. Signals are passed on and end nothing here: the caller has to
 * clean up behind it. A terminal sends Ctrl-C to both of us; passing it on would make two of one.
 * Shape: its exit code, 128 + n where signal n ended it. Throws: ZX_CHECK_FAILED when it can't be started.
 */
export async function attachChild(signals: SignalSource, child: AttachedChild): Promise<number> {
  const waiting: NodeJS.Signals[] = [];
  let pass = (signal: NodeJS.Signals): void => {
    waiting.push(signal);
  };
  const listeners = PASSED.map((signal) => {
    const isTerminals = child.sharesTerminal && (signal === "SIGINT" || signal === "SIGQUIT");
    const listener = (): void => {
      if (!isTerminals) pass(signal);
    };
    // conf's package when-exit answers a signal by sending it again, which would end us before the child.
    signals.removeAllListeners(signal);
    signals.on(signal, listener);
    return [signal, listener] as const;
  });
  try {
    const { execa } = await import("execa");
    const running = execa(child.file, [...child.args], {
      stdio: "inherit",
      env: child.env,
      extendEnv: false,
      reject: false,
      // How long it takes to end is its own affair.
      forceKillAfterDelay: false,
      windowsHide: false,
    });
    pass = (signal) => running.kill(signal);
    for (const signal of waiting) running.kill(signal);
    const { exitCode, signal, code } = await running;
    if (exitCode !== undefined) return exitCode;
    if (signal !== undefined) return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
    throw new ZenthrexError("ZX_CHECK_FAILED", `${child.file} can't be started: ${code ?? "unknown error"}`, {
      fix: "Check that it is a program, and that you may run it.",
    });
  } finally {
    for (const [signal, listener] of listeners) signals.off(signal, listener);
  }
}
