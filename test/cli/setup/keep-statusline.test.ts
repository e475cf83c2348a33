import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FakeContextOptions } from "../../support/fake-context.ts";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const own =
  '{\n    "statusLine" : {"type":"command","command":"~/.claude/mine.sh", "padding":2},\n\t"model": "opus"  }\n';

/** A home where Claude Code has settings. */
function homeWith(settings: string) {
  const home = temporaryHome();
  const path = join(home, ".claude", "settings.json");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, settings);
  const text = (): string => readFileSync(path, "utf8");
  return {
    home,
    path,
    text,
    values: () => JSON.parse(text()) as { statusLine?: { command: string }; env?: Record<string, string> },
    run: (line: string, more: Partial<FakeContextOptions> = {}) => runMain(line.split(" "), { home, ...more }),
  };
}

const setup = "setup claude-code --no-verify --sonnet opus --statusline";
const undo = "setup claude-code --undo";

describe("setup claude-code --statusline", () => {
  it("shows ours where there is none, twice is no change, and undo gives every byte back", async () => {
    const before = '{\n  "model": "opus"\n}\n';
    const { run, text, values } = homeWith(before);
    expect((await run(setup)).exitCode).toBe(0);
    expect(values().statusLine?.command).toMatch(/ statusline$/);
    const after = text();
    const again = await run(setup);
    expect([again.exitCode, text()]).toEqual([0, after]);
    expect(again.out).toContain("nothing to change");
    expect(again.err).not.toContain("of your own");
    await run(undo);
    expect(text()).toBe(before);
  });

  it("leaves the user's own where nobody can be asked, says so in a sentence, and sets up all else", async () => {
    for (const flag of ["", " --yes", " --json"]) {
      const { run, text, values } = homeWith(own);
      const done = await run(`${setup}${flag}`);
      expect(done.exitCode).toBe(0);
      const said = flag === " --json" ? done.out : done.err;
      expect(said).toContain(
        "Claude Code shows a status line of your own (~/.claude/mine.sh), so --statusline leaves it.",
      );
      expect(values().statusLine?.command).toBe("~/.claude/mine.sh");
      expect(values().env?.["ANTHROPIC_BASE_URL"]).toMatch(/^http:\/\/127\.0\.0\.1:/);
      const after = text();
      expect((await run(`${setup}${flag}`)).exitCode).toBe(0);
      expect(text()).toBe(after);
      await run(undo);
      expect(text()).toBe(own);
    }
  });

  it("asks on a terminal, and no is what Enter says", async () => {
    const { run, text, values } = homeWith(own);
    const done = await run(setup, { lines: ["", "y", "n", "n"] });
    expect(done.exitCode).toBe(0);
    expect(done.err).toContain("so --statusline leaves it");
    expect(values().statusLine?.command).toBe("~/.claude/mine.sh");
    expect(values().env?.["ANTHROPIC_BASE_URL"]).toBeDefined();
    await run(undo);
    expect(text()).toBe(own);
  });

  it("replaces it on a yes, asks no more, and undo gives every byte back", async () => {
    const { run, text, values } = homeWith(own);
    await run(setup, { lines: ["y", "y", "n", "n"] });
    expect(values().statusLine?.command).toMatch(/ statusline$/);
    const after = text();
    const again = await run(setup, { lines: ["n", "n", "n"] });
    expect([text(), again.err.includes("Replace it?")]).toEqual([after, false]);
    await run(undo);
    expect(text()).toBe(own);
  });

  it("gives the user's own back that came after the first setup", async () => {
    const { run, path, values } = homeWith("{}\n");
    await run(setup);
    writeFileSync(path, JSON.stringify({ ...values(), statusLine: { type: "command", command: "later.sh" } }));
    await run(setup);
    expect(values().statusLine?.command).toBe("later.sh");
    await run(setup, { lines: ["y", "y", "n", "n"] });
    expect(values().statusLine?.command).toMatch(/ statusline$/);
    await run(undo);
    expect(values().statusLine?.command).toBe("later.sh");
  });

  it("takes a script that calls zenthrex among other things for the user's own", async () => {
    const { run, values } = homeWith('{"statusLine":{"type":"command","command":"date; zenthrex statusline"}}');
    await run(setup);
    expect(values().statusLine?.command).toBe("date; zenthrex statusline");
  });

  it("shows a dry run without a question, with the note", async () => {
    const { run, text } = homeWith(own);
    const done = await run(`${setup} --dry-run`, { lines: [] });
    expect([done.exitCode, text()]).toEqual([0, own]);
    expect(done.err).toContain("so --statusline leaves it");
    expect(done.out).not.toMatch(/^[-+].*(mine\.sh| statusline)/m);
  });
});
