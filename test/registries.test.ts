import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../src/cli/commands/registry.ts";
import { gatewayPoints } from "../src/doctor/gateway/registry.ts";
import { earlyProbes, probes } from "../src/doctor/registry.ts";
import { integrations } from "../src/integrations/registry.ts";
import { root } from "./support/source-files.ts";

/** Files of a registry's folder that are items of it: all but the named ones, which are shared machinery. */
function itemFiles(folder: string, machinery: ReadonlySet<string>): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".ts") && !machinery.has(name))
    .map((name) => name.slice(0, -".ts".length))
    .sort();
}

describe("the command registry", () => {
  it("has a line for every file and a file for every line", () => {
    expect(Object.keys(commands).sort()).toEqual(itemFiles("src/cli/commands", new Set(["registry.ts"])));
  });

  it.each(Object.entries(commands))("%s keeps the contract", async (_name, line) => {
    const { default: command } = await line.load();
    expect(line.summary).toMatch(/^[a-z].*[^.]$/);
    expect(command.description.length).toBeGreaterThan(20);
    expect(command.examples.length).toBeGreaterThan(0);
    expect(command.exitCodes[0]).toBeDefined();
  });
});

describe("the integration registry", () => {
  it("has a file for every line, and every line keeps the contract", async () => {
    for (const [id, load] of Object.entries(integrations)) {
      expect(
        existsSync(join(root, "src/integrations", `${id}.ts`)) ||
          existsSync(join(root, "src/integrations/tools", `${id}.ts`)),
        id,
      ).toBe(true);
      const { default: integration } = await load();
      expect(integration.title).not.toBe("");
      expect(integration.docsUrl).toMatch(/^https:\/\//);
      expect(["bare", "v1", "endpoint"]).toContain(integration.baseUrlRule);
    }
  });

  it.each(Object.entries(integrations))("%s names a client that is really run, or that none is", async (id, load) => {
    const { verified } = (await load()).default;
    if (verified === "docs-only" || verified.startsWith("source of ")) return;
    const [, client, version] = /^([a-z-]+)@(.+)$/.exec(verified) ?? [];
    expect([id, `${id}-snippet`]).toContain(client);
    expect(readFileSync(join(root, "test/clients/registry.mjs"), "utf8")).toContain(`./${client}.mjs`);
    const module = readFileSync(join(root, "test/clients", `${client}.mjs`), "utf8");
    expect(/versions: \[([^\]]*)\]/.exec(module)?.[1]).toContain(`"${version}"`);
  });
});

describe("the probe registry", () => {
  it("has a line for every file and a file for every line", () => {
    expect(Object.keys(probes).sort()).toEqual(itemFiles("src/doctor/probes", new Set()));
  });

  it("names each probe as its line does, and only what was printed before it as what it depends on", async () => {
    const printed: string[] = [];
    for (const [code, load] of Object.entries(probes)) {
      const { default: probe } = await load();
      expect(probe.code).toBe(code);
      expect(probe.title).not.toBe("");
      expect(probe.dependsOn.filter((cause) => !printed.includes(cause))).toEqual([]);
      printed.push(code);
    }
  });
});

describe("the registry of early probes", () => {
  it("has those that begin before the machine was looked at, and no others", async () => {
    const loaded = await Promise.all(Object.values(probes).map(async (load) => (await load()).default));
    const early = loaded.filter(({ isEarly = false }) => isEarly).map(({ code }) => code);
    expect(Object.keys(earlyProbes)).toEqual(early);
  });
});

describe("the registry of a gateway's points", () => {
  it("has twelve, a line for every file and a file for every line", async () => {
    expect(Object.keys(gatewayPoints).sort()).toEqual(itemFiles("src/doctor/gateway/points", new Set()));
    expect(Object.keys(gatewayPoints)).toHaveLength(12);
    for (const [code, load] of Object.entries(gatewayPoints)) expect((await load()).default.code).toBe(code);
  });
});
