import { ZenthrexError } from "../base/errors.ts";
import type { Warning } from "./types.ts";

/** The 400 that `--strict` makes of what a request would lose, or undefined where it loses nothing. */
export function strictError(warnings: readonly Warning[]): ZenthrexError | undefined {
  const first = warnings[0];
  if (first === undefined) return undefined;
  const rest = warnings.length === 1 ? "" : ` (and ${warnings.length - 1} more)`;
  return new ZenthrexError("ZX_UNTRANSLATABLE", `${first.path}: ${first.reason}${rest}`, { param: first.path });
}
