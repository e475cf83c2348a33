import type { ProbeReport } from "../../doctor/run-probes.ts";
import type { Problem } from "../../doctor/types.ts";
import { problemsOf, type Verdict } from "../../doctor/verdict.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { createPaint, type Paint, writeLine } from "../output.ts";

/** How a report is shown. `curlOf`: the commands that prove a problem. */
export interface ReportStyle {
  readonly allCurls: boolean;
  readonly curlsOf: (problem: Pick<Problem, "curl">) => readonly string[];
}

const TITLE_WIDTH = 22;

/** Prints one probe: a line; what it found in detail only where it found something. */
export function reportProbe(report: ProbeReport, style: ReportStyle, context: Context): void {
  const paint = createPaint(context.color);
  const { result, title, hiddenBy } = report;
  const finding =
    hiddenBy === undefined ? oneLine(result.finding) : paint.quiet(`not judged: follows from ${hiddenBy}`);
  writeLine(context.stdout, `${markOf(report, paint)} ${title.padEnd(TITLE_WIDTH)} ${finding}`);
  const problems = problemsOf(report);
  for (const [index, problem] of problems.entries()) {
    if (index > 0 || problem.finding !== result.finding) writeLine(context.stdout, `    ${oneLine(problem.finding)}`);
    for (const line of problem.evidence ?? []) writeLine(context.stdout, paint.quiet(`      ${oneLine(line)}`));
    for (const curl of style.curlsOf(problem)) writeLine(context.stdout, `      ${curl}`);
    if (problem.fix !== undefined) writeLine(context.stdout, `      fix: ${problem.fix.command}`);
  }
  if (style.allCurls && problems.length === 0) {
    for (const curl of style.curlsOf(result)) writeLine(context.stdout, `      ${curl}`);
  }
}

/** Prints the verdict: one sentence, and the command that mends it. */
export function reportVerdict({ code, cause, fix, exitCode }: Verdict, context: Context): void {
  const paint = createPaint(context.color);
  const word =
    code === "healthy" ? paint.good("healthy") : exitCode === 0 ? paint.warning("warning") : paint.bad("cause");
  const command = fix === undefined ? "" : ` ${paint.strong("Fix:")} ${fix.command}`;
  writeLine(context.stdout, `\n${word}: ${oneLine(cause)}.${command}`);
}

function markOf({ result, hiddenBy }: ProbeReport, paint: Paint): string {
  if (hiddenBy !== undefined) return paint.quiet("-");
  const marks = { pass: paint.good("✓"), warn: paint.warning("!"), fail: paint.bad("✗"), skip: paint.quiet("-") };
  return marks[result.status];
}
