import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openaiAliases } from "../../src/catalog/models.ts";
import { directiveWords, readDirective } from "../../src/sandbox/reply/directives.ts";
import { readReplies } from "../../src/sandbox/reply/replies-file.ts";
import { readSteering } from "../../src/sandbox/reply/steering.ts";
import { openSandbox } from "./support/sandbox-client.ts";

const page = readFileSync(new URL("../../docs/sandbox.md", import.meta.url), "utf8");

describe("docs/sandbox.md", () => {
  it.each(directiveWords)("explains the directive %s", (word) => {
    expect(page).toMatch(new RegExp(`\\[\\[sandbox: ${word}[ \\]]`));
  });

  it("shows only directives that are understood", () => {
    const shown = readSteering(page);
    expect(typeof shown === "string" ? shown : shown.length).toBeGreaterThan(20);
    const header = /x-sandbox-reply: (.+)/.exec(page)?.[1] ?? "";
    expect(readDirective(header)).toMatchObject({ kind: "fault" });
  });

  it("names only routes that there are", async () => {
    const table = /## Routes\n([\s\S]*?)\n## /.exec(page)?.[1] ?? "";
    const routes = [...table.matchAll(/`(GET|POST) (\/[^`]+)`/g)];
    expect(routes.map(([, , path]) => path)).toContain("/v1/chat/completions");
    const { raw } = await openSandbox({ countTokens: true });
    for (const [, method = "", path = ""] of routes) expect((await raw(method, path)).status, path).not.toBe(404);
  });

  it("names every alias", () => {
    for (const alias of Object.keys(openaiAliases)) expect(page).toContain(`\`${alias}\``);
  });

  it("shows a replies file that is one", () => {
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(readReplies(Buffer.from(example), "example")).toHaveLength(4);
  });
});
