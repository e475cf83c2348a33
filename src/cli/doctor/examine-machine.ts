import { createProbeRun } from "../../doctor/create-context.ts";
import { probes } from "../../doctor/registry.ts";
import { loadProbes, type ProbeRunner } from "../../doctor/run-probes.ts";
import { judge, type Verdict } from "../../doctor/verdict.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { withSpinner, writeJson, writeLine } from "../output.ts";
import { curlLinesOf, removeHeaderFiles } from "./curl-lines.ts";
import type { DoctorRequest } from "./doctor-request.ts";
import { probeFacts } from "./probe-facts.ts";
import { createReporter, reportVerdict } from "./report-doctor.ts";
import { unreadTool } from "./unread-tool.ts";

/** Looks at this machine, finishes the run that was begun, and reports it. Throws: ZX_FILE_ACCESS where a bundle can't be written. */
export async function examineMachine(
  runner: ProbeRunner,
  request: DoctorRequest,
  options: Invocation["options"],
  context: Context,
): Promise<Verdict> {
  const isJson = options["json"] === true;
  const looking = Promise.all([loadProbes(probes, request.wants), probeFacts(options, request, context)]);
  const looked = await withSpinner(context, "looking for the daemon", looking).catch((error: unknown) => ({ error }));
  if ("error" in looked) {
    const { reportWithoutHome } = await import("./without-home.ts");
    return reportWithoutHome(looked.error, isJson, context);
  }
  const [chosen, facts] = looked;
  removeHeaderFiles(facts.paths.file);
  const run = createProbeRun(facts);
  const style = { allCurls: options["curl"] === true, curlLines: curlLinesOf(run, facts) };
  const reporter = createReporter(style, context);
  const reports = await runner.finish(chosen, run.context, {
    onReport: (report) => (isJson ? undefined : reporter.take(report)),
    wait: (report) => withSpinner(context, "checking; a dead end is given up after 10 s", report),
  });
  reporter.end();
  const unread = options["only"] === undefined ? await unreadTool(request.tool, reports) : undefined;
  if (unread !== undefined) writeLine(isJson ? context.stderr : context.stdout, `- ${unread}`);
  const verdict = judge(reports);
  if (isJson) {
    const { doctorJson } = await import("./doctor-json.ts");
    writeJson(context.stdout, await doctorJson(verdict, reports, style));
  } else reportVerdict(verdict, context);
  if (options["bundle"] === true) {
    const { writeBundle } = await import("./write-bundle.ts");
    const path = await writeBundle(verdict, reports, facts, style, context);
    writeLine(isJson ? context.stderr : context.stdout, `The report is in ${path}: read it before you share it.`);
  }
  return verdict;
}
