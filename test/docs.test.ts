import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../src/cli/commands/registry.ts";
import { integrations } from "../src/integrations/registry.ts";
import { filesBelow, root } from "./support/source-files.ts";

const pages = ["README.md", ...filesBelow("docs", [".md"])];
const text = (page: string): string => readFileSync(join(root, page), "utf8");

describe("the documentation", () => {
  it.each(pages)("%s links only to files that exist", (page) => {
    const links = [...text(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1] as string,
    );
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  it("has no page that none leads to", () => {
    const led = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => join(dirname(page), match[1] as string)),
    );
    const isLedTo = (page: string): boolean => led.includes(page) || led.includes(`${dirname(page)}/`);
    expect(pages.filter((page) => page !== "README.md" && !isLedTo(page))).toEqual([]);
  });

  it("names every script of the package to contributors, and none that is gone", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    const contributing = text("docs/contributing.md");
    const own = Object.keys(scripts).filter((name) => name !== "prepare");
    expect(own.filter((name) => !new RegExp(`(?:npm (?:run )?|\`)${name}(?![\\w:])`).test(contributing))).toEqual([]);
    const named = pages.flatMap((page) => [...text(page).matchAll(/npm run ([a-z][a-z:]*)/g)].map((match) => match[1]));
    expect(named.filter((name) => scripts[name as string] === undefined)).toEqual([]);
  });

  it.each(pages)("%s names only commands of zenthrex that exist", (page) => {
    const inCode = /(?:`|^ {2,}|\$ |^)zenthrex ([a-z][a-z-]+)/gm;
    const code = [...text(page).matchAll(/```[^`]*```|`[^`\n]+`|^ {4}.+$/gm)].map((match) => match[0]).join("\n");
    const named = [...code.matchAll(inCode)].map((match) => match[1] as string);
    expect(named.filter((name) => commands[name] === undefined)).toEqual([]);
  });

  it("tells a newcomer exactly what .ci/run does", () => {
    const run = text(".ci/run");
    for (const command of ["npm ci", "npm start", "npm test"]) expect(text("README.md")).toContain(command);
    for (const command of ["npm ci", "npm test", "npm run check"]) expect(run).toContain(command);
  });

  it("has a row for every tool of setup: its base URL, and what it was tried with", async () => {
    const words = { bare: "bare host", v1: "with `/v1`", endpoint: "the whole URL" };
    const rows = [...text("docs/setup.md").matchAll(/^\| `([a-z-]+)` \| .+ \| ([^|]+) \| ([^|]+) \|$/gm)];
    const tools = await Promise.all(
      Object.entries(integrations).map(async ([id, load]) => {
        const { baseUrlRule, verified } = (await load()).default;
        return [id, words[baseUrlRule], verified];
      }),
    );
    expect(rows.map(([, ...cells]) => cells)).toEqual(tools);
  });

  it("has a page of its own for every decision, numbered without a gap", () => {
    const numbers = filesBelow("docs/decisions", [".md"]).map((file) =>
      Number(/(\d{3})-[a-z0-9-]+\.md$/.exec(file)?.[1]),
    );
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
