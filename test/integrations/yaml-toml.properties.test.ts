import fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import type { Json } from "../../src/base/json.ts";
import { changeSettings, undoSettings } from "../../src/integrations/files/change-settings.ts";
import { unifiedDiff } from "../../src/integrations/files/diff.ts";
import { editSettings } from "../../src/integrations/files/edit-settings.ts";
import { loadSyntax } from "../../src/integrations/files/settings-format.ts";
import { withNested } from "../../src/integrations/files/with-nested.ts";
import { propertyRuns } from "../support/property-runs.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const yaml = await loadSyntax("config.yaml", "yaml");
const toml = await loadSyntax("config.toml", "toml");

type Keys = readonly { readonly path: readonly string[]; readonly value: Json; readonly secret?: boolean }[];

const yamlKeys = (port: number): Keys => [
  { path: ["model"], value: "openai/claude" },
  { path: ["models", "[name=Ours (zenthrex)]", "apiBase"], value: `http://127.0.0.1:${port}/v1` },
  { path: ["models", "[name=Ours (zenthrex)]", "apiKey"], value: token, secret: true },
  { path: ["models", "[name=Ours (zenthrex)]", "limits", "context"], value: 200_000 },
  { path: ["env", "BASE"], value: `http://127.0.0.1:${port}` },
];
const tomlKeys = (port: number): Keys => [
  { path: ["model"], value: "claude" },
  { path: ["providers", "ours", "name"], value: "Ours" },
  { path: ["providers", "ours", "base_url"], value: `http://127.0.0.1:${port}/v1` },
  { path: ["providers", "ours", "token"], value: token, secret: true },
  { path: ["env", "BASE"], value: port },
];

/** White space, comments and line ends that a person leaves. */
const styles = fc.record({
  eol: fc.constantFrom("\n", "\r\n"),
  unit: fc.constantFrom(2, 4, 3),
  listIndent: fc.constantFrom(0, 2),
  notes: fc.array(fc.constantFrom("", "", " # note", " # key: x, [y]"), { minLength: 3, maxLength: 7 }),
  lines: fc.array(fc.constantFrom("", "", "# a line", "\n", "# [x]\n\n# model: y"), { minLength: 3, maxLength: 7 }),
  isEnded: fc.boolean(),
  isMarked: fc.boolean(),
});
type Style = typeof styles extends fc.Arbitrary<infer T> ? T : never;

function writer(style: Style) {
  let [note, line] = [0, 0];
  const { notes, lines } = style;
  return {
    note: () => notes[note++ % notes.length] ?? "",
    /** Lines of comments at an indent, in front of something. */
    above: (indent: string) => {
      const text = lines[line++ % lines.length] ?? "";
      return text === ""
        ? ""
        : `${text
            .split("\n")
            .map((part) => (part === "" ? "" : indent + part))
            .join("\n")}\n`;
    },
    finish: (text: string) => {
      const ended = style.isEnded ? text : text.replace(/\n$/, "");
      return (style.isMarked ? "\ufeff" : "") + ended.replaceAll("\n", style.eol);
    },
  };
}

const yamlScalars = fc.constantFrom(
  "x",
  "'single # quoted'",
  '"double \\u0041"',
  "1",
  "true",
  "1.5",
  "2024-01-01",
  "a b c",
  "~",
  "http://h:1/x#y",
  "|\n  text\n  more",
  ">-\n  folded",
  "&anchor v",
  "[a, 'b, c']",
  "{k: v}",
);
const yamlEntries = (names: readonly string[]) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...names), yamlScalars), { maxLength: 4, selector: ([name]) => name });
const yamlModels = fc.array(
  fc.tuple(
    fc.constantFrom("Mine", "Other", "Ours (zenthrex)"),
    fc.uniqueArray(
      fc.tuple(fc.constantFrom("apiKey", "apiBase", "provider", "roles"), fc.constantFrom("x", '"y"', "z # c", "7")),
      { maxLength: 3, selector: ([name]) => name },
    ),
  ),
  { maxLength: 3 },
);
const yamlTexts = fc
  .record({
    top: yamlEntries(["a", "model", "name", "other"]),
    env: fc.oneof(
      yamlEntries(["BASE", "FOO", "BAR"]),
      fc.constant("flow" as const),
      fc.constant("none" as const),
      fc.constant("empty" as const),
    ),
    models: fc.oneof(
      yamlModels,
      fc.constant("flow" as const),
      fc.constant("none" as const),
      fc.constant("empty" as const),
      fc.constant("flowList" as const),
    ),
    order: fc.nat(5),
    style: styles,
    isDocument: fc.boolean(),
  })
  .map(({ top, env, models, order, style, isDocument }) => {
    const { note, above, finish } = writer(style);
    const scalar = (text: string, indent: string): string =>
      /^[|>]/.test(text) ? text.replaceAll("\n  ", `\n${indent}  `) : text + note();
    const parts: string[] = top.map(
      ([name, value]) => `${above("")}${name}: ${scalar(value.replace("&anchor", `&${name}`), "")}\n`,
    );
    const unit = " ".repeat(style.unit);
    if (Array.isArray(env) && env.length > 0)
      parts.splice(
        order % (parts.length + 1),
        0,
        `${above("")}env:${note()}\n${env.map(([name, value]) => `${above(unit)}${unit}${name}: ${scalar(value.replace("&anchor", `&e${name}`), unit)}\n`).join("")}`,
      );
    if (env === "flow") parts.push(`env: {FOO: 1, # c\n  BAR: [2, 3] }${note()}\n`);
    if (env === "empty") parts.push(`env:${note()}\n`);
    const dash = " ".repeat(style.listIndent);
    if (Array.isArray(models) && models.length > 0) {
      const rendered = models.map(([name, entries]) => {
        const lines = [`name: ${name}${note()}`, ...entries.map(([key, value]) => `${key}: ${value}`)];
        return `${above(dash)}${dash}- ${lines.join(`\n${dash}  `)}\n`;
      });
      parts.splice((order * 2) % (parts.length + 1), 0, `models:${note()}\n${rendered.join("")}`);
    }
    if (models === "flow") parts.push(`models: []${note()}\n`);
    if (models === "flowList") parts.push("models: [{name: Mine}, {name: Other, apiKey: x},\n  ]\n");
    if (models === "empty") parts.push(`models:${note()}\n`);
    return finish((isDocument ? `---${note()}\n` : "") + parts.join("") + above(""));
  });

const tomlScalars = fc.constantFrom(
  '"x"',
  "'lit # eral'",
  '"esc \\" # \\u0041"',
  "1",
  "true",
  "1.5",
  "1979-05-27T07:32:00Z",
  "1979-05-27 07:32:00",
  '[1, 2, # c\n  "]" ]',
  '"""a\n# [b]\n"""',
  "'''x\n'y''''",
  "{ k = 'v', l = [1] }",
  "9223372036854775807",
);
const tomlEntries = (names: readonly string[]) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...names), tomlScalars), { maxLength: 4, selector: ([name]) => name });
const tomlTexts = fc
  .record({
    top: tomlEntries(["a", "model", "name", '"quoted key"', "dotted.key"]),
    tables: fc.uniqueArray(
      fc.tuple(
        fc.constantFrom("env", "providers", "providers.ours", "providers.theirs", '"a.b".c', "providers.ours.deep"),
        tomlEntries(["BASE", "token", "FOO", "x.y"]),
      ),
      { maxLength: 4, selector: ([name]) => name },
    ),
    lists: fc.array(tomlEntries(["p", "q"]), { maxLength: 2 }),
    isDotted: fc.boolean(),
    style: styles,
  })
  .map(({ top, tables, lists, isDotted, style }) => {
    const { note, above, finish } = writer(style);
    const pairs = (entries: readonly (readonly [string, string])[], indent = ""): string =>
      entries.map(([name, value]) => `${above(indent)}${indent}${name} = ${value}${note()}\n`).join("");
    const dotted =
      isDotted && !tables.some(([name]) => name.startsWith("providers")) ? 'providers.ours.name = "Mine" # c\n' : "";
    const blocks = tables.map(
      ([name, entries]) => `${above("")}[${name}]${note()}\n${pairs(entries, style.unit === 3 ? "  " : "")}`,
    );
    const arrays = lists.map((entries) => `[[items]]\n${pairs(entries)}`);
    return finish(pairs(top) + dotted + [...blocks, ...arrays].join(style.unit === 2 ? "\n" : ""));
  });

const runs = propertyRuns(20_000);
const ports = fc.integer({ min: 1, max: 3 });
const cases = [
  {
    format: "YAML",
    syntax: yaml,
    texts: yamlTexts,
    keys: yamlKeys,
    read: (text: string): Json => parseYaml(text, { logLevel: "silent" }) as Json,
  },
  {
    format: "TOML",
    syntax: toml,
    texts: tomlTexts,
    keys: tomlKeys,
    read: (text: string): Json => parseToml(text, { integersAsBigInt: "asNeeded" }) as Json,
  },
];

/** Refused texts are left alone; what they are is tested by example. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    expect(error).toMatchObject({ code: "ZX_FILE_INVALID" });
    return undefined;
  }
}

describe.each(cases)("settings in $format of any shape", ({ syntax, texts, keys, read }) => {
  const parsed = (text: string): Json => read(text.replace(/^\ufeff/, "")) ?? {};

  it(`are read by their own parser before and after: only our keys differ, and an undo is exact (${runs.label})`, () => {
    let edited = 0;
    fc.assert(
      fc.property(texts, ports, (before, port) => {
        const set = keys(port);
        const was = parsed(before);
        const after = attempt(() => editSettings(before, set, syntax));
        if (after === undefined) return;
        edited++;
        expect(parsed(after)).toEqual(set.reduce((value, key) => withNested(value, key.path, key.value), was));
        expect(editSettings(after, set, syntax)).toBe(after);
        const change = changeSettings(before, set, undefined, syntax);
        if (change === undefined) return;
        expect(undoSettings(after, change, syntax).text).toBe(before);
        expect(unifiedDiff({ path: "s", before, after })).not.toContain(token);
        // Without knowing the bytes that were there: a list or mapping of ours may stay as an empty one of theirs.
        const undone = undoSettings(after, { ...change, states: [] }, syntax);
        expect(undone.left).toEqual([]);
        expect(parsed(undone.text ?? "")).toEqual(was);
      }),
      runs,
    );
    expect(edited).toBeGreaterThan(runs.numRuns / 4);
  });

  it(`keep every byte of others: without our lines, the lines of before are all there (${runs.label})`, () => {
    fc.assert(
      fc.property(texts, ports, (before, port) => {
        const after = attempt(() => editSettings(before, keys(port), syntax));
        if (after === undefined) return;
        const notes = (text: string): string[] => text.match(/# (?:note|a line|key: x, \[y\]|\[x\]|model: y)/g) ?? [];
        expect(notes(after)).toEqual(notes(before));
        const foreign = /^ *(?:a|other|FOO|BAR|p|q|"quoted key")\b[^{}]*$/;
        const lines = after.split(/\r?\n/);
        // Each is found behind the one before it: they are all there, in their order.
        for (const line of before.split(/\r?\n/)) {
          if (!foreign.test(line)) continue;
          const place = lines.indexOf(line);
          expect(place, line).toBeGreaterThanOrEqual(0);
          lines.splice(0, place + 1);
        }
        if (before.includes("\r\n")) expect(after.replaceAll("\r\n", "")).not.toContain("\n");
        if (Object.keys(parsed(before) as object).length > 0) expect(/\n$/.test(after)).toBe(/\n$/.test(before));
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
    );
  });

  it(`behind others' edits lose our keys and nothing else (${runs.label})`, () => {
    const theirs = [
      { path: ["theirs"], value: "1" },
      { path: ["env", "THEIRS"], value: "2" },
    ];
    fc.assert(
      fc.property(texts, ports, (before, port) => {
        const change = attempt(() => changeSettings(before, keys(port), undefined, syntax));
        if (change === undefined) return;
        const edited = editSettings(change.text, theirs, syntax);
        const undone = undoSettings(edited, change, syntax);
        expect(undone.left).toEqual([]);
        expect(parsed(undone.text ?? "")).toEqual(parsed(editSettings(before, theirs, syntax)));
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
    );
  });

  it(`set up again for another port, still go back to the first bytes (${runs.label})`, () => {
    fc.assert(
      fc.property(texts, fc.array(ports, { minLength: 2, maxLength: 3 }), (before, sequence) => {
        let text = before;
        let known: ReturnType<typeof changeSettings>;
        for (const port of sequence) {
          const next = attempt(() =>
            changeSettings(text, port === 2 ? keys(port).slice(1) : keys(port), known, syntax),
          );
          if (next === undefined) continue;
          known = next;
          text = next.text;
        }
        if (known !== undefined) expect(undoSettings(text, known, syntax).text).toBe(before);
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
    );
  });
});
