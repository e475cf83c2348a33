import { describe, expect, it } from "vitest";
import { changeSettings, undoSettings } from "../../../src/integrations/files/change-settings.ts";
import { editSettings } from "../../../src/integrations/files/edit-settings.ts";
import { loadSyntax } from "../../../src/integrations/files/settings-format.ts";

const yaml = await loadSyntax("c.yaml", "yaml");
const toml = await loadSyntax("c.toml", "toml");

const element = { path: ["models", "[name=Ours]", "url"], value: "http://127.0.0.1:1" };
const model = { path: ["model"], value: "opus" };
const inTable = { path: ["providers", "ours", "url"], value: "http://127.0.0.1:1" };

describe("a key in YAML", () => {
  it.each([
    ["no text", "", "model: opus\n"],
    ["comments only", "# mine", "# mine\nmodel: opus\n"],
    ["a document's begin", "---\n# mine\n", "---\n# mine\nmodel: opus\n"],
    ["a comment behind the last line", "a: 1 # one\n# end\n", "a: 1 # one\nmodel: opus\n# end\n"],
    ["no end of the last line", "a: 1", "a: 1\nmodel: opus"],
    ["brackets", "{a: 1, b: [2] }", "{a: 1, b: [2], model: opus }"],
    ["a value of another", "model: 'gpt' # mine\n", "model: opus # mine\n"],
    ["a key without a value", "model: # later\na: 1\n", "model: opus # later\na: 1\n"],
    ["a block text at the end", "a: |\n  x\n\n", "a: |\n  x\nmodel: opus\n\n"],
  ])("goes into a text with %s", (_name, before, after) => {
    expect(editSettings(before, [model], yaml)).toBe(after);
  });

  it.each([
    ["no list", "a: 1\n", 'a: 1\nmodels:\n  - name: Ours\n    url: "http://127.0.0.1:1"\n'],
    ["an empty key", "models:\na: 1\n", 'models:\n  - name: Ours\n    url: "http://127.0.0.1:1"\na: 1\n'],
    ["an empty list", "models: [] # none\n", 'models: [{name: Ours, url: "http://127.0.0.1:1"}] # none\n'],
    [
      "a list without indent",
      "models:\n- name: x\n  # of x\nb: 2\n",
      'models:\n- name: x\n- name: Ours\n  url: "http://127.0.0.1:1"\n  # of x\nb: 2\n',
    ],
    [
      "our element in it",
      "models:\n    - url: 'old'\n      name: Ours\n",
      'models:\n    - url: "http://127.0.0.1:1"\n      name: Ours\n',
    ],
  ])("goes into an element of a list: %s", (_name, before, after) => {
    expect(editSettings(before, [element], yaml)).toBe(after);
  });

  it.each([
    ["models: *a\n", "c.yaml:1:9: not valid YAML"],
    ["a: &a [1]\nb: *a\nmodels: *a\n", 'c.yaml:3:9: "models" is an alias, not a list'],
    ["models: &a []\nb: *a\n", 'c.yaml:1:12: "models" is repeated elsewhere by an alias'],
    ["models: 7\n", 'c.yaml:1:9: "models" is a plain value, not a list'],
    ["models: ~\n", 'c.yaml:1:9: "models" is null, not a list'],
    ["a: 1\na: 2\n", "c.yaml:2:1: not valid YAML: duplicate key"],
    ["a: 1\n--- \nb: 2\n", "not valid YAML: more than one document"],
    [
      "models:\n- name: Ours\n  url: |\n    text\n",
      'c.yaml:3:8: "models.[name=Ours].url" is a plain value that can\'t be replaced',
    ],
    ["models:\n- name: Ours\n  url: [x]\n", '"models.[name=Ours].url" is a list that can\'t be replaced'],
    ["just text", "c.yaml:1:1: the top level is a plain value, not a mapping"],
  ])("is refused in %j, with the place and nothing of the text", (before, message) => {
    const work = (): string => editSettings(before, [element], yaml);
    expect(work).toThrow(
      expect.objectContaining({ code: "ZX_FILE_INVALID", message: expect.stringContaining(message) }),
    );
  });

  const base = (segment: string) => ({ path: ["models", segment, "apiBase"], value: "http://127.0.0.1:1/v1" });
  const right = '"http://127.0.0.1:1/v1"';

  it.each([
    ["of its own", "models:\n  - name: A\n    apiBase: http://x # why\n  - name: B\n", "[name=A]", "http://x", right],
    ["without a name", "models:\n  - apiBase: 'http://x'\n    model: a\n", "[0]", "'http://x'", right],
    [
      "with another's name",
      "models:\n- name: A\n  apiBase: a\n- name: A\n  apiBase: b",
      "[1]",
      "apiBase: b",
      `apiBase: ${right}`,
    ],
    ["within brackets", "models: [{name: A, apiBase: x}, {apiBase: y}] # two\n", "[1]", "y", right],
    ["with Windows' line ends", "models:\r\n  # of A\r\n  - name: A\r\n    apiBase: x\r\n", "[0]", "x", right],
    [
      "that lacks the key",
      "models:\n    -   name: A\n        roles: [chat]\n# end\n",
      "[0]",
      "[chat]",
      `[chat]\n        apiBase: ${right}`,
    ],
  ])("is set in an element %s, and an undo gives the bytes back", (_name, before, segment, from, to) => {
    const changed = changeSettings(before, [base(segment)], undefined, yaml, [], { isRepair: true });
    expect(changed?.text).toBe(before.replace(from, to));
    const undone = undoSettings(changed?.text ?? "", changed ?? never(), yaml);
    expect([undone.text, undone.isExact]).toEqual([before, true]);
    // Somebody wrote below it since: the key alone goes back.
    const later = `${changed?.text}\nother: 1\n`;
    expect(undoSettings(later, changed ?? never(), yaml).text).toBe(`${before}\nother: 1\n`);
  });

  it("of an element by its place is left alone when another element has moved there", () => {
    const changed = changeSettings("models:\n- apiBase: x\n", [base("[0]")], undefined, yaml, [], { isRepair: true });
    const later = (changed?.text ?? "").replace("models:\n", "models:\n- apiBase: new\n");
    const undone = undoSettings(later, changed ?? never(), yaml);
    expect([undone.text, undone.left]).toEqual([later, [base("[0]").path]]);
  });

  it.each([
    ["models:\n- name: A\n", 'c.yaml has no "[1].apiBase"'],
    ["models: []\n", 'c.yaml has no "[1].apiBase"'],
    ["a: 1\n", 'c.yaml has no "models.[1].apiBase"'],
    ["", 'c.yaml has no "models.[1].apiBase"'],
    ["models: {a: 1}\n", '"models" is a mapping, not a list'],
    ["b: &b {apiBase: x}\nmodels: [1, *b]\n", '"models.[1]" is an alias, not a mapping'],
  ])("is never added to an element that isn't there: %j", (before, message) => {
    const work = (): string => editSettings(before, [base("[1]")], yaml);
    expect(work).toThrow(
      expect.objectContaining({ code: "ZX_FILE_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it("leaves a comment beside it behind when it goes", () => {
    const change = changeSettings("a: 1\n", [element], undefined, yaml);
    const commented = change?.text.replace('"http://127.0.0.1:1"', '"http://127.0.0.1:1" # why') ?? "";
    const undone = undoSettings(commented, change ?? never(), yaml);
    expect(undone.text).toBe("a: 1\nmodels:\n  - name: Ours\n    # why\n");
  });
});

describe("a key in TOML", () => {
  it.each([
    ["no text", "", 'model = "opus"\n'],
    ["a table at once", "[a]\nb = 1\n", 'model = "opus"\n[a]\nb = 1\n'],
    ["a comment that heads the file", "# mine\n\n[a]\nb = 1\n", '# mine\nmodel = "opus"\n\n[a]\nb = 1\n'],
    ["keys in front of tables", "x = 1 # one\n# of a\n[a]\n", 'x = 1 # one\nmodel = "opus"\n# of a\n[a]\n'],
    ["a value of another", "  model   =  'gpt' # mine\n", '  model   =  "opus" # mine\n'],
    ["several lines", 'x = """\n[a]\nmodel = 1"""\n', 'x = """\n[a]\nmodel = 1"""\nmodel = "opus"\n'],
  ])("goes into a text with %s", (_name, before, after) => {
    expect(editSettings(before, [model], toml)).toBe(after);
  });

  it.each([
    ["no such table", "a = 1\n", 'a = 1\n\n[providers.ours]\nurl = "http://127.0.0.1:1"\n'],
    ["no end of the last line", "a = 1", 'a = 1\n\n[providers.ours]\nurl = "http://127.0.0.1:1"'],
    [
      "the table, with another behind",
      "[providers.ours] # us\n  x = [1, # one\n  2]\n\n[z]\n",
      '[providers.ours] # us\n  x = [1, # one\n  2]\n  url = "http://127.0.0.1:1"\n\n[z]\n',
    ],
    [
      "the table begun with dotted keys",
      "providers.ours.x = 1\n[z]\n",
      'providers.ours.x = 1\nproviders.ours.url = "http://127.0.0.1:1"\n[z]\n',
    ],
    ["the table in quotes", "[\"providers\".'ours']\n", '["providers".\'ours\']\nurl = "http://127.0.0.1:1"\n'],
  ])("goes into a table: %s", (_name, before, after) => {
    expect(editSettings(before, [inTable], toml)).toBe(after);
  });

  it.each([
    ["x = \n", "c.toml:1:"],
    ["a = 1\na = 2\n", "c.toml:2:1: not valid TOML"],
    ["[z]\n[[providers]]\n", 'c.toml:2:1: "providers" is not a table'],
    ["providers = { ours = {} }\n", 'c.toml:1:1: "providers" is not a table'],
    ["[providers]\nours = { url = 'x' }\n", 'c.toml:2:1: "providers.ours" is not a table'],
    ["[providers.ours.url]\n", 'c.toml:1:1: "providers.ours.url" is a table, not a value'],
    ["[providers.ours]\nurl = [1]\n", 'c.toml:2:1: "providers.ours.url" is an array or a table'],
  ])("is refused in %j, with the place and nothing of the text", (before, message) => {
    const work = (): string => editSettings(before, [inTable], toml);
    expect(work).toThrow(
      expect.objectContaining({ code: "ZX_FILE_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it("goes without its table where somebody has put a key of theirs into it", () => {
    const change = changeSettings("a = 1\n", [inTable], undefined, toml);
    const undone = undoSettings(`${change?.text}theirs = 2 # so\n`, change ?? never(), toml);
    expect(undone.text).toBe("a = 1\n\n[providers.ours]\ntheirs = 2 # so\n");
  });
});

describe("a list of ours", () => {
  const list = (...names: string[]) => [{ path: ["models"], value: names.map((id) => ({ id })) }];

  it("is replaced by a newer one, and refused where somebody has changed it", async () => {
    const json = await loadSyntax("c.json", "json");
    const first = changeSettings('{"a": 1}', list("one"), undefined, json);
    const second = changeSettings(first?.text ?? "", list("one", "two"), first, json);
    expect(JSON.parse(second?.text ?? "")).toEqual({ a: 1, models: [{ id: "one" }, { id: "two" }] });
    expect(undoSettings(second?.text ?? "", second ?? never(), json).text).toBe('{"a": 1}');
    const theirs = (second?.text ?? "").replace("two", "mine");
    expect(() => changeSettings(theirs, list("three"), second, json)).toThrow(/"models" is an array, not a text/);
  });
});

function never(): never {
  throw new Error("there is a change");
}
