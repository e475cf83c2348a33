import { ZenthrexError } from "../base/errors.ts";
import type { Invocation } from "./command.ts";

/** The count of --lines, of a command that declares a default for it. Throws: ZX_USAGE when it is none, or above `most`. */
export function lineCount(options: Invocation["options"], most: number): number {
  const given = options["lines"];
  if (typeof given === "string" && /^\d{1,9}$/.test(given) && Number(given) <= most) return Number(given);
  throw new ZenthrexError("ZX_USAGE", `bad value of --lines: expected a count, 0 to ${most}`);
}
