import type { ProbeReport } from "../../doctor/run-probes.ts";
import { problemsOf, type Verdict } from "../../doctor/verdict.ts";
import type { ReportStyle } from "./report-doctor.ts";

/** The shape that `--json` prints; `version` changes when a field changes its meaning. */
export async function doctorJson(
  verdict: Verdict,
  reports: readonly ProbeReport[],
  { allCurls, curlLines }: ReportStyle,
): Promise<object> {
  return {
    version: 1,
    verdict: {
      code: verdict.code,
      cause: verdict.cause,
      fix: verdict.fix?.command ?? null,
      probe: verdict.probe ?? null,
      exit_code: verdict.exitCode,
    },
    others: verdict.others.map(({ probe, cause, status, finding, fix }) => ({
      probe,
      code: cause,
      status,
      finding,
      fix: fix?.command ?? null,
    })),
    probes: await Promise.all(
      reports.map(async (report) => {
        const { code, title, tool, result, tookMs, hiddenBy } = report;
        const isShown = allCurls || problemsOf(report).length > 0;
        return {
          code,
          title,
          tool: tool ?? null,
          status: hiddenBy === undefined ? result.status : "skip",
          cause: hiddenBy === undefined ? (result.cause ?? null) : null,
          finding: result.finding,
          evidence: result.evidence ?? [],
          fix: result.fix?.command ?? null,
          curl: isShown ? await curlLines(result.curl ?? []) : [],
          hidden_by: hiddenBy ?? null,
          took_ms: tookMs,
        };
      }),
    ),
  };
}
