import { describe, expect, it } from "vitest";
import { editSettings } from "../../../src/integrations/files/edit-settings.ts";
import { type KeyToRestore, restoreSettings as restorePlan } from "../../../src/integrations/files/restore-settings.ts";

const strict = { name: "settings.json", syntax: "json" } as const;
const lenient = { name: "settings.json", syntax: "jsonc" } as const;
const key = (name: string, ours: unknown, before: string | null = null) => ({
  path: ["env", name],
  before,
  frame: false,
  isOurs: (value: unknown) => value === ours,
});

const restoreSettings = (
  text: string,
  keys: readonly KeyToRestore[],
  createdParents: readonly (readonly string[])[],
  syntax: typeof strict | typeof lenient,
) => restorePlan(text, { keys, createdParents, units: [] }, syntax);

describe("restoring keys", () => {
  it.each([
    ["the only key", '{\n  "env": {\n    "A": "1"\n  }\n}', '{\n  "env": {}\n}'],
    ["the first of two", '{\n  "env": {\n    "A": "1",\n    "X": "0"\n  }\n}', '{\n  "env": {\n    "X": "0"\n  }\n}'],
    ["the last of two", '{\n  "env": {\n    "X": "0",\n    "A": "1"\n  }\n}', '{\n  "env": {\n    "X": "0"\n  }\n}'],
    ["one in the middle", '{"env": {"X": "0", "A": "1", "Y": "2"}}', '{"env": {"X": "0", "Y": "2"}}'],
    ["the first on its line", '{"env": {"A": "1", "X": "0"}}', '{"env": {"X": "0"}}'],
    ["the last on its line", '{"env":{"X":"0","A":"1"}}', '{"env":{"X":"0"}}'],
    ["one in an odd place", '{"env": {"X": "0"\n\n,  "A" :"1"\n}}', '{"env": {"X": "0"\n\n\n}}'],
  ])("takes out %s", (_name, before, after) => {
    expect(restoreSettings(before, [key("A", "1")], [], strict).text).toBe(after);
  });

  it("puts back the text that stood there, escapes and all", () => {
    const { text } = restoreSettings('{"env": {"A": "1"}}', [key("A", "1", '"\\u0041\\/"')], [], strict);
    expect(text).toBe('{"env": {"A": "\\u0041\\/"}}');
  });

  it("leaves a key whose value is no longer ours, and says so", () => {
    const before = '{"env": {"A": "theirs", "B": "2"}}';
    const { text, left, restored } = restoreSettings(before, [key("A", "1", '"0"'), key("B", "2")], [], strict);
    expect(text).toBe('{"env": {"A": "theirs"}}');
    expect(left).toEqual([["env", "A"]]);
    expect(restored).toEqual([["env", "B"]]);
  });

  it("leaves a key that is gone alone", () => {
    const before = '{"env": {"X": 1}}';
    expect(restoreSettings(before, [key("A", "1", '"old"')], [], strict).text).toBe(before);
  });

  it("takes out an object that we made, unless somebody put something into it", () => {
    expect(restoreSettings('{\n  "x": 1,\n  "env": {"A": "1"}\n}', [key("A", "1")], [["env"]], strict).text).toBe(
      '{\n  "x": 1\n}',
    );
    expect(restoreSettings('{"env": {"A": "1", "X": "0"}}', [key("A", "1")], [["env"]], strict).text).toBe(
      '{"env": {"X": "0"}}',
    );
  });

  it("says when nothing is left", () => {
    expect(restoreSettings('\ufeff{\n "env": {"A": "1"}\n}\n', [key("A", "1")], [["env"]], strict).isEmpty).toBe(true);
    expect(restoreSettings('{"env": {"A": "1"}, "x": 1}', [key("A", "1")], [["env"]], strict).isEmpty).toBe(false);
    expect(restoreSettings('{"env": {"A": "1"}} // mine', [key("A", "1")], [["env"]], lenient).isEmpty).toBe(false);
  });

  it.each([
    '{\n  "x": 1, // one\n  /* b */ "y": 2 // two\n  // end\n}',
    '{\n  "x": 1, // one\n  "y": 2, // two\n}',
    '{"x": 1 /* c */}',
    '{\n  "env": {\n    // first\n    "X": "0", // zero\n  },\n}',
    '{\n  "env": {\n    "X": "0" // zero\n  }\n}',
  ])("undoes an edit between comments: %j", (before) => {
    const set = ["A", "B", "C"].map((name) => ({ path: ["env", name], value: "1" }));
    const edited = editSettings(before, set, lenient);
    expect(edited).not.toBe(before);
    const parents = before.includes('"env"') ? [] : [["env"]];
    const keys = ["B", "A", "C"].map((name) => key(name, "1"));
    expect(restoreSettings(edited, keys, parents, lenient).text).toBe(before);
  });
});
