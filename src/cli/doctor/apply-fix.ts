import type { Fix } from "../../doctor/types.ts";
import { applyEdit, previewEdit } from "../../integrations/files/apply.ts";
import { unifiedDiff } from "../../integrations/files/diff.ts";
import type { EditFileStep } from "../../integrations/types.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeLine } from "../output.ts";
import { mayAsk } from "../setup/resolve-target.ts";
import { confirm, fileEnvironment } from "../setup/tool-setup.ts";
import { writeManual } from "../setup/write-manual.ts";
import { filledSteps } from "./filled-steps.ts";

/**
 * Carries out a fix: settings by the same diff, question, backup and receipt as setup, everything else as the command that it is.
 * Without a terminal and without --yes it only says what it would do.
 * Shape: true when something was done. Throws: ZX_FILE_*, ZX_CHECK_FAILED.
 */
export async function applyFix(fix: Fix, options: Invocation["options"], context: Context): Promise<boolean> {
  const { action, command } = fix;
  if (action === undefined) {
    writeLine(context.stderr, `This can't be mended from here; run: ${oneLine(command)}`);
    return false;
  }
  const isAsked = mayAsk(options, context);
  const mayAct = isAsked || options["yes"] === true;
  if (action.kind === "steps") return applySteps(action, options, mayAct, context);
  const isSetup = action.kind === "setup";
  const argv = isSetup ? ["setup", action.tool, ...(action.args ?? [])] : action.argv;
  if (!mayAct) {
    writeLine(context.stderr, NOBODY_TO_ASK);
    if (isSetup) await run([...argv, "--dry-run"], context);
    else writeLine(context.stderr, `It would run: zenthrex ${argv.join(" ")}`);
    return false;
  }
  if (!isSetup && isAsked) {
    const answer = (await context.stdin.readLine(`\nRun zenthrex ${argv.join(" ")}? [Y/n] `)).trim();
    if (!/^(y(es)?)?$/i.test(answer)) return false;
  }
  return (await run(isSetup && !isAsked ? [...argv, "--yes"] : argv, context)) === 0;
}

const NOBODY_TO_ASK = "\nNothing was changed: there is no terminal to ask at. Add --yes to do this:";

function run(argv: readonly string[], context: Context): Promise<number> {
  const env = Object.entries(context.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return context.attach(context.nodePath, [context.programPath, ...argv], Object.fromEntries(env));
}

async function applySteps(
  { tool, steps: planned, fill }: Extract<NonNullable<Fix["action"]>, { kind: "steps" }>,
  options: Invocation["options"],
  mayAct: boolean,
  context: Context,
): Promise<boolean> {
  const files = fileEnvironment(context);
  const steps = fill === undefined ? planned : await filledSteps(planned, fill, options, context);
  const edits = steps.filter((step): step is EditFileStep => step.kind === "edit-file");
  const changes = await Promise.all(edits.map((step) => previewEdit(tool, step, files)));
  const diff = changes.map(unifiedDiff).join("");
  if (!mayAct) writeLine(context.stderr, `${NOBODY_TO_ASK}\n${diff.trimEnd()}`);
  if (!mayAct || diff === "" || !(await confirm("Apply? [Y/n] ", diff, options, context))) return false;
  for (const step of edits) {
    const { path, outcome, backup } = await applyEdit(tool, step, files);
    if (outcome === "unchanged") continue;
    const kept = backup === undefined ? "" : `, backup ${oneLine(backup)}`;
    writeLine(context.stdout, `Changed ${oneLine(path)}${kept}; to take it back: zenthrex setup ${tool} --undo`);
  }
  for (const step of steps) {
    if (step.kind === "manual") writeManual(step.lines, context.stdout);
  }
  return true;
}
