import type { ProbeReport } from "../../doctor/run-probes.ts";
import { problemsOf, type Verdict } from "../../doctor/verdict.ts";
import type { Context, Output } from "../context.ts";
import { oneLine } from "../format.ts";
import { createPaint, type Paint, writeLine } from "../output.ts";
import type { CurlLines } from "./curl-lines.ts";

/** How a report is shown: with every command or only with those that prove a problem. */
export interface ReportStyle {
  readonly allCurls: boolean;
  readonly curlLines: CurlLines;
}

const TITLE_WIDTH = 22;

/** Takes reports as they come and prints them, those of tools that aren't on this machine as one line when the tools are through. */
export function createReporter(
  style: ReportStyle,
  context: Parameters<typeof reportProbe>[2],
): { readonly take: (report: ProbeReport) => Promise<void>; readonly end: () => void } {
  const absent: string[] = [];
  const end = (): void => {
    if (absent.length === 0) return;
    const mark = createPaint(context.color).quiet("-");
    writeLine(context.stdout, `${mark} ${"Other tools".padEnd(TITLE_WIDTH)} not on this machine: ${absent.join(", ")}`);
    absent.length = 0;
  };
  const take = async (report: ProbeReport): Promise<void> => {
    if (report.result.isAbsent === true) {
      absent.push(report.title);
      return;
    }
    if (report.tool === undefined) end();
    await reportProbe(report, style, context);
  };
  return { take, end };
}

/** Prints one probe: a line; what it found in detail only where it found something. */
export async function reportProbe(
  report: ProbeReport,
  style: ReportStyle,
  { stdout, color }: Pick<Context, "color"> & { readonly stdout: Output },
): Promise<void> {
  const paint = createPaint(color);
  const { result, title, hiddenBy } = report;
  const finding =
    hiddenBy === undefined ? oneLine(result.finding) : paint.quiet(`not judged: follows from "${hiddenBy}"`);
  writeLine(stdout, `${markOf(report, paint)} ${title.padEnd(TITLE_WIDTH)} ${finding}`);
  const problems = problemsOf(report);
  for (const [index, problem] of problems.entries()) {
    if (index > 0) writeLine(stdout, `    ${oneLine(problem.finding)}`);
    for (const line of problem.evidence ?? []) writeLine(stdout, paint.quiet(`      ${oneLine(line)}`));
    // A placeholder or a file stands for the secret; the redactor would break the line.
    for (const curl of await style.curlLines(problem.curl ?? [])) stdout.write(`      ${curl}\n`);
    if (problem.fix !== undefined) writeLine(stdout, `      fix: ${oneLine(problem.fix.command)}`);
  }
  if (!style.allCurls || problems.length > 0) return;
  for (const curl of await style.curlLines(result.curl ?? [])) stdout.write(`      ${curl}\n`);
}

/** Prints the verdict: one sentence, and the command that mends it. */
export function reportVerdict(
  { code, cause, fix, exitCode }: Verdict,
  { stdout, color }: Pick<Context, "color"> & { readonly stdout: Output },
): void {
  const paint = createPaint(color);
  const word =
    code === "healthy" ? paint.good("healthy") : exitCode === 0 ? paint.warning("warning") : paint.bad(`cause`);
  const name = code === "healthy" ? "" : ` ${paint.quiet(`[${code}]`)}`;
  const command = fix === undefined ? "" : ` ${paint.strong("Fix:")} ${oneLine(fix.command)}`;
  writeLine(stdout, `\n${word}${name}: ${oneLine(cause)}.${command}`);
}

function markOf({ result, hiddenBy }: ProbeReport, paint: Paint): string {
  if (hiddenBy !== undefined) return paint.quiet("-");
  const marks = { pass: paint.good("✓"), warn: paint.warning("!"), fail: paint.bad("✗"), skip: paint.quiet("-") };
  return marks[result.status];
}
