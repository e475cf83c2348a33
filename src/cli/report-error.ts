import { errorRow, ZenthrexError } from "../base/errors.ts";
import { printable, redact } from "../base/redact.ts";
import type { ExitCode } from "./command.ts";
import type { Context } from "./context.ts";
import { wrapBehind } from "./format.ts";

/** What stands before the sentences. */
const INDENT = "error: ";
/** Narrower than this a terminal breaks lines as it likes. */
const NARROWEST = 40;

/**
 * Says on stderr what went wrong and what to do, and gives the exit code. With `asJson` it is one JSON line.
 * An exception that is none of ours is a bug: one line; its stack only with ZENTHREX_DEBUG=1. No secret passes.
 */
export async function reportError(error: unknown, context: Context, asJson: boolean): Promise<ExitCode> {
  const known = error instanceof ZenthrexError ? error : asBug(error);
  const exitCode = errorRow(known.code).exitCode as ExitCode;
  const message = clean(known.message);
  const fix = clean(known.fix);
  if (asJson) {
    const body = { error: { code: known.code, message, fix, exit_code: exitCode } };
    context.stderr.write(`${JSON.stringify(body)}\n`);
  } else {
    const paint = await labelPaint(context);
    const { isTty, columns } = context.stderr;
    const behind = (text: string): string =>
      isTty ? wrapBehind(INDENT, text, Math.max(NARROWEST, columns)).slice(INDENT.length) : text;
    context.stderr.write(`${paint.bad("error:")} ${behind(message)}\n${paint.quiet("fix:")}   ${behind(fix)}\n`);
  }
  if (context.env["ZENTHREX_DEBUG"] === "1") context.stderr.write(`${clean(stackOf(error))}\n`);
  return exitCode;
}

function asBug(error: unknown): ZenthrexError {
  const what = error instanceof Error ? `${error.name}: ${error.message.split("\n")[0] ?? ""}` : typeof error;
  return new ZenthrexError("ZX_INTERNAL", `unexpected ${what}`, {
    fix: "Report it: it is a bug of zenthrex. ZENTHREX_DEBUG=1 shows where it happened.",
  });
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function clean(text: string): string {
  return redact(printable(text));
}

/** Colour costs an import: only where there will be some. */
async function labelPaint(context: Context): Promise<{ bad(text: string): string; quiet(text: string): string }> {
  const plain = (text: string): string => text;
  if (!context.color || !context.stderr.isTty) return { bad: plain, quiet: plain };
  return (await import("./output.ts")).createPaint(true);
}
