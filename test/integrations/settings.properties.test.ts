import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import { changeSettings, undoSettings } from "../../src/integrations/files/change-settings.ts";
import { unifiedDiff } from "../../src/integrations/files/diff.ts";
import { editSettings } from "../../src/integrations/files/edit-settings.ts";
import { propertyRuns } from "../support/property-runs.ts";

const syntax = { name: "settings.json", syntax: "json" } as const;
const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const ours = (port: number) => [
  { path: ["env", "BASE"], value: `http://127.0.0.1:${port}` },
  { path: ["env", "TOKEN"], value: token, secret: true },
  { path: ["env", "EMPTY"], value: "" },
  { path: ["model"], value: "opus" },
];

type Pairs = readonly (readonly [string, Value])[];
type Value = string | number | boolean | null | readonly Value[] | { readonly pairs: Pairs };

const names = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("env", "model", "BASE", "TOKEN", "EMPTY", "a", "__proto__", "constructor", "1"),
  },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 6 }) },
);
const scalars = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("opus", "", "http://127.0.0.1:1"),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { object } = fc.letrec<{ value: Value; object: { pairs: Pairs } }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.record({ pairs: fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }) }),
}));
/** Mostly what tools write: plain values in `env`. */
const settings = fc
  .tuple(object, fc.option(fc.array(fc.tuple(names, fc.constantFrom("x", "y", 7, true)), { maxLength: 4 })), fc.nat(4))
  .map(([base, env, at]): { pairs: Pairs } => {
    if (env === null) return base;
    const pairs = [...base.pairs];
    pairs.splice(Math.min(at, pairs.length), 0, ["env", { pairs: env }]);
    return { pairs };
  });

/** Styles of writing: dense, spaced, pretty with any indent and line end, and white space thrown in anywhere. */
const styles = fc.oneof(
  fc.record({ kind: fc.constantFrom("dense" as const, "spaced" as const, "padded" as const) }),
  fc.record({
    kind: fc.constant("pretty" as const),
    unit: fc.constantFrom("  ", "    ", "\t", " "),
    eol: fc.constantFrom("\n", "\r\n", "\r"),
  }),
  fc.record({
    kind: fc.constant("chaotic" as const),
    blanks: fc.array(fc.constantFrom("", " ", "\n", "\t", "\r\n"), { minLength: 3, maxLength: 17 }),
  }),
);
type Style = { kind: string; unit?: string; eol?: string; blanks?: string[] };

function write(value: Value, style: Style): string {
  let turn = 0;
  const blank = (): string => (style.kind === "chaotic" ? (style.blanks?.[turn++ % style.blanks.length] ?? "") : "");
  const render = (item: Value, indent: string): string => {
    if (typeof item !== "object" || item === null) return JSON.stringify(item);
    const isList = Array.isArray(item);
    const colon = style.kind === "dense" ? ":" : ": ";
    const inner = style.kind === "pretty" ? `${style.eol}${indent}${style.unit}` : "";
    const parts = isList
      ? item.map((entry) => render(entry, indent + (style.unit ?? "")))
      : (item as { pairs: Pairs }).pairs.map(
          ([key, entry]) =>
            `${JSON.stringify(key)}${blank()}${colon}${blank()}${render(entry, indent + (style.unit ?? ""))}`,
        );
    const [open, close] = isList ? "[]" : "{}";
    const gap = style.kind === "spaced" || style.kind === "padded" ? " " : "";
    const pad = style.kind === "padded" && parts.length > 0 ? " " : "";
    const end = style.kind === "pretty" && parts.length > 0 ? `${style.eol}${indent}` : pad;
    const body = parts.map((part) => `${blank()}${inner}${part}${blank()}`).join(`,${gap}`);
    return `${open}${pad}${body}${end}${close}`;
  };
  return render(value, "");
}

const texts = fc
  .tuple(settings, styles, fc.constantFrom("", "\n", "\r\n", " \n\n"), fc.boolean())
  .map(([value, style, end, mark]) => (mark ? "\ufeff" : "") + write(value, style) + end);

/** JSON.parse is what the tool reads; undefined where setup has to refuse the file. */
function expectedAfter(text: string, port: number): string | undefined {
  const value = JSON.parse(text.replace(/^\ufeff/, "")) as Record<string, unknown>;
  const isPlain = (found: unknown): boolean => ["undefined", "string", "number", "boolean"].includes(typeof found);
  const env = Object.hasOwn(value, "env") ? value["env"] : {};
  if (typeof env !== "object" || env === null || Array.isArray(env)) return undefined;
  const own = (from: object, key: string): unknown =>
    Object.hasOwn(from, key) ? (from as Record<string, unknown>)[key] : undefined;
  const present = [own(value, "model"), ...["BASE", "TOKEN", "EMPTY"].map((key) => own(env, key))];
  if (!present.every(isPlain)) return undefined;
  for (const { path, value: wanted } of ours(port)) {
    if (path.length === 1) value["model"] = wanted;
    else
      value["env"] = { ...(Object.hasOwn(value, "env") ? (value["env"] as object) : {}), [path[1] as string]: wanted };
  }
  return JSON.stringify(sorted(value));
}

/** Where a key is new, its place is ours to choose. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => [key, sorted(entry)]);
}

const parsed = (text: string): string => JSON.stringify(sorted(JSON.parse(text.replace(/^\ufeff/, ""))));

function refusal(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return error instanceof ZenthrexError ? error.code : String(error);
  }
}

const runs = propertyRuns(200_000);
const ports = fc.integer({ min: 1, max: 3 });

describe(`settings of any shape (${runs.label})`, () => {
  it("an edit sets our keys, changes no other, does so once, and is undone to the byte", () => {
    fc.assert(
      fc.property(texts, ports, (before, port) => {
        const expected = expectedAfter(before, port);
        if (expected === undefined) {
          expect(refusal(() => editSettings(before, ours(port), syntax))).toBe("ZX_FILE_INVALID");
          return;
        }
        const after = editSettings(before, ours(port), syntax);
        expect(parsed(after)).toBe(expected);
        expect(editSettings(after, ours(port), syntax)).toBe(after);
        const change = changeSettings(before, ours(port), undefined, syntax);
        expect(change?.text ?? before).toBe(after);
        if (change === undefined) return;
        expect(undoSettings(after, change, syntax).text).toBe(before);
        // Without knowing the bytes that were there: only an object that was empty may come back in another style.
        const undone = undoSettings(after, { ...change, states: [] }, syntax).text;
        expect(parsed(undone ?? "")).toBe(parsed(before));
        const read = JSON.parse(before.replace(/^\ufeff/, "")) as { env?: object };
        const wasEmpty = [read, Object.hasOwn(read, "env") ? read.env : { some: 1 }].some(
          (found) => Object.keys(found ?? {}).length === 0,
        );
        if (!wasEmpty) expect(undone).toBe(before);
        expect(unifiedDiff({ path: "s", before, after })).not.toContain(token);
      }),
      runs,
    );
  });

  it("an undo behind others' edits gives back our keys and keeps theirs", () => {
    const theirs = [
      { path: ["theirs"], value: "1" },
      { path: ["env", "THEIRS"], value: "2" },
    ];
    fc.assert(
      fc.property(texts, ports, fc.boolean(), (before, port, isRewritten) => {
        if (expectedAfter(before, port) === undefined) return;
        const change = changeSettings(before, ours(port), undefined, syntax);
        if (change === undefined) return;
        const edited = editSettings(change.text, theirs, syntax);
        const foreign = isRewritten ? JSON.stringify(JSON.parse(edited.replace(/^\ufeff/, "")), null, 2) : edited;
        const undone = undoSettings(foreign, change, syntax);
        expect(undone.left).toEqual([]);
        expect(parsed(undone.text ?? "")).toBe(parsed(editSettings(before, theirs, syntax)));
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
    );
  });

  it("setting up again, with other values, still undoes to the first bytes", () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(ports, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (before, sequence, isPartial) => {
          if (expectedAfter(before, 1) === undefined) return;
          let text = before;
          let known: ReturnType<typeof changeSettings>;
          for (const port of sequence) {
            // Without one of the keys every other time: what is no longer wanted must go back at once.
            const set = isPartial && port === 2 ? ours(port).slice(0, 2) : ours(port);
            const next = changeSettings(text, set, known, syntax);
            if (next === undefined) continue;
            known = next;
            text = next.text;
          }
          if (known === undefined) return;
          expect(undoSettings(text, known, syntax).text).toBe(before);
          expect(JSON.stringify(known.keys)).not.toContain(token);
          expect(JSON.stringify(known.states)).not.toContain(before.includes(token) ? "\u0000" : token);
        },
      ),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
    );
  });
});
