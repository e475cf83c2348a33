import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStreet, type Street } from "./blind/machine.ts";

let street: Street;
beforeAll(async () => {
  street = await openStreet();
}, 120_000);
afterAll(() => street.stop());

describe("tools that aren't on this machine", () => {
  it("are one line for people, and each its own in --json", async () => {
    const machine = street.machine();
    await machine.setup("cline");
    const { out } = await machine.zenthrex(["doctor"]);
    const named = out.split("\n").filter((line) => line.includes("not on this machine"));
    expect(named).toHaveLength(1);
    expect(named[0]).toMatch(/^- Other tools +not on this machine: .*Zed, /);
    expect(named[0]).not.toContain("Cline");
    expect(out).toMatch(/✓ Cline /);
    const { probes } = await machine.diagnose();
    expect(probes.find(({ code }) => code === "zed")).toMatchObject({
      status: "skip",
      finding: "is not on this machine",
    });
  });

  it("are said to be missing, and how they are set up, to who asks for one", async () => {
    const machine = street.machine();
    const { verdict } = await machine.diagnose({ argv: ["zed"] });
    expect(verdict).toMatchObject({ code: "tool-not-set-up", fix: "zenthrex setup zed", exit_code: 0 });
    expect(verdict.cause).toMatch(/^Zed was not found on this machine: .*zenthrex setup zed$/);
  });

  it("are told from those that are here and lead elsewhere", async () => {
    const machine = street.machine();
    machine.write(".config/zed/settings.json", { theme: "One Dark" });
    const { verdict } = await machine.diagnose({ argv: ["zed"] });
    expect(verdict).toMatchObject({ code: "tool-not-set-up", fix: "zenthrex setup zed" });
    expect(verdict.cause).toContain("Zed is here, but nothing");
  });

  it.each(["jetbrains", "curl", "anthropic-sdk", "codex"])("%s: the answer names its setup", async (tool) => {
    const machine = street.machine();
    const { out } = await machine.zenthrex(["doctor", tool]);
    expect(out).toContain(`zenthrex setup ${tool}`);
  });
});
