import fc from "fast-check";
import { carryThinking } from "../../src/formats/openai-responses/carried-thinking.ts";
import type { ResponsesState } from "../../src/formats/openai-responses/state.ts";
import { signThinking } from "../../src/sandbox/thinking-signature.ts";

type Fields = Record<string, unknown>;

/** Few ids and names, so that they meet: repeated, illegal, missing. */
const ids = fc.constantFrom("c1", "c2", "c3", "call.1:x", "", "ü");
const names = fc.constantFrom("f", "g", "my.tool", "x".repeat(130), "json", "shell");
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  { weight: 3, arbitrary: fc.constantFrom("hi", "Done.", "Réponse — “ok”\n", "😀") },
  { weight: 1, arbitrary: fc.constantFrom("", " ", "\n\n", "\u00a0", "\ud83d") },
);
/** Texts that say something. */
const said = fc.oneof(
  fc.constantFrom("hi", "Done.", "Réponse — “ok”\n", "😀 \u0000"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((value) => `x${value}`),
);
const png = "iVBORw0KGgo=";
const mark = fc.constantFrom<Fields>({}, {}, {}, {}, {}, { prompt_cache_breakpoint: { mode: "explicit" } });
const inputText = (value: string): Fields => ({ type: "input_text", text: value });
const outputText = (value: string): Fields => ({ type: "output_text", text: value, annotations: [], logprobs: [] });

function sometimes<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 2 });
}

const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const part = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(text, mark).map(([value, marked]) => ({ ...inputText(value), ...marked })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Fields>(
      { type: "input_image", image_url: "https://x.test/a.png", detail: "low" },
      { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0xLjQgeA==" },
    ),
  },
);
const content = fc.oneof(text, fc.array(part, { maxLength: 3 }));

const args = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc
    .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value)),
  fc.constantFrom("", "{}", '{"a": 1', "null"),
);

/** A call of any kind, and how its output comes. */
const calls: fc.Arbitrary<(id: string) => { call: Fields; output: (value: unknown) => Fields }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(names, args, fc.constantFrom(undefined, "space"))
      .map(([name, given, namespace]) => (id: string) => ({
        call: defined({ type: "function_call", call_id: id, name, arguments: given, namespace }),
        output: (value: unknown) => ({ type: "function_call_output", call_id: id, output: value }),
      })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(names, text).map(([name, input]) => (id: string) => ({
      call: { type: "custom_tool_call", call_id: id, name, input },
      output: (value: unknown) => ({ type: "custom_tool_call_output", call_id: id, output: value }),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant((id: string) => ({
      call: { type: "shell_call", call_id: id, action: { commands: ["ls"], timeout_ms: null } },
      output: (value: unknown) => ({ type: "shell_call_output", call_id: id, output: [{ stdout: value }] }),
    })),
  },
);

const output = fc.oneof(text, fc.array(text.map(inputText), { maxLength: 2 }));

const reasoning: fc.Arbitrary<Fields> = fc
  .tuple(text, fc.constantFrom("signed", "foreign", "bare"))
  .map(([thinking, kind]) => {
    const signature = signThinking(thinking, thinking);
    const encrypted = {
      signed: carryThinking({ type: "thinking", thinking, signature }),
      foreign: "gAAAAAB",
      bare: undefined,
    };
    return defined({
      type: "reasoning",
      id: "rs_1",
      summary: thinking === "" ? [] : [{ type: "summary_text", text: thinking }],
      encrypted_content: encrypted[kind as keyof typeof encrypted],
    });
  });

const assistantText = text.map(
  (value): Fields => ({ type: "message", role: "assistant", content: [outputText(value)] }),
);

/** An answer with calls and, mostly, their outputs in some order. */
const round = fc
  .tuple(
    fc.option(reasoning, { nil: undefined }),
    fc.option(assistantText, { nil: undefined }),
    fc.array(fc.tuple(calls, ids, output, fc.nat(9)), { minLength: 1, maxLength: 3 }),
  )
  .map(([thought, words, list]): Fields[] => {
    const made = list.map(([make, id, value, at]) => ({ ...make(id), value, at }));
    const outputs = made.filter(({ at }) => at > 0).toSorted((left, right) => left.at - right.at);
    return [
      ...(thought === undefined ? [] : [thought]),
      ...(words === undefined ? [] : [words]),
      ...made.map(({ call }) => call),
      ...outputs.map(({ output: toItem, value }) => toItem(value)),
    ];
  });

const single: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 5, arbitrary: content.map((value) => ({ type: "message", role: "user", content: value })) },
  { weight: 3, arbitrary: assistantText },
  { weight: 1, arbitrary: text.map((value) => ({ role: "developer", content: value })) },
  { weight: 1, arbitrary: reasoning },
  { weight: 1, arbitrary: fc.constant({ type: "web_search_call", id: "ws_1", status: "completed" }) },
);

const input: fc.Arbitrary<Fields[]> = fc
  .array(fc.oneof({ weight: 3, arbitrary: single.map((item) => [item]) }, { weight: 2, arbitrary: round }), {
    minLength: 1,
    maxLength: 7,
  })
  .map((list) => list.flat());

const soundRound = fc
  .tuple(
    fc.option(said, { nil: undefined }),
    fc.option(said, { nil: undefined }),
    fc.array(fc.tuple(calls, fc.uuid(), output), { minLength: 1, maxLength: 3 }),
  )
  .map(([thinking, words, list]): Fields[] => {
    const made = list.map(([make, id, value]) => ({ ...make(id), value }));
    const signature = thinking === undefined ? "" : signThinking(thinking, thinking);
    const encrypted = thinking === undefined ? undefined : carryThinking({ type: "thinking", thinking, signature });
    return [
      ...(encrypted === undefined ? [] : [{ type: "reasoning", id: "rs", summary: [], encrypted_content: encrypted }]),
      ...(words === undefined ? [] : [{ type: "message", role: "assistant", content: [outputText(words)] }]),
      ...made.map(({ call }) => call),
      ...made.map(({ output: toItem, value }) => toItem(value)),
    ];
  });

const step: fc.Arbitrary<Fields[]> = fc.oneof(
  { weight: 3, arbitrary: said.map((value) => [{ role: "user", content: value }]) },
  { weight: 2, arbitrary: said.map((value) => [{ role: "assistant", content: [outputText(value)] }]) },
  { weight: 1, arbitrary: said.map((value) => [{ role: "developer", content: value }]) },
  { weight: 3, arbitrary: soundRound },
);

/** Conversations in steps that need no repair, each beginning with the user's words. */
export const soundInputs: fc.Arbitrary<Fields[][]> = fc
  .tuple(said, fc.array(step, { minLength: 1, maxLength: 8 }))
  .map(([first, steps]) => [[{ role: "user", content: first }], ...steps]);

const schema = fc.constantFrom<unknown>(
  undefined,
  null,
  { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false },
  {
    anyOf: [
      { type: "object", properties: { a: {} }, required: ["a"] },
      { type: "object", properties: { b: {} } },
    ],
  },
  { type: "object", properties: { o: { type: "object" } }, required: ["o"] },
);
const tool: fc.Arbitrary<Fields> = fc.oneof(
  fc
    .tuple(names, schema, sometimes(fc.boolean()))
    .map(([name, parameters, strict]) => defined({ type: "function", name, parameters, strict })),
  names.map((name) => ({ type: "custom", name })),
  fc.tuple(names, names).map(([one, two]) => ({
    type: "namespace",
    name: "space",
    description: "A space.",
    tools: [
      { type: "function", name: one },
      { type: "custom", name: two },
    ],
  })),
  fc.constantFrom("local_shell", "shell", "apply_patch", "web_search").map((type) => ({ type })),
);

const settings = fc.record({
  instructions: sometimes(fc.oneof(text, fc.constant(null))),
  tools: sometimes(fc.array(tool, { maxLength: 4 })),
  tool_choice: sometimes(
    fc.constantFrom<unknown>("auto", "none", "required", { type: "function", name: "f" }, { type: "shell" }),
  ),
  parallel_tool_calls: sometimes(fc.boolean()),
  text: sometimes(
    fc.oneof(
      fc.constantFrom<unknown>({ format: { type: "text" } }, { format: { type: "json_object" }, verbosity: "low" }),
      schema.map((value) => ({ format: defined({ type: "json_schema", name: "n", schema: value }) })),
    ),
  ),
  reasoning: sometimes(
    fc.record({
      effort: fc.constantFrom(null, "none", "minimal", "low", "medium", "high", "xhigh", "max"),
      summary: fc.constantFrom(null, "auto", "concise", "detailed"),
    }),
  ),
  temperature: sometimes(fc.double({ min: 0, max: 2, noNaN: true })),
  top_p: sometimes(fc.double({ min: 0, max: 1, noNaN: true })),
  max_output_tokens: sometimes(fc.integer({ min: 1, max: 200_000 })),
  metadata: sometimes(fc.constantFrom({}, { a: "b" })),
  user: sometimes(fc.constantFrom("u1", "a@b.co", "x".repeat(300))),
  service_tier: sometimes(fc.constantFrom("auto", "default", "flex")),
  truncation: sometimes(fc.constantFrom("auto", "disabled")),
  include: sometimes(fc.constantFrom(["reasoning.encrypted_content"], ["web_search_call.results"])),
  store: sometimes(fc.boolean()),
  stream: sometimes(fc.boolean()),
  foo: sometimes(fc.jsonValue({ maxDepth: 1 })),
});

/** All of a body but its input. */
export const responsesSettings: fc.Arbitrary<Fields> = fc
  .tuple(fc.constantFrom("claude-opus-4-7", "claude-opus-4-6", "claude-haiku-4-5"), settings)
  .map(([model, extra]) => ({ model, ...defined(extra) }));

/** Bodies of Responses requests, items and settings of every kind. */
export const responsesBodies: fc.Arbitrary<Fields> = fc
  .tuple(responsesSettings, fc.oneof({ weight: 1, arbitrary: text }, { weight: 9, arbitrary: input }))
  .map(([extra, list]) => ({ ...extra, input: list }));

/** What the way up may have left for the way back. */
export const responsesStates: fc.Arbitrary<Partial<ResponsesState>> = fc.record({
  clientNames: fc.constantFrom(new Map(), new Map([["g", "space\u0000g"]])),
  customTools: fc.constantFrom<ReadonlySet<string>>(new Set(), new Set(["patch"])),
  clientTools: fc.constantFrom<ReadonlyMap<string, string>>(
    new Map(),
    new Map([["f", "local_shell"]]),
    new Map([["f", "apply_patch"]]),
    new Map([["f", "shell"]]),
  ),
  jsonTool: fc.constantFrom(undefined, "json"),
  stripsFences: fc.boolean(),
  isCompaction: fc.boolean(),
});
