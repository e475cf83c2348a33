import { redact } from "../../base/redact.ts";
import { type LogFile, openLogFile } from "../../daemon/log-file.ts";
import type { Context, Output } from "../context.ts";
import { toJsonText } from "../format.ts";

/** A log file in the place of a command's outputs. */
export interface LogOutput {
  readonly file: LogFile;
  /** The context whose stdout and stderr are the log. */
  readonly context: Context;
}

/** Lets a command write to a log instead of the terminal. Throws: ZX_FILE_ACCESS when the log can't be opened. */
export function logInstead(path: string, context: Context): LogOutput {
  const time = (): string => new Date(context.clock.now()).toISOString();
  const file = openLogFile(path, {
    lostLine: (count, reason) => {
      const message = `${count} lines of this log were lost: it could not be written (${reason})`;
      return `${toJsonText({ type: "log", time: time(), level: "warn", message })}\n`;
    },
  });
  const output: Output = { write: (text) => file.write(redact(text)), isTty: false, columns: 80 };
  return { file, context: { ...context, stdout: output, stderr: output, color: false } };
}
