import { ZenthrexError } from "../../base/errors.ts";
import type { ProbeReport } from "../../doctor/run-probes.ts";
import { judge, type Verdict } from "../../doctor/verdict.ts";
import type { Context } from "../context.ts";
import { writeJson } from "../output.ts";
import { createReporter, reportVerdict } from "./report-doctor.ts";

/**
 * The report on a machine that has no place to look in: no home directory. It is the only finding there can be.
 * Throws: what isn't about that.
 */
export async function reportWithoutHome(error: unknown, isJson: boolean, context: Context): Promise<Verdict> {
  if (!(error instanceof ZenthrexError) || error.code !== "ZX_FILE_ACCESS") throw error;
  const finding = `${error.message}: HOME is ${context.env["HOME"] === undefined ? "not set" : "empty, or no whole path"}`;
  const report: ProbeReport = {
    code: "home",
    title: "Home directory",
    tool: undefined,
    result: { status: "fail", cause: "wrong-home", finding, fix: { command: "export HOME=~$(id -un)" } },
    tookMs: 0,
  };
  const verdict = judge([report]);
  const style = { allCurls: false, curlLines: async () => [] };
  if (isJson) {
    const { doctorJson } = await import("./doctor-json.ts");
    writeJson(context.stdout, await doctorJson(verdict, [report], style));
    return verdict;
  }
  await createReporter(style, context).take(report);
  reportVerdict(verdict, context);
  return verdict;
}
