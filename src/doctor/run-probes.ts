import { redact } from "../base/redact.ts";
import type { Registry } from "../base/registry.ts";
import type { AnyProbe, ProbeContext, ProbeResult, RunStart } from "./types.ts";

/** A probe that ran. `hiddenBy`: what it found follows from the failure of that probe. Units: milliseconds. */
export interface ProbeReport {
  readonly code: string;
  readonly title: string;
  readonly tool: string | undefined;
  readonly result: ProbeResult;
  readonly tookMs: number;
  readonly hiddenBy?: string;
}

/** What a run's context lacks until its probes are known. */
export type MachineContext = Omit<ProbeContext, "resultOf">;

/** Loads the probes of a run, in the registry's order, with those that they depend on. */
export async function loadProbes(
  registry: Registry<AnyProbe>,
  wanted: (probe: AnyProbe) => boolean,
): Promise<readonly AnyProbe[]> {
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

/** How a run is followed. */
export interface RunWatch {
  /** Gets each report as soon as those before it are there. */
  readonly onReport?: (report: ProbeReport) => void | Promise<void>;
  /** Gets to wait for the report that is printed next. */
  readonly wait?: (report: Promise<ProbeReport>) => Promise<ProbeReport>;
}

/** A run whose early probes have begun. */
export interface ProbeRunner {
  /** Begins a probe ahead of the others; one that isn't early waits for them. */
  begin(probe: AnyProbe): void;
  /**
   * Runs all others at once, those that began among them. Shape: reports in the order of the probes. Never throws: a probe that does
   * has failed.
   */
  finish(probes: readonly AnyProbe[], context: MachineContext, watch?: RunWatch): Promise<readonly ProbeReport[]>;
}

/** Makes the runner of one run. */
export function createProbeRunner({ live, askSandbox }: RunStart): ProbeRunner {
  const started = new Map<string, Promise<ProbeReport>>();
  let look: (context: MachineContext) => void = () => undefined;
  const looked = new Promise<MachineContext>((resolve) => {
    look = resolve;
  });

  const machineOf = async ({ code, dependsOn }: AnyProbe): Promise<ProbeContext> => ({
    ...(await looked),
    async resultOf(cause) {
      if (!dependsOn.includes(cause)) throw new Error(`${code} asks for ${cause}, which it doesn't depend on`);
      return (await started.get(cause))?.result ?? { status: "skip", finding: "was not run" };
    },
  });
  const run = async (probe: AnyProbe): Promise<ProbeReport> => {
    const startedAt = performance.now();
    const machine = (): Promise<ProbeContext> => machineOf(probe);
    const running = probe.isEarly ? probe.run({ live, askSandbox, machine }) : probe.run(await machine());
    const result = await running.catch(crashed);
    const tookMs = Math.round(performance.now() - startedAt);
    return { code: probe.code, title: probe.title, tool: probe.tool, result, tookMs };
  };
  const begin = (probe: AnyProbe): void => {
    if (!started.has(probe.code)) started.set(probe.code, run(probe));
  };

  return {
    begin,
    async finish(probes, context, { onReport, wait } = {}) {
      for (const probe of probes) begin(probe);
      // Only now: by then every probe has its place, and can be asked for.
      look(context);
      const reports: ProbeReport[] = [];
      for (const probe of probes) {
        const running = started.get(probe.code);
        if (running === undefined) continue;
        const report = await (wait === undefined ? running : wait(running));
        const shown = hidden(report, probe, reports);
        reports.push(shown);
        await onReport?.(shown);
      }
      return reports;
    },
  };
}

function crashed(error: unknown): ProbeResult {
  const what = error instanceof Error ? redact(error.message.split("\n")[0] ?? "") : "an unknown error";
  return { status: "fail", cause: "check-failed", finding: `the check itself failed: ${what}` };
}

/** What comes before a probe in the order is there already: a dependency always does. */
function hidden(report: ProbeReport, { dependsOn }: AnyProbe, before: readonly ProbeReport[]): ProbeReport {
  const { status } = report.result;
  if (status !== "fail" && status !== "warn") return report;
  const cause = before.find(
    ({ code, result, hiddenBy }) => dependsOn.includes(code) && (result.status === "fail" || hiddenBy !== undefined),
  );
  return cause === undefined ? report : { ...report, hiddenBy: cause.hiddenBy ?? cause.code };
}
