import fc from "fast-check";
import type { ChatState } from "../../src/formats/openai-chat/state.ts";
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

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 10 }),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom("", "```json\n", "\n```", "`", '"}}', "\\", "\u0000\u001f\u2028", "\ud83d", "\ude00"),
);
const pieces = fc.array(text, { maxLength: 5 });
const names = fc.constantFrom("f", "g", "patch", "json");

/** Cuts a text at some places, never inside a surrogate pair: each delta of a real stream is whole text. */
function cut(value: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (value.length + 1)))].toSorted((left, right) => left - right);
  return [...places, value.length].map((end, index) => value.slice(index === 0 ? 0 : places[index - 1], end));
}

const input = fc.oneof(
  fc
    .dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value)),
  text.map((value) => JSON.stringify({ input: value })),
  fc.constantFrom("", "{}", '{"cut": [1'),
);

type Block = (index: number) => TestEvent[];

const block: fc.Arbitrary<Block> = fc.oneof(
  {
    weight: 4,
    arbitrary: pieces.map(
      (list): Block =>
        (index) =>
          textBlock(index, ...list),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(pieces, fc.string()).map(
      ([list, signature]): Block =>
        (index) =>
          thinkingBlock(index, signature, ...list),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.base64String().map(
      (data): Block =>
        (index) => [blockStart(index, { type: "redacted_thinking", data }), blockStop(index)],
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.uuid(), names, input, fc.array(fc.nat(40), { maxLength: 4 })).map(
      ([id, name, json, at]): Block =>
        (index) =>
          toolBlock(index, `toolu_${id}`, name, ...cut(json, at)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Block>(
      (index) => [
        blockStart(index, { type: "future_block", x: 1 }),
        delta(index, { type: "future_delta", y: 2 }),
        blockStop(index),
      ],
      (index) => [
        blockStart(index, { type: "tool_use", id: `toolu_${index}`, name: "f", input: { whole: true } }),
        blockStop(index),
      ],
    ),
  },
);

const reason = fc.constantFrom(
  "end_turn",
  "tool_use",
  "max_tokens",
  "stop_sequence",
  "refusal",
  "pause_turn",
  "model_context_window_exceeded",
  "later",
);
const noise = fc.constantFrom<TestEvent[]>([], [], [{ type: "ping" }], [{ type: "future_event", z: [1] }]);
const count = fc.nat(1_000_000);
const usage = fc
  .tuple(count, fc.option(count, { nil: null }), fc.option(count, { nil: undefined }))
  .map(([input_tokens, read, written]) => ({
    input_tokens,
    output_tokens: 1,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
  }));

/** Whole streams of the hub, in events. */
export const hubStreams: fc.Arbitrary<TestEvent[]> = fc
  .tuple(fc.array(fc.tuple(block, noise), { maxLength: 5 }), reason, usage, fc.option(fc.string(), { nil: undefined }))
  .map(([blocks, stop, counts, explanation]) => {
    const details = explanation === undefined ? {} : { stop_details: { type: "refusal", category: null, explanation } };
    return [
      messageStart({ usage: counts }),
      ...blocks.flatMap(([make, extra], index) => [...make(index), ...extra]),
      ...messageEnd(stop, details),
    ];
  });

/** What the way up may have left for the way back. */
export const chatStates: fc.Arbitrary<Partial<ChatState>> = fc.record({
  clientNames: fc.constantFrom(new Map(), new Map([["g", "my.g"]])),
  customTools: fc.constantFrom<ReadonlySet<string>>(new Set(), new Set(["patch"])),
  isLegacy: fc.boolean(),
  jsonTool: fc.constantFrom(undefined, "json"),
  stripsFences: fc.boolean(),
  includeUsage: fc.boolean(),
});

/** How the upstream writes an event: exactly as the hosted API, or in other ways that mean the same. */
export const writings: fc.Arbitrary<(frame: string) => string> = fc.constantFrom(
  (frame: string) => frame,
  (frame: string) => frame,
  (frame: string) => frame.replaceAll("\n", "\r\n"),
  (frame: string) => frame.replaceAll("\n", "\r"),
  (frame: string) => frame.replace('"type":', ' "type" : '),
  (frame: string) => frame.replace(/\}\n\n$/, "   }\n\n"),
  (frame: string) => `: comment\n${frame}`,
);
