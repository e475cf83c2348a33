import { redact } from "../base/redact.ts";
import type { Registry } from "../base/registry.ts";
import type { Probe, ProbeContext, ProbeResult } from "./types.ts";

/** A probe that ran. `hiddenBy`: what it found follows from the failure of that probe. Units: milliseconds. */
export interface ProbeReport {
  readonly code: string;
  readonly title: string;
  readonly tool: string | undefined;
  readonly result: ProbeResult;
  readonly tookMs: number;
  readonly hiddenBy?: string;
}

/** Loads the probes of a run, in the registry's order, with those that they depend on. */
export async function loadProbes(
  registry: Registry<Probe>,
  wanted: (probe: Probe) => boolean,
): Promise<readonly Probe[]> {
  const all = await Promise.all(Object.values(registry).map(async (load) => (await load()).default));
  const codes = new Set<string>();
  const add = (code: string): void => {
    const probe = all.find((each) => each.code === code);
    if (probe === undefined || codes.has(code)) return;
    codes.add(code);
    for (const cause of probe.dependsOn) add(cause);
  };
  for (const probe of all) if (wanted(probe)) add(probe.code);
  return all.filter(({ code }) => codes.has(code));
}

/** Runs probes all at once. Shape: reports in the order of the probes. Never throws: a probe that does has failed. */
export async function runProbes(
  probes: readonly Probe[],
  context: Omit<ProbeContext, "resultOf">,
  onReport: (report: ProbeReport) => void | Promise<void> = () => undefined,
): Promise<readonly ProbeReport[]> {
  const started = new Map<string, Promise<ProbeReport>>();
  for (const probe of probes) {
    // A turn of the event loop later: by then every probe has its place, and can be asked for.
    started.set(
      probe.code,
      Promise.resolve().then(() => runOne(probe, started, context)),
    );
  }
  const reports: ProbeReport[] = [];
  for (const probe of probes) {
    const report = await started.get(probe.code);
    if (report === undefined) continue;
    const shown = hidden(report, probe, reports);
    reports.push(shown);
    await onReport(shown);
  }
  return reports;
}

async function runOne(
  probe: Probe,
  started: ReadonlyMap<string, Promise<ProbeReport>>,
  context: Omit<ProbeContext, "resultOf">,
): Promise<ProbeReport> {
  const startedAt = performance.now();
  const resultOf = async (code: string): Promise<ProbeResult> => {
    if (!probe.dependsOn.includes(code)) throw new Error(`${probe.code} asks for ${code}, which it doesn't depend on`);
    const report = await started.get(code);
    return report?.result ?? { status: "skip", finding: "was not run" };
  };
  const result = await probe.run({ ...context, resultOf }).catch(crashed);
  const tookMs = Math.round(performance.now() - startedAt);
  return { code: probe.code, title: probe.title, tool: probe.tool, result, tookMs };
}

function crashed(error: unknown): ProbeResult {
  const what = error instanceof Error ? redact(error.message.split("\n")[0] ?? "") : "an unknown error";
  return { status: "fail", cause: "check-failed", finding: `the check itself failed: ${what}` };
}

/** What comes before a probe in the order is there already: a dependency always does. */
function hidden(report: ProbeReport, probe: Probe, before: readonly ProbeReport[]): ProbeReport {
  const { status } = report.result;
  if (status !== "fail" && status !== "warn") return report;
  const cause = before.find(
    ({ code, result, hiddenBy }) =>
      probe.dependsOn.includes(code) && (result.status === "fail" || hiddenBy !== undefined),
  );
  return cause === undefined ? report : { ...report, hiddenBy: cause.hiddenBy ?? cause.code };
}
