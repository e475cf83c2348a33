import type { ProbeReport } from "../../doctor/run-probes.ts";
import type { Problem } from "../../doctor/types.ts";
import type { Verdict } from "../../doctor/verdict.ts";

/** The shape that `--json` prints; `version` changes when a field changes its meaning. */
export function doctorJson(
  verdict: Verdict,
  reports: readonly ProbeReport[],
  curlsOf: (problem: Pick<Problem, "curl">) => readonly string[],
): object {
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
    probes: reports.map(({ code, title, tool, result, tookMs, hiddenBy }) => ({
      code,
      title,
      tool: tool ?? null,
      status: hiddenBy === undefined ? result.status : "skip",
      cause: hiddenBy === undefined ? (result.cause ?? null) : null,
      finding: result.finding,
      evidence: result.evidence ?? [],
      fix: result.fix?.command ?? null,
      curl: curlsOf(result),
      hidden_by: hiddenBy ?? null,
      took_ms: tookMs,
    })),
  };
}
