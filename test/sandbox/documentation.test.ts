import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { directiveWords, readDirective } from "../../src/sandbox/reply/directives.ts";
import { readReplies } from "../../src/sandbox/reply/replies-file.ts";
import { readSteering } from "../../src/sandbox/reply/steering.ts";

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

  it("shows a replies file that is one", () => {
    const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(readReplies(Buffer.from(example), "example")).toHaveLength(4);
  });
});
