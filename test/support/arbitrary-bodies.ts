import fc from "fast-check";

type Fields = Record<string, unknown>;

/** Few ids and names, so that they meet: repeated, illegal, missing. */
const ids = fc.constantFrom("c1", "c2", "c3", "call.1:x", "call_1_x", "", "ü");
const names = fc.constantFrom("f", "g", "my.tool", "my:tool", "x".repeat(130), "json");
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  { weight: 3, arbitrary: fc.constantFrom("hi", "Done.", "Réponse — “ok”\n", "😀") },
  { weight: 1, arbitrary: fc.constantFrom("", " ", "\n\n", "\u00a0", "\ud83d", "<system-reminder>") },
);
/** Starts of real files: a PNG, a PDF. */
const png = "iVBORw0KGgo=";
const pdf = Buffer.from("%PDF-1.4 x").toString("base64");

const mark = fc.constantFrom<Fields>({}, {}, {}, {}, {}, {}, { cache_control: { type: "ephemeral" } });

function sometimes<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 2 });
}

const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const textPart = fc.tuple(text, mark).map(([value, marked]) => ({ type: "text", text: value, ...marked }));
const userPart = fc.oneof(
  { weight: 6, arbitrary: textPart },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Fields>(
      { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "low" } },
      { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
      { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${pdf}` } },
    ),
  },
);
const content = fc.oneof(text, fc.array(userPart, { maxLength: 3 }));
const textContent = fc.oneof(text, fc.array(textPart, { maxLength: 3 }));

const args = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc
    .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value)),
  fc.constantFrom("", "{}", '{"a": 1', "null"),
);
const call = fc
  .tuple(ids, names, args, mark)
  .map(([id, name, given, marked]) => ({ id, type: "function", function: { name, arguments: given }, ...marked }));

/** A turn with tool calls and, mostly, their results in some order. */
const round = fc
  .tuple(
    fc.array(call, { minLength: 1, maxLength: 3 }),
    fc.option(textContent, { nil: null }),
    fc.array(fc.tuple(textContent, fc.nat(9)), { minLength: 3, maxLength: 3 }),
  )
  .map(([calls, said, results]) => {
    const given = calls
      .map(({ id }, index) => ({ id, at: results[index] as [unknown, number] }))
      .filter(({ at }) => at[1] > 0);
    given.sort((left, right) => left.at[1] - right.at[1]);
    return [
      { role: "assistant", content: said, tool_calls: calls },
      ...given.map(({ id, at }) => ({ role: "tool", tool_call_id: id, content: at[0] })),
    ];
  });

const single = fc.oneof(
  { weight: 6, arbitrary: content.map((value) => ({ role: "user", content: value })) },
  {
    weight: 4,
    arbitrary: fc.tuple(textContent, mark).map(([value, marked]) => ({ role: "assistant", content: value, ...marked })),
  },
  { weight: 1, arbitrary: textContent.map((value) => ({ role: "system", content: value })) },
  { weight: 1, arbitrary: text.map((value) => ({ role: "assistant", content: null, refusal: value })) },
  { weight: 1, arbitrary: text.map((value) => ({ role: "assistant", content: "a", reasoning_content: value })) },
);

/** Messages of any order that a client might send, and some that none should. */
const messages: fc.Arbitrary<Fields[]> = fc
  .tuple(
    fc.array(
      textContent.map((value) => ({ role: "system", content: value })),
      { maxLength: 2 },
    ),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: single.map((message): Fields[] => [message]) },
        { weight: 2, arbitrary: round as fc.Arbitrary<Fields[]> },
      ),
      { minLength: 1, maxLength: 7 },
    ),
  )
  .map(([system, rest]) => [...system, ...rest.flat()]);

const said = fc.oneof(
  fc.constantFrom("hi", "Done.", "Réponse — “ok”\n", "😀 \u0000"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((value) => `x${value}`),
);
const saidContent = fc.oneof(
  said,
  fc.array(
    said.map((value) => ({ type: "text", text: value })),
    { minLength: 1, maxLength: 3 },
  ),
);
const soundCalls = fc.array(call, { minLength: 1, maxLength: 3 });

/** Steps of a conversation that needs no repair: words of either side, reminders, rounds of calls with all their results. */
const step: fc.Arbitrary<Fields[]> = fc.oneof(
  { weight: 3, arbitrary: saidContent.map((value) => [{ role: "user", content: value }]) },
  { weight: 2, arbitrary: saidContent.map((value) => [{ role: "assistant", content: value }]) },
  { weight: 1, arbitrary: said.map((value) => [{ role: "developer", content: value }]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(soundCalls, fc.option(said, { nil: null }), textContent)
      .map(([calls, words, result]) => [
        { role: "assistant", content: words, tool_calls: calls },
        ...calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: result })),
      ]),
  },
);

/** Conversations in steps, each beginning with the user's words. */
export const soundConversations: fc.Arbitrary<Fields[][]> = fc
  .tuple(saidContent, fc.array(step, { minLength: 1, maxLength: 8 }))
  .map(([first, steps]) => [[{ role: "user", content: first }], ...steps]);

const schema = fc.constantFrom<unknown>(
  undefined,
  { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false },
  { properties: { a: { type: "array", items: { type: "integer", minimum: 1 }, maxItems: 3 } } },
  {
    anyOf: [
      { type: "object", properties: { a: {} }, required: ["a"] },
      { type: "object", properties: { b: {} } },
    ],
  },
  {
    type: "object",
    properties: { n: { $ref: "#/$defs/n" } },
    $defs: { n: { type: "object", properties: { n: { $ref: "#/$defs/n" } } } },
  },
  { type: "object", properties: { o: { type: "object" } }, required: ["o"] },
  {
    type: "object",
    properties: {
      s: { type: "string", format: "email", pattern: "x" },
      k: { oneOf: [{ const: 1 }, { type: "null" }] },
    },
    required: ["s", "k"],
  },
);
const tool = fc.oneof(
  fc.tuple(names, schema, fc.boolean(), mark).map(([name, parameters, strict, marked]) => ({
    type: "function",
    function: defined({ name, parameters, strict }),
    ...marked,
  })),
  names.map((name) => ({ type: "custom", custom: { name } })),
  names.map((name) => ({ name, input_schema: { type: "object" } })),
);

const settings = fc.record({
  tools: sometimes(fc.array(tool, { maxLength: 4 })),
  tool_choice: sometimes(
    fc.constantFrom<unknown>("auto", "none", "required", { type: "function", function: { name: "f" } }),
  ),
  parallel_tool_calls: sometimes(fc.boolean()),
  response_format: sometimes(
    fc.oneof(
      fc.constantFrom<unknown>({ type: "text" }, { type: "json_object" }),
      schema.map((value) => ({ type: "json_schema", json_schema: defined({ name: "n", schema: value }) })),
    ),
  ),
  reasoning_effort: sometimes(fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "max")),
  thinking: sometimes(
    fc.constantFrom<unknown>({ type: "adaptive" }, { type: "enabled", budget_tokens: 2000 }, { type: "disabled" }),
  ),
  temperature: sometimes(fc.double({ min: 0, max: 2, noNaN: true })),
  top_p: sometimes(fc.double({ min: 0, max: 1, noNaN: true })),
  top_k: sometimes(fc.nat(100)),
  max_tokens: sometimes(fc.integer({ min: 1, max: 200_000 })),
  stop: sometimes(fc.oneof(text, fc.array(text, { maxLength: 3 }))),
  user: sometimes(fc.constantFrom("u1", "a@b.co", "+49 170 1234567", "x".repeat(300))),
  service_tier: sometimes(fc.constantFrom("auto", "default", "flex")),
  seed: sometimes(fc.integer()),
  stream: sometimes(fc.boolean()),
  foo: sometimes(fc.jsonValue({ maxDepth: 1 })),
});

const model = fc.constantFrom("claude-opus-4-7", "claude-opus-4-6", "claude-haiku-4-5");

/** All of a body but its messages. */
export const bodySettings: fc.Arbitrary<Fields> = fc
  .tuple(model, settings)
  .map(([id, extra]) => ({ model: id, ...defined(extra) }));

/** Bodies of Chat Completions requests, settings of every kind included. */
export const bodies: fc.Arbitrary<Fields & { messages: Fields[] }> = fc
  .tuple(bodySettings, messages)
  .map(([extra, list]) => ({ ...extra, messages: list }));
