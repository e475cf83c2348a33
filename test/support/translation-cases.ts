import { readFileSync } from "node:fs";
import { join } from "node:path";
import { estimateTokens } from "../../src/catalog/estimate-tokens.ts";
import {
  blockStart,
  blockStop,
  delta,
  messageEnd,
  messageStart,
  type TestEvent,
  textBlock,
  thinkingBlock,
  toolBlock,
} from "./hub-streams.ts";
import { root } from "./source-files.ts";

/** One line of test/fixtures/translation/cases.jsonl. */
export interface TranslationCase {
  readonly id: string;
  readonly dir: "c2m" | "m2c" | "sc" | "err" | "rev" | "resp";
  readonly title: string;
  readonly input: unknown;
  readonly expect: unknown;
}

/** What an expectation is held against: the body, and what came with it. */
export interface Outcome {
  readonly body: unknown;
  readonly status: number;
  readonly warnings: readonly { readonly code: string; readonly path: string }[];
  readonly headers?: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const json = (value: unknown): string => JSON.stringify(value) ?? "undefined";

/** All cases of one direction. */
export function casesOf(direction: TranslationCase["dir"]): TranslationCase[] {
  const lines = readFileSync(join(root, "test/fixtures/translation/cases.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as TranslationCase).filter(({ dir }) => dir === direction);
}

/** The value at a path such as "messages[-1].content[0].type"; undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.match(/[^.[\]]+|\[-?\d+\]/g) ?? []) {
    if (step.startsWith("["))
      found = Array.isArray(found) ? (found as unknown[]).at(Number(step.slice(1, -1))) : undefined;
    else found = isFields(found) ? found[step] : undefined;
  }
  return found;
}

/** Equal, where objects may hold more than expected; an empty object must be empty. Keys of the expected may be paths. */
function contains(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => contains(actual[index], item))
    );
  }
  if (!isFields(expected)) return Object.is(actual, expected);
  if (!isFields(actual)) return false;
  const keys = Object.keys(expected);
  if (keys.length === 0) return Object.keys(actual).length === 0;
  return keys.every((key) => contains(key in actual ? actual[key] : valueAt(actual, key), expected[key]));
}

/** Every value inside a value, itself included. */
function* everything(value: unknown): Generator<unknown> {
  yield value;
  if (Array.isArray(value)) for (const item of value) yield* everything(item);
  else if (isFields(value)) for (const item of Object.values(value)) yield* everything(item);
}

const blocksOf = (body: unknown): Fields[] => [...everything(body)].filter(isFields);
const toolUseIds = (body: unknown): unknown[] =>
  blocksOf(body)
    .filter(({ type }) => type === "tool_use")
    .map(({ id }) => id);
const resultIds = (body: unknown): unknown[] =>
  blocksOf(body)
    .filter(({ type }) => type === "tool_result")
    .map((block) => block["tool_use_id"]);
const warningText = ({ warnings }: Outcome): string[] => warnings.flatMap(({ code, path }) => [code, path]);

const typesOf = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((item: Fields) => item["type"]) : undefined;

/** Checks that are about the whole outcome. Shape: what is wrong, or undefined. */
const wholeChecks: Readonly<Record<string, (outcome: Outcome, expected: never) => string | undefined>> = {
  status: ({ status }, expected: number) => (status === expected ? undefined : `status ${status}`),
  no_400: ({ status }) => (status === 200 ? undefined : `status ${status}`),
  no_field: ({ body }, paths: string[]) => {
    const there = paths.filter((path) => valueAt(body, path) !== undefined);
    return there.length === 0 ? undefined : `has ${there.join(", ")}`;
  },
  only_fields: ({ body }, names: string[]) => {
    const extra = Object.keys(body as Fields).filter((name) => !names.includes(name));
    return extra.length === 0 ? undefined : `has ${extra.join(", ")}`;
  },
  warn: (outcome, wanted: string[]) => {
    if (wanted.length === 0) return outcome.warnings.length === 0 ? undefined : `warns ${json(outcome.warnings)}`;
    const missing = wanted.filter((want) => !warningText(outcome).some((text) => text.includes(want)));
    return missing.length === 0 ? undefined : `no warning of ${missing.join(", ")} in ${json(outcome.warnings)}`;
  },
  warn_count_min: ({ warnings }, least: number) =>
    warnings.length >= least ? undefined : `${warnings.length} warnings`,
  one_of: (outcome, choices: Fields[]) => {
    const wrong = choices.map((choice) => mismatches(outcome, choice));
    return wrong.some((list) => list.length === 0) ? undefined : json(wrong);
  },
  ids_match: ({ body }) => {
    const [uses, results] = [toolUseIds(body), resultIds(body)];
    return uses.length > 0 && json(uses.toSorted()) === json(results.toSorted()) ? undefined : json([uses, results]);
  },
  id_regex: ({ body }, pattern: string) =>
    [...toolUseIds(body), ...resultIds(body)].every((id) => new RegExp(pattern).test(String(id)))
      ? undefined
      : "an id differs",
  cache_control_count: ({ body }, count: number) => {
    const found = blocksOf(body).filter((block) => isFields(block["cache_control"])).length;
    return found === count ? undefined : `${found} breakpoints`;
  },
  no_block_type: ({ body }, types: string[]) =>
    blocksOf(body).some((block) => types.includes(String(block["type"]))) ? "has such a block" : undefined,
  no_text_anywhere: ({ body }, texts: string[]) =>
    texts.some((text) => json(body).includes(text)) ? "has such a text" : undefined,
  no_text_in_content_or_reasoning_content: ({ body }, texts: string[]) => {
    const shown = blocksOf(body).flatMap((block) => [block["content"], block["reasoning_content"]]);
    return texts.some((text) => shown.some((value) => typeof value === "string" && value.includes(text)))
      ? "shows it"
      : undefined;
  },
  header: ({ headers }, expected: Fields) => (contains(headers, expected) ? undefined : json(headers)),
};

/** Checks of one value, by how the key ends: `tools_len` is about `tools`. */
const valueChecks: readonly (readonly [suffix: string, check: (actual: unknown, expected: never) => boolean])[] = [
  [".no_key", (actual, keys: string[]) => isFields(actual) && keys.every((key) => !(key in actual))],
  [".nonempty", (actual) => json(valueAt(actual, "content")).length > 2],
  [".text_contains", (actual, text: string) => String(valueAt(actual, "text")).includes(text)],
  [".content_types", (actual, types: string[]) => contains(typesOf(valueAt(actual, "content")), types)],
  [".result_ids", (actual, ids: string[]) => contains(resultIds(actual), ids)],
  [
    ".properties_keys",
    (actual, keys: string[]) => contains(Object.keys((valueAt(actual, "properties") ?? {}) as Fields), keys),
  ],
  ["_not_contains", (actual, text: string) => typeof actual === "string" && !actual.includes(text)],
  ["_contains", (actual, text: string) => json(actual).includes(text)],
  ["_in", (actual, choices: unknown[]) => choices.includes(actual)],
  ["_len", (actual, length: number) => Array.isArray(actual) && actual.length === length],
  [
    "_names",
    (actual, names: string[]) =>
      Array.isArray(actual) &&
      contains(
        actual.map((item: Fields) => item["name"]),
        names,
      ),
  ],
];

function mismatchOf(outcome: Outcome, key: string, expected: unknown): string | undefined {
  if (key.startsWith("header."))
    return outcome.headers?.[key.slice("header.".length)] === expected ? undefined : json(outcome.headers);
  const whole = wholeChecks[key];
  if (whole !== undefined) return whole(outcome, expected as never);
  for (const [suffix, check] of valueChecks) {
    if (!key.endsWith(suffix)) continue;
    const actual = valueAt(outcome.body, key.slice(0, -suffix.length));
    return check(actual, expected as never) ? undefined : json(actual);
  }
  const actual = valueAt(outcome.body, key);
  return contains(actual, expected) ? undefined : json(actual);
}

/** What of an expectation an outcome doesn't meet, as sentences; empty when it meets it. */
export function mismatches(outcome: Outcome, expectation: Fields): string[] {
  return Object.entries(expectation).flatMap(([key, expected]) => {
    const found = mismatchOf(outcome, key, expected);
    return found === undefined ? [] : [`${key}: expected ${json(expected)}, found ${found}`];
  });
}

/** A text that the model's tokenizer makes at least this many tokens of. */
function promptOfTokens(tokens: number): string {
  let prompt = "";
  for (let line = 1; estimateTokens(prompt, "4.7") < tokens * 1.3; line++)
    prompt += `Rule ${line}: answer in plain words. `;
  return prompt;
}

/** The input of a `c2m` case, with placeholders such as "<2500-token prompt>" filled in. */
export function bodyOf(input: unknown): Record<string, unknown> {
  const filled = JSON.stringify(input).replaceAll(/"<(\d+)-token prompt>"/g, (_all, count: string) =>
    JSON.stringify(promptOfTokens(Number(count))),
  );
  const { setup: _setup, ...body } = JSON.parse(filled) as Record<string, unknown>;
  return body;
}

/** Streams of the cases whose input is prose. */
const text = [messageStart(), { type: "ping" }, ...textBlock(0, "Hel", "lo"), ...messageEnd("end_turn")];
export const streams: Readonly<
  Record<string, { readonly events: readonly TestEvent[]; readonly includeUsage: boolean }>
> = {
  S01: { events: text, includeUsage: true },
  S02: { events: text, includeUsage: true },
  S03: { events: text, includeUsage: false },
  S04: {
    events: [
      messageStart(),
      ...thinkingBlock(0, "sig", "T"),
      ...textBlock(1, "x"),
      ...toolBlock(2, "toolu_A", "a", '{"n":1}'),
      ...toolBlock(3, "toolu_B", "b", '{"n":2}'),
      ...messageEnd("tool_use"),
    ],
    includeUsage: false,
  },
  S05: { events: [messageStart(), ...toolBlock(0, "toolu_1", "f", "", '{"a"', ":1}")], includeUsage: false },
  S06: {
    events: [messageStart(), ...toolBlock(0, "toolu_1", "f", ""), ...messageEnd("tool_use")],
    includeUsage: false,
  },
  S07: { events: [{ type: "ping" }], includeUsage: false },
  S08: {
    events: [
      messageStart(),
      blockStart(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "Hel" }),
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    ],
    includeUsage: false,
  },
  S10: {
    events: [
      messageStart(),
      ...thinkingBlock(0, "<signature>", "T1", "T2"),
      ...textBlock(1, "x"),
      ...messageEnd("end_turn"),
    ],
    includeUsage: false,
  },
  S11: {
    events: [messageStart(), ...textBlock(0, "x"), ...toolBlock(1, "toolu_1", "f", "{}"), ...messageEnd("tool_use")],
    includeUsage: true,
  },
  S13: {
    events: [
      messageStart(),
      blockStart(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "I" }),
      blockStop(0),
      ...messageEnd("refusal"),
    ],
    includeUsage: false,
  },
};

/** Reads a pattern such as "{index:0,id,function:{name,arguments:''}}": keys that must be there, some with a value. */
class PatternReader {
  readonly #text: string;
  #at = 0;

  constructor(pattern: string) {
    this.#text = pattern;
  }

  fields(): Map<string, unknown> {
    const out = new Map<string, unknown>();
    this.#at++;
    while (this.#text[this.#at] !== "}") {
      const key = this.#match(/["\w]+/y).replaceAll('"', "");
      out.set(key, this.#text[this.#at] === ":" ? this.#value() : undefined);
      if (this.#text[this.#at] === ",") this.#at++;
    }
    this.#at++;
    return out;
  }

  #value(): unknown {
    this.#at++;
    if (this.#text[this.#at] === "{") return this.fields();
    if (this.#text[this.#at] === "'")
      return this.#match(/'(?:[^'\\]|\\.)*'/y)
        .slice(1, -1)
        .replaceAll("\\'", "'");
    const word = this.#match(/\w+/y);
    return /^\d+$/.test(word) ? Number(word) : word;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new Error(`no pattern at ${this.#text.slice(this.#at)}`);
    this.#at += found.length;
    return found;
  }
}

function fitsFields(actual: unknown, pattern: Map<string, unknown>): boolean {
  if (!isFields(actual) || !Object.keys(actual).every((key) => pattern.has(key))) return false;
  return [...pattern].every(([key, wanted]) => {
    if (wanted instanceof Map) return fitsFields(actual[key], wanted);
    return wanted === undefined ? actual[key] !== undefined : actual[key] === wanted;
  });
}

/** True where the data of one frame is what a pattern of an `sc` case describes, such as "delta{} finish_reason:stop". */
export function fitsPattern(data: string, pattern: string): boolean {
  if (pattern === "[DONE]") return data === "[DONE]";
  const chunk = JSON.parse(data) as Fields;
  if (pattern.startsWith("data {")) return fitsFields(chunk, new PatternReader(pattern.slice("data ".length)).fields());
  if (pattern === "choices:[] usage") return contains(chunk["choices"], []) && isFields(chunk["usage"]);
  const choice = valueAt(chunk, "choices[0]");
  const deltaOfChunk = valueAt(choice, "delta");
  const finish = /finish_reason:(\w+)/.exec(pattern)?.[1] ?? null;
  if (valueAt(choice, "finish_reason") !== finish) return false;
  const call = /^delta\.tool_calls\[(.*)\]$/.exec(pattern)?.[1];
  if (call !== undefined) return fitsFields(valueAt(deltaOfChunk, "tool_calls[0]"), new PatternReader(call).fields());
  const named = /^delta (\w+)$/.exec(pattern)?.[1];
  if (named !== undefined) return valueAt(deltaOfChunk, named) !== undefined;
  return fitsFields(deltaOfChunk, new PatternReader(pattern.slice("delta".length)).fields());
}
