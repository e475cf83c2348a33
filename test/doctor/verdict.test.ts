import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type CauseCode, causes } from "../../src/doctor/causes.ts";
import type { ProbeReport } from "../../src/doctor/run-probes.ts";
import type { ProbeStatus } from "../../src/doctor/types.ts";
import { judge } from "../../src/doctor/verdict.ts";

const report = (cause: CauseCode | undefined, status: ProbeStatus, more: Partial<ProbeReport> = {}): ProbeReport => ({
  code: cause ?? "well",
  title: "",
  tool: undefined,
  tookMs: 0,
  result: { status, finding: `found ${cause}`, fix: { command: `mend ${cause}` }, ...(cause && { cause }) },
  ...more,
});

describe("judge", () => {
  it("calls a run without problems healthy", () => {
    expect(judge([report(undefined, "pass"), report(undefined, "skip")])).toMatchObject({
      code: "healthy",
      exitCode: 0,
    });
  });

  // Each pair was or could be seen at once on one machine; the first explains the second, or has to be mended before it shows.
  it.each<[CauseCode, CauseCode]>([
    ["settings-invalid", "key-missing"],
    ["base-url-path", "model-unknown"],
    ["base-url-path", "dns-failed"],
    ["base-url-host", "key-rejected"],
    ["credential-vendor", "key-missing"],
    ["key-invisible", "key-rejected"],
    ["key-missing", "daemon-stopped"],
    ["no-proxy-missing", "daemon-stopped"],
    ["port-stranger", "daemon-stopped"],
    ["daemon-foreign-host", "daemon-stopped"],
    ["daemon-stopped", "dns-failed"],
    ["proxy-refused", "connect-timeout"],
    ["dns-near-miss", "dns-unknown"],
    ["clock-skew", "tls-expired"],
    ["captive-portal", "key-rejected"],
    ["key-shadowed", "key-rejected"],
    ["key-rejected", "credential-rejected"],
    ["credential-place", "auth-header"],
    ["key-rejected", "wallet-empty"],
    ["wallet-empty", "rate-limited"],
    ["wallet-empty", "model-unknown"],
    ["model-unknown", "credential-conflict"],
  ])("prefers %s to %s, whichever was found first", (root, other) => {
    for (const reports of [
      [report(root, "fail"), report(other, "fail")],
      [report(other, "fail"), report(root, "fail")],
    ]) {
      const verdict = judge(reports);
      expect(verdict.code).toBe(root);
      expect(verdict.fix?.command).toBe(`mend ${root}`);
      expect(verdict.others.map(({ cause }) => cause)).toEqual([other]);
    }
  });

  it("prefers a failure to a warning, however near the root the warning stands", () => {
    expect(judge([report("config-invalid", "warn"), report("wallet-empty", "fail")]).code).toBe("wallet-empty");
  });

  it("passes a run by that only warns, and names the warning", () => {
    expect(judge([report("wallet-low", "warn")])).toMatchObject({ code: "wallet-low", exitCode: 0 });
  });

  it("doesn't look at what is hidden, and looks at the further problems of a probe", () => {
    const hidden = report("key-missing", "fail", { hiddenBy: "x" });
    const wide: ProbeReport = {
      ...report("wallet-empty", "fail"),
      result: {
        status: "fail",
        cause: "wallet-empty",
        finding: "found",
        more: [{ status: "fail", cause: "key-vendor", finding: "also" }],
      },
    };
    expect(judge([hidden, wide])).toMatchObject({ code: "key-vendor", cause: "also" });
  });

  it.each<[CauseCode, number]>([
    ["base-url-path", 1],
    ["key-rejected", 3],
    ["wallet-empty", 4],
    ["dns-failed", 5],
    ["daemon-stopped", 5],
  ])("ends with the exit code of %s: %i", (cause, exitCode) => {
    expect(causes[cause].exitCode).toBe(exitCode);
    expect(judge([report(cause, "fail")]).exitCode).toBe(exitCode);
  });
});

describe("docs/doctor.md", () => {
  it("has every verdict with its cause and exit code, in the order of the table of causes", () => {
    const page = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8");
    const section = page.slice(page.indexOf("## Every verdict"));
    const told = [...section.matchAll(/^\| `([a-z-]+)` \| (.+) \| (\d) \|$/gm)].map((match) => match.slice(1));
    const known = Object.entries(causes).map(([code, { title, exitCode }]) => [code, title, String(exitCode)]);
    expect(told).toEqual(known);
  });
});
