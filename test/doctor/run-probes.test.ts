import { describe, expect, it } from "vitest";
import { createProbeRun } from "../../src/doctor/create-context.ts";
import { createProbeRunner, loadProbes } from "../../src/doctor/run-probes.ts";
import type { EarlyContext, EarlyProbe, Probe, ProbeResult } from "../../src/doctor/types.ts";
import { doctorFacts } from "../support/doctor.ts";

const pass: ProbeResult = { status: "pass", finding: "is well" };
const fail: ProbeResult = { status: "fail", cause: "check-failed", finding: "is not" };
const probe = (code: string, run: Probe["run"], dependsOn: readonly string[] = []): Probe => ({
  code,
  title: code,
  dependsOn,
  run,
});
const contextOf = () => createProbeRun(doctorFacts({})).context;
const runnerOf = () => createProbeRunner({ live: false, askSandbox: undefined });

describe("a run of probes", () => {
  it("starts all at once and reports in their order, each as soon as those before it are there", async () => {
    const told: string[] = [];
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = probe("slow", async () => {
      await gate;
      return pass;
    });
    const fast = probe("fast", async () => {
      release();
      return pass;
    });
    await runnerOf().finish([slow, fast], contextOf(), { onReport: ({ code }) => void told.push(code) });
    expect(told).toEqual(["slow", "fast"]);
  });

  it("hides what follows from a failed cause, through those between, and not what is well or skipped", async () => {
    const reports = await runnerOf().finish(
      [
        probe("cause", async () => fail),
        probe("effect", async () => fail, ["cause"]),
        probe("further", async () => ({ ...fail, status: "warn" }), ["effect"]),
        probe("well", async () => pass, ["cause"]),
        probe("apart", async () => fail),
      ],
      contextOf(),
    );
    expect(reports.map(({ code, hiddenBy }) => [code, hiddenBy])).toEqual([
      ["cause", undefined],
      ["effect", "cause"],
      ["further", "cause"],
      ["well", undefined],
      ["apart", undefined],
    ]);
  });

  it("hands on what another probe found, but only to one that depends on it", async () => {
    const reports = await runnerOf().finish(
      [
        probe("first", async () => ({ ...pass, finding: "told" })),
        probe("second", async ({ resultOf }) => resultOf("first"), ["first"]),
        probe("third", async ({ resultOf }) => resultOf("first")),
      ],
      contextOf(),
    );
    expect(reports[1]?.result.finding).toBe("told");
    expect(reports[2]?.result).toMatchObject({ status: "fail", cause: "check-failed" });
  });

  it("takes a probe that throws for a check that failed, without its secrets", async () => {
    const [report] = await runnerOf().finish(
      [probe("broken", () => Promise.reject(new Error("no zk_live_abcdefgh1234 here\nstack")))],
      contextOf(),
    );
    expect(report?.result).toMatchObject({ status: "fail", cause: "check-failed" });
    expect(report?.result.finding).not.toMatch(/abcdefgh|stack/);
  });
});

describe("an early probe", () => {
  const early = (run: EarlyProbe["run"]): EarlyProbe => ({
    code: "early",
    title: "early",
    dependsOn: ["cause"],
    isEarly: true,
    run,
  });

  it("begins before this machine was looked at, is run once, and is reported in its place", async () => {
    const told: string[] = [];
    const runner = runnerOf();
    const first = early(async () => {
      told.push("began");
      return pass;
    });
    runner.begin(first);
    expect(told).toEqual(["began"]);
    const reports = await runner.finish([probe("cause", async () => pass), first], contextOf());
    expect(told).toEqual(["began"]);
    expect(reports.map(({ code }) => code)).toEqual(["cause", "early"]);
  });

  it("gets what other probes get, and what they found, once the machine was looked at", async () => {
    const runner = runnerOf();
    const first = early(async ({ machine }: EarlyContext) => (await machine()).resultOf("cause"));
    runner.begin(first);
    const reports = await runner.finish(
      [probe("cause", async () => ({ ...pass, finding: "told" })), first],
      contextOf(),
    );
    expect(reports[1]?.result.finding).toBe("told");
  });

  it("that was not begun ahead is run with the others", async () => {
    const [report] = await runnerOf().finish([early(async () => pass)], contextOf());
    expect(report?.result).toEqual(pass);
  });
});

describe("loadProbes", () => {
  it("takes along what the wanted ones depend on, in the registry's order", async () => {
    const registry = {
      a: async () => ({ default: probe("a", async () => pass) }),
      b: async () => ({ default: probe("b", async () => pass, ["a"]) }),
      c: async () => ({ default: probe("c", async () => pass) }),
    };
    const loaded = await loadProbes(registry, ({ code }) => code === "b");
    expect(loaded.map(({ code }) => code)).toEqual(["a", "b"]);
  });
});
