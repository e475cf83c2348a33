import { describe, expect, it } from "vitest";
import { editSettings } from "../../../src/integrations/files/edit-settings.ts";

const strict = { name: "/home/u/settings.json", syntax: "json" } as const;
const lenient = { name: "/home/u/settings.json", syntax: "jsonc" } as const;
const A = { path: ["env", "A"], value: "1" };
const B = { path: ["env", "B"], value: "2" };

describe("an edit of strict JSON", () => {
  it.each([
    ["no file", undefined, '{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}\n'],
    ["an empty file", "", '{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}\n'],
    ["white space", " \n\t\n", '{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}\n'],
    ["a byte-order mark alone", "\ufeff", '\ufeff{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}\n'],
    ["a blank text with CRLF", "\r\n", '{\r\n  "env": {\r\n    "A": "1",\r\n    "B": "2"\r\n  }\r\n}\r\n'],
    ["an empty object", "{}", '{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}'],
    ["an empty object on two lines", "{\n}\n", '{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}\n'],
    [
      "a mark before an object",
      '\ufeff{\n  "x": 1\n}',
      '\ufeff{\n  "x": 1,\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}',
    ],
    ["CRLF", '{\r\n  "x": 1\r\n}\r\n', '{\r\n  "x": 1,\r\n  "env": {\r\n    "A": "1",\r\n    "B": "2"\r\n  }\r\n}\r\n'],
    ["CR alone", '{\r  "x": 1\r}\r', '{\r  "x": 1,\r  "env": {\r    "A": "1",\r    "B": "2"\r  }\r}\r'],
    ["tabs", '{\n\t"x": 1\n}\n', '{\n\t"x": 1,\n\t"env": {\n\t\t"A": "1",\n\t\t"B": "2"\n\t}\n}\n'],
    ["four blanks", '{\n    "x": 1\n}', '{\n    "x": 1,\n    "env": {\n        "A": "1",\n        "B": "2"\n    }\n}'],
    [
      "the indent of an inner object",
      '{"x": {\n   "y": 1\n}}',
      '{"x": {\n   "y": 1\n},\n   "env": {\n      "A": "1",\n      "B": "2"\n   }}',
    ],
    ["one line", '{"x": 1}', '{"x": 1, "env": {"A": "1", "B": "2"}}'],
    ["one dense line", '{"x":1,"y":2}', '{"x":1,"y":2,"env":{"A":"1","B":"2"}}'],
    ["one padded line", '{ "x": 1, "env": {} }', '{ "x": 1, "env": {"A": "1", "B": "2"} }'],
    ["a one-line env", '{\n  "env": { "X": "0" }\n}', '{\n  "env": { "X": "0", "A": "1", "B": "2" }\n}'],
    ["an empty env on its line", '{\n  "env": {}\n}\n', '{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}\n'],
    [
      "present keys",
      '{\n  "env": {\n    "B": "0",\n    "A": "x"\n  }\n}',
      '{\n  "env": {\n    "B": "2",\n    "A": "1"\n  }\n}',
    ],
    ["numbers in env", '{"env": {"A": 5, "T": 600000}}', '{"env": {"A": "1", "T": 600000, "B": "2"}}'],
    ["no final newline", '{\n  "env": {\n    "A": "1"\n  }\n}', '{\n  "env": {\n    "A": "1",\n    "B": "2"\n  }\n}'],
    ["blanks before colons", '{\n  "x" : 1\n}', '{\n  "x" : 1,\n  "env" : {\n    "A" : "1",\n    "B" : "2"\n  }\n}'],
    ["the key written with escapes", '{"\\u0065nv": {"\\u0041": "x"}}', '{"\\u0065nv": {"\\u0041": "1", "B": "2"}}'],
  ])("keeps the style of %s", (_name, before, after) => {
    expect(editSettings(before, [A, B], strict)).toBe(after);
  });

  it("edits the last of two keys of one name, as JSON.parse reads it", () => {
    const text = '{"env": {"A": "old"}, "env": {"A": "x", "A": "y"}}';
    const edited = editSettings(text, [A], strict);
    expect(edited).toBe('{"env": {"A": "old"}, "env": {"A": "x", "A": "1"}}');
    expect(JSON.parse(edited).env).toEqual({ A: "1" });
  });

  it("changes nothing where all is said already", () => {
    const text = '{ "env" : {"B":"2",\n\n"A":   "1"} }';
    expect(editSettings(text, [A, B], strict)).toBe(text);
  });

  it("leaves every byte outside its keys alone", () => {
    const text =
      '{\n\t"permissions": { "allow": ["Bash(ls:*)",   "Read"] },\n\n\n  "env":{"X":"\\u00e9\\/"},"e": 1.0e3\n}';
    const edited = editSettings(text, [A], strict);
    expect(edited.replace(',"A":"1"', "")).toBe(text);
  });

  it("writes values that need escapes", () => {
    const value = 'a"b\\c\u2028\n';
    expect(JSON.parse(editSettings("{}", [{ path: ["env", "A"], value }], strict)).env.A).toBe(value);
  });

  it("sets keys at the top level and below new objects", () => {
    const set = [
      { path: ["model"], value: "opus" },
      { path: ["a", "b", "c"], value: 1 },
      { path: ["a", "b", "d"], value: [true, { e: null }] },
    ];
    const edited = editSettings('{\n  "x": 1\n}', set, strict);
    expect(JSON.parse(edited)).toEqual({ x: 1, model: "opus", a: { b: { c: 1, d: [true, { e: null }] } } });
  });

  it.each([
    ["a comment", '{\n  // note\n  "a": 1\n}', ":2:3: a comment is not allowed"],
    ["a block comment", '{"a": 1 /* x */}', ":1:9: a comment is not allowed"],
    ["a trailing comma", '{\n  "a": 1,\n}', ":3:1: a trailing comma is not allowed"],
    ["a cut text", '{"a": 1', ":1:8: the text ends too early"],
    ["a bare word", '{"a": yes}', ":1:7: not valid JSON"],
    ["a second value", "{} {}", ":1:4: not valid JSON"],
    ["single quotes", "{'a': 1}", ":1:2: not valid JSON"],
    ["a top-level array", '[\n{"env": {}}]', ":1:1: the top level is an array, not an object"],
    ["a top-level null", "null", ":1:1: the top level is null, not an object"],
    ["a top-level text", ' "x"', ":1:2: the top level is a string, not an object"],
    ["an env that is an array", '{\n "env": []}', ':2:9: "env" is an array, not an object'],
    ["an env that is null", '{"env": null}', ':1:9: "env" is null, not an object'],
    ["an env that is a text", '{"env": "A=1"}', ':1:9: "env" is a string, not an object'],
    ["a value that is null", '{"env": {"A": null}}', ':1:15: "env.A" is null, not a text'],
    ["a value that is an object", '{"env": {"A": {}}}', ':1:15: "env.A" is an object, not a text'],
    ["a control character in a text", '{"a": "\t"}', ":1:8: not valid JSON"],
  ])("refuses %s with its place, and quotes nothing of the file [F64 F67]", (_name, text, message) => {
    const edit = (): string => editSettings(text, [A], strict);
    expect(edit).toThrow(expect.objectContaining({ code: "ZX_FILE_INVALID" }));
    expect(edit).toThrow(`/home/u/settings.json${message}`);
  });

  it("refuses a nesting that would exhaust the parser's stack [F67]", () => {
    const text = `{"a":${"[".repeat(600)}${"]".repeat(600)}}`;
    expect(() => editSettings(text, [A], strict)).toThrow(/nested deeper than 512 levels/);
  });

  it("never repeats what it refuses", () => {
    const secret = "zk_live_0123456789abcdef";
    expect(() => editSettings(`{"env": {"K": "${secret}" "x"}}`, [A], strict)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });
});

describe("an edit of JSON with comments [F65]", () => {
  it.each([
    [
      "a comment behind the last property",
      '{\n  "x": 1 // one\n}',
      '{\n  "x": 1, // one\n  "env": {\n    "A": "1"\n  }\n}',
    ],
    ["a trailing comma", '{\n  "x": 1,\n}', '{\n  "x": 1,\n  "env": {\n    "A": "1"\n  },\n}'],
    [
      "a comment on its own line",
      '{\n  "x": 1\n  // end\n}',
      '{\n  "x": 1,\n  // end\n  "env": {\n    "A": "1"\n  }\n}',
    ],
    ["comments alone", "// mine\n", '// mine\n{\n  "env": {\n    "A": "1"\n  }\n}\n'],
    ["an object that holds only a comment", "{\n  // empty\n}", '{\n  // empty\n  "env": {\n    "A": "1"\n  }\n}'],
    ["one line", '{"x": 1 /* one */}', '{"x": 1, /* one */ "env": {"A": "1"}}'],
    ["a changed value", '{"env": {/* a */ "A": /* b */ "0" /* c */}}', '{"env": {/* a */ "A": /* b */ "1" /* c */}}'],
  ])("keeps %s", (_name, before, after) => {
    expect(editSettings(before, [A], lenient)).toBe(after);
  });

  it("sets a key in an element that is named by its place, and adds none", () => {
    const at = (segment: string) => [{ path: ["list", segment, "url"], value: "new" }];
    const before = '{"list": [{"url": "a"}, /* two */ {"url": "b", "n": 1}]}';
    expect(editSettings(before, at("[1]"), lenient)).toBe(before.replace('"b"', '"new"'));
    expect(() => editSettings(before, at("[2]"), lenient)).toThrow(/has no "\[2\]\.url"/);
    expect(() => editSettings(undefined, at("[0]"), lenient)).toThrow(/has no "list\.\[0\]\.url"/);
    expect(() => editSettings('{"list": {}}', at("[0]"), lenient)).toThrow(/"list" is an object, not an array/);
  });

  it("still refuses what is no JSON at all", () => {
    expect(() => editSettings('{"a": }', [A], lenient)).toThrow(/:1:7: not valid JSON/);
  });
});
