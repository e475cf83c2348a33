import type { Fix } from "../../doctor/types.ts";
import { applyEdit, previewEdit } from "../../integrations/files/apply.ts";
import { unifiedDiff } from "../../integrations/files/diff.ts";
import type { EditFileStep } from "../../integrations/types.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeLine } from "../output.ts";
import { confirm, fileEnvironment } from "../setup/tool-setup.ts";
import { writeManual } from "../setup/write-manual.ts";

/**
 * Carries out a fix: settings by the same diff, question, backup and receipt as setup, everything else as the command that it is.
 * Shape: true when something was done. Throws: ZX_FILE_*, ZX_CHECK_FAILED.
 */
export async function applyFix(fix: Fix, context: Context): Promise<boolean> {
  const { action, command } = fix;
  if (action === undefined) {
    writeLine(context.stderr, `This can't be mended from here; run: ${oneLine(command)}`);
    return false;
  }
  if (action.kind === "steps") return applySteps(action, context);
  const argv = action.kind === "setup" ? ["setup", action.tool, ...(action.args ?? [])] : action.argv;
  if (action.kind === "zenthrex" && context.stdin.isTty) {
    const answer = (await context.stdin.readLine(`\nRun zenthrex ${argv.join(" ")}? [Y/n] `)).trim();
    if (!/^(y(es)?)?$/i.test(answer)) return false;
  }
  const env = Object.entries(context.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const exitCode = await context.attach(context.nodePath, [context.programPath, ...argv], Object.fromEntries(env));
  return exitCode === 0;
}

async function applySteps(
  { tool, steps }: Extract<NonNullable<Fix["action"]>, { kind: "steps" }>,
  context: Context,
): Promise<boolean> {
  const files = fileEnvironment(context);
  const edits = steps.filter((step): step is EditFileStep => step.kind === "edit-file");
  const changes = await Promise.all(edits.map((step) => previewEdit(tool, step, files)));
  const diff = changes.map(unifiedDiff).join("");
  if (diff === "" || !(await confirm("Apply? [Y/n] ", diff, {}, context))) return false;
  for (const step of edits) {
    const { path, outcome, backup } = await applyEdit(tool, step, files);
    if (outcome !== "unchanged") {
      writeLine(context.stdout, `Changed ${path}${backup === undefined ? "" : `, backup ${backup}`}`);
    }
  }
  for (const step of steps) {
    if (step.kind === "manual") writeManual(step.lines, context.stdout);
  }
  return true;
}
