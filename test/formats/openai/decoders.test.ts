import { describe, expect, it } from "vitest";
import { CustomInput } from "../../../src/formats/openai/custom-input.ts";
import { FenceStripper } from "../../../src/formats/openai/fence-stripper.ts";

interface Decoder {
  push(text: string): string;
  end(): string;
}

const decode = (decoder: Decoder, pieces: readonly string[]): string =>
  pieces.map((piece) => decoder.push(piece)).join("") + decoder.end();

/** What a decoder makes of a text, cut into two pieces at every place, and into single characters. */
function everyCut(make: () => Decoder, text: string): Set<string> {
  const results = new Set([decode(make(), [...text])]);
  for (let at = 0; at <= text.length; at++) results.add(decode(make(), [text.slice(0, at), text.slice(at)]));
  return results;
}

describe("taking a fence off", () => {
  it.each([
    ['```json\n{"a":1}\n```', '{"a":1}'],
    ['```\n{"a":1}\n```\n', '{"a":1}'],
    ['\n ```JSON  \r\n{"a":1}\r\n```  ', '{"a":1}'],
    ['{"a":"```"}', '{"a":"```"}'],
    ['```json\n{"a":"x ``` y"}\n```', '{"a":"x ``` y"}'],
    ['```json\n{"a":1}', '{"a":1}'],
    ["plain `code` text", "plain `code` text"],
    ["`x`", "`x`"],
    ["``", "``"],
    ["", ""],
    ["```json", "```json"],
    ["Here:\n```json\n{}\n```", "Here:\n```json\n{}\n```"],
    ['```json\n{"a":\n\n1}\n\n```', '{"a":\n\n1}\n'],
  ])("of %j leaves %j, wherever it is cut", (text, expected) => {
    expect([...everyCut(() => new FenceStripper(), text)]).toEqual([expected]);
  });

  it("holds nothing back of text that has no fence", () => {
    const stripper = new FenceStripper();
    expect(stripper.push('{"a"')).toBe('{"a"');
    expect(stripper.push(":1}\n```")).toBe(":1}\n```");
  });
});

describe("decoding a custom tool's input", () => {
  it.each([
    ['{"input":"*** Begin"}', "*** Begin"],
    [' { "input" : "a\\"b\\\\c\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é😀" } ', 'a"b\\c/\b\f\n\r\té😀é😀'],
    ['{"input":""}', ""],
    ["{}", ""],
    ["", ""],
    ['{"other":1,"input":"x"}', "x"],
    ['{"text":"x"}', '{"text":"x"}'],
    ['{"input":5}', '{"input":5}'],
    ['{"input', '{"input'],
    [`{"${"k".repeat(300)}":1,"input":"late"}`, "late"],
  ])("of %j gives %j, wherever it is cut", (json, expected) => {
    expect([...everyCut(() => new CustomInput(), json)]).toEqual([expected]);
  });

  it("gives the text as it comes", () => {
    const input = new CustomInput();
    expect([input.push('{"input":"a'), input.push("b\\"), input.push("nc"), input.push('"}'), input.end()]).toEqual([
      "a",
      "b",
      "\nc",
      "",
      "",
    ]);
  });
});
