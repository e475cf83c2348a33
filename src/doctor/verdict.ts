import { type CauseCode, causes } from "./causes.ts";
import type { ExitCode } from "./exit-code.ts";
import type { ProbeReport } from "./run-probes.ts";
import type { Fix, Problem } from "./types.ts";

/** What a run comes to. `code` is "healthy" or a cause; `cause` is one sentence. A warning alone is no failure: exit code 0. */
export interface Verdict {
  readonly code: CauseCode | "healthy";
  readonly cause: string;
  readonly fix: Fix | undefined;
  readonly exitCode: ExitCode;
  /** The probe that found it. */
  readonly probe: string | undefined;
  /** Further problems that don't follow from it, in their own order. */
  readonly others: readonly FoundProblem[];
}

/** A problem and the probe that found it. */
export interface FoundProblem extends Problem {
  readonly probe: string;
}

const order: readonly string[] = Object.keys(causes);

/** The problems of a report: its own and the further ones. */
export function problemsOf({ code, result, hiddenBy }: ProbeReport): readonly FoundProblem[] {
  const { status, cause, finding, evidence, fix, curl, more } = result;
  const own: FoundProblem[] =
    (status === "fail" || status === "warn") && hiddenBy === undefined
      ? [
          {
            probe: code,
            status,
            cause: cause ?? "check-failed",
            finding,
            ...(evidence === undefined ? {} : { evidence }),
            ...(fix === undefined ? {} : { fix }),
            ...(curl === undefined ? {} : { curl }),
          },
        ]
      : [];
  return [...own, ...(hiddenBy === undefined ? (more ?? []).map((problem) => ({ ...problem, probe: code })) : [])];
}

/**
 * The one cause that explains a run: failures before warnings, then what stands nearest to the root in the table of causes; of equals
 * the one that was printed first. Pure.
 */
export function judge(reports: readonly ProbeReport[]): Verdict {
  const found = reports.flatMap(problemsOf);
  const ranked = [...found].sort(
    (one, other) => severity(one) - severity(other) || order.indexOf(one.cause) - order.indexOf(other.cause),
  );
  const root = ranked[0];
  if (root === undefined) {
    const cause = "everything that was checked works";
    return { code: "healthy", cause, fix: undefined, exitCode: 0, probe: undefined, others: [] };
  }
  return {
    code: root.cause,
    cause: root.finding,
    fix: root.fix,
    exitCode: root.status === "fail" ? causes[root.cause].exitCode : 0,
    probe: root.probe,
    others: ranked.slice(1),
  };
}

function severity({ status }: Problem): number {
  return status === "fail" ? 0 : 1;
}
