import { ZenthrexError } from "../base/errors.ts";
import { plainPath } from "./plain-name.ts";
import type { Warning } from "./types.ts";

/** What was done to something that could not be carried as it was. */
export type NoteKind = "dropped" | "clamped" | "changed" | "repaired";

/** Collects warnings while a request or an answer is translated. */
export interface Notes {
  /** Shape of the code that comes out: `kind:subject`, stable and short. */
  add(kind: NoteKind, subject: string, path: string, reason: string): void;
  readonly warnings: readonly Warning[];
}

/** A conversation of thousands of turns with the same flaw in each needs no thousand warnings. */
const mostWarnings = 200;

/** An empty list of warnings. */
export function createNotes(): Notes {
  const warnings: Warning[] = [];
  return {
    warnings,
    add(kind, subject, path, reason) {
      if (warnings.length >= mostWarnings) return;
      warnings.push({ code: `${kind}:${plainPath(subject)}`, path: plainPath(path), reason });
    },
  };
}

/** The error for a request that says something that can't be carried: an OpenAI-shaped 400 with `param`. */
export function refusal(message: string, param: string, fix: string): ZenthrexError {
  return new ZenthrexError("ZX_UNTRANSLATABLE", message, { param, fix });
}

/** The error for a body of the wrong shape: an OpenAI-shaped 400 with `param`. */
export function malformed(message: string, param: string, fix: string): ZenthrexError {
  return new ZenthrexError("ZX_BODY_INVALID", message, { param, fix });
}
