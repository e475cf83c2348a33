import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskLine, unifiedDiff } from "../../../src/integrations/files/diff.ts";
import { lineChanges, linesOf } from "../../../src/integrations/files/line-changes.ts";
import { applyTextEdits, textEdits } from "../../../src/integrations/files/text-edits.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const patchProgram = "patch";
const hasPatch = spawnSync(patchProgram, ["--version"]).status === 0;
const texts = fc
  .array(fc.constantFrom("a", "b", "c", "{", "}", ""), { maxLength: 30 })
  .map((lines) => lines.join("\n"));

describe("a unified diff", () => {
  it("shows a change with three lines around it", () => {
    const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    const after = before.replace("5\n", "five\nand\n");
    expect(unifiedDiff({ path: "/h/s.json", before, after })).toBe(
      "--- /h/s.json\n+++ /h/s.json\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+and\n 6\n 7\n 8\n",
    );
  });

  it("shows a new file, a removed one and a missing final newline", () => {
    expect(unifiedDiff({ path: "s", before: undefined, after: "a\nb" })).toBe(
      "--- /dev/null\n+++ s\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n",
    );
    expect(unifiedDiff({ path: "s", before: "a\n", after: undefined })).toBe(
      "--- s\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
    );
  });

  it("is empty when nothing changes", () => {
    expect(unifiedDiff({ path: "s", before: "a", after: "a" })).toBe("");
  });

  it("keeps distant changes apart and near ones together", () => {
    const lines = Array.from({ length: 40 }, (_, index) => `${index}\n`);
    const near = [...lines];
    near[10] = "x\n";
    near[15] = "y\n";
    near[35] = "z\n";
    const diff = unifiedDiff({ path: "s", before: lines.join(""), after: near.join("") });
    expect(diff.match(/^@@/gm)).toHaveLength(2);
  });

  it.skipIf(!hasPatch)("is what patch expects, where there is nothing to mask", () => {
    const home = temporaryHome();
    const file = join(home, "s");
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const diff = unifiedDiff({ path: "s", before, after });
        if (diff === "" || before === "" || after === "") return;
        writeFileSync(file, before);
        const { status, stderr, stdout } = spawnSync(patchProgram, ["-p0", "-o", "-", "s"], {
          cwd: home,
          input: diff,
          encoding: "utf8",
        });
        expect(status, stderr).toBe(0);
        expect(stdout).toBe(after);
      }),
      { numRuns: 60 },
    );
  });

  it("finds the fewest changed lines", () => {
    const before = linesOf("a\nb\nc\nd\n");
    const after = linesOf("a\nx\nc\nd\ny\n");
    expect(lineChanges(before, after)).toEqual([
      { beforeStart: 1, beforeEnd: 2, afterStart: 1, afterEnd: 2 },
      { beforeStart: 4, beforeEnd: 4, afterStart: 4, afterEnd: 5 },
    ]);
  });

  it("takes a text that shares nothing with the other as one change, in no time", () => {
    const before = Array.from({ length: 30_000 }, (_, index) => `old ${index}\n`);
    const after = Array.from({ length: 30_000 }, (_, index) => `new ${index}\n`);
    expect(lineChanges(before, after)).toEqual([
      { beforeStart: 0, beforeEnd: 30_000, afterStart: 0, afterEnd: 30_000 },
    ]);
  });
});

describe("the edits between two texts", () => {
  it("lead from one to the other", () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        expect(applyTextEdits(before, textEdits(before, after))).toBe(after);
      }),
      { numRuns: 2000 },
    );
  });

  it("hold no more than what differs, within a line too", () => {
    expect(textEdits('{"a": "x", "secret": "s"}', '{"a": "yz", "secret": "s"}')).toEqual([
      { offset: 7, length: 1, content: "yz" },
    ]);
  });
});

describe("a line of a diff", () => {
  it.each([
    ['    "ANTHROPIC_AUTH_TOKEN": "zxl_AAAABBBBCCCCDDDDEEEEFFFF1234",', '    "ANTHROPIC_AUTH_TOKEN": "zxl_...1234",'],
    ['  "ANTHROPIC_API_KEY": "",', '  "ANTHROPIC_API_KEY": "",'],
    ['"MY_PASSWORD": "correct horse battery"', '"MY_PASSWORD": "...tery"'],
    ['{"SHORT_SECRET": "abc", "x": "abc"}', '{"SHORT_SECRET": "...", "x": "abc"}'],
    ['"SECRET": "with \\" quote and more"', '"SECRET": "...more"'],
    ['"note": "my key is sk-ant-api03-abcdefghij"', '"note": "my key is sk-ant-...ghij"'],
    ['"HTTPS_PROXY": "http://user:pass@proxy:8080"', '"HTTPS_PROXY": "http://...@proxy:8080"'],
    ['"ANTHROPIC_CUSTOM_HEADERS": "x-api-key: qwertyuiopasdf"', '"ANTHROPIC_CUSTOM_HEADERS": "...asdf"'],
    ['"ANTHROPIC_BASE_URL": "http://127.0.0.1:19368"', '"ANTHROPIC_BASE_URL": "http://127.0.0.1:19368"'],
  ])("masks %s", (line, masked) => {
    expect(maskLine(line)).toBe(masked);
  });

  it("can't steer a terminal", () => {
    const diff = unifiedDiff({ path: "s\u001b[2J", before: "", after: "\u001b]0;x\u0007\u202e\n" });
    for (const control of ["\u001b", "\u0007", "\u202e"]) expect(diff).not.toContain(control);
  });
});
