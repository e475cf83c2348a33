import { Chalk } from "chalk";
import { redact } from "../base/redact.ts";
import type { Context, Output } from "./context.ts";
import { toJsonText } from "./format.ts";

/** Colours by meaning; without colour each gives its text back. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** The colours of a context. */
export function createPaint(color: boolean): Paint {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return { strong: chalk.bold, quiet: chalk.dim, good: chalk.green, warning: chalk.yellow, bad: chalk.red };
}

/** Columns that a table may take: those of the terminal; where there is none nothing is cut. */
export function tableWidth(output: Output): number {
  return output.isTty ? Math.max(40, output.columns) : Number.POSITIVE_INFINITY;
}

/** Writes one line of text, without any secret in it. */
export function writeLine(output: Output, text = ""): void {
  output.write(`${redact(text)}\n`);
}

/** Writes a secret that the user asked to see, as it is: nothing else may come this way. */
export function writeSecret(output: Output, text: string): void {
  if (output.writeSecret === undefined) output.write(text);
  else output.writeSecret(text);
}

/** Writes a result as JSON, indented for people and the same for programs. Secrets are masked by whoever made it. */
export function writeJson(output: Output, value: unknown): void {
  output.write(`${redact(toJsonText(value, 2))}\n`);
}

/** Before this a spinner would only flicker, and loading it would cost more than it shows. */
const SPINNER_AFTER_MS = 400;

/** Waits for something slow. On a terminal a spinner on stderr says what for; elsewhere nothing is written. */
export async function withSpinner<T>(context: Context, text: string, work: Promise<T>): Promise<T> {
  if (!context.stderr.isTty || !context.stdin.isTty) return work;
  let stop: (() => void) | undefined;
  let isOver = false;
  const cancel = context.clock.after(SPINNER_AFTER_MS, () => {
    void import("ora").then(({ default: ora }) => {
      if (isOver) return;
      const spinner = ora({ text, color: false, discardStdin: false, hideCursor: false }).start();
      stop = () => spinner.stop();
    });
  });
  try {
    return await work;
  } finally {
    isOver = true;
    cancel();
    stop?.();
  }
}
