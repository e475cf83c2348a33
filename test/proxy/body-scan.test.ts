import { describe, expect, it } from "vitest";
import { firstKeyModel, looksLikeObject, scanBody, withModel } from "../../src/proxy/body-scan.ts";
import { seededRandom } from "../support/generated-streams.ts";

const scan = (text: string) => scanBody(Buffer.from(text));

describe("firstKeyModel", () => {
  it.each([
    ['{"model":"claude-opus-4-7","messages":[]}', "claude-opus-4-7"],
    [' \r\n\t{ "model" : "a" }', "a"],
    ['\ufeff{"model":"a"}', "a"],
    ['{"model":"ü"}', "ü"],
    ['{"messages":[],"model":"a"}', undefined],
    ['{"model":"a\\u0062"}', undefined],
    ['{"model":1}', undefined],
    ['{"model":"a', undefined],
    ['{"model":"a\nb"}', undefined],
    [`{"model":"${"a".repeat(300)}"}`, undefined],
    ["{", undefined],
    ["", undefined],
  ])("%j: %s", (text, model) => {
    expect(firstKeyModel(Buffer.from(text))).toBe(model);
  });
});

describe("scanBody", () => {
  it.each([
    ['{"model":"a","stream":true}', "a", true],
    ['{"stream":true,"model":"a"}', "a", true],
    ['{"stream": true ,"model" : "a" , "x":1}', "a", true],
    ['{"stream":false,"model":"a"}', "a", false],
    ['{"stream":"true","model":"a"}', "a", false],
    ['{"stream":true,"stream":false,"model":"a"}', "a", false],
    ['{"\\u006dodel":"a"}', "a", false],
    ['{"mode\\u006c":"a\\u0062"}', "ab", false],
    ['{"model":"a","model":"b"}', "b", false],
    ['{"model":"a","model":1}', undefined, false],
    ['{"messages":[{"model":"nested"}],"system":"\\"model\\":\\"no\\"","model":"a"}', "a", false],
    ['{"a":{"stream":true},"b":[{"stream":true}],"model":"a"}', "a", false],
    ['{"a":"\\\\","model":"a"}', "a", false],
    ['{"a":"\\\\\\"","model":"a"}', "a", false],
    ['{"a":-1.5e3,"b":true,"c":null,"model":"a"}', "a", false],
    ['{"a":[],"b":{},"c":"","model":"a"}', "a", false],
    ['\ufeff {"model":"a"}', "a", false],
    ['{"":1,"model":"a"}', "a", false],
    ["{}", undefined, false],
    ['{"model":"a"', "a", false],
    ['{"model":"a', undefined, false],
    ['{"x":"unfinished', undefined, false],
    ['{"model" "a"}', undefined, false],
    ['{model:"a"}', undefined, false],
    ["", undefined, false],
  ])("%j", (text, model, stream) => {
    expect(scan(text)).toMatchObject({ model, stream });
  });

  it("agrees with JSON.parse on 3,000 random documents, and replaces the model and nothing else", () => {
    const random = seededRandom(7);
    const below = (limit: number): number => Math.floor(random() * limit);
    const strings = [
      "",
      "a",
      '"',
      "\\",
      '\\"',
      "model",
      '"model":',
      "ü東🙂",
      "\n\t",
      "\\\\\\",
      "x".repeat(100),
      '"'.repeat(40),
      "}",
      "]{[,:",
    ];
    const value = (depth: number): unknown => {
      const kind = below(depth > 4 ? 4 : 6);
      if (kind === 0) return strings[below(strings.length)];
      if (kind === 1) return below(1000) / 8 - 20;
      if (kind === 2) return [true, false, null][below(3)];
      if (kind === 3) return strings[below(strings.length)]?.repeat(3);
      if (kind === 4) return Array.from({ length: below(4) }, () => value(depth + 1));
      return Object.fromEntries(
        Array.from({ length: below(4) }, () => [strings[below(strings.length)], value(depth + 1)]),
      );
    };
    const escaped = (text: string): string =>
      below(3) === 0
        ? text.replace(/[A-Za-z]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)
        : text;
    for (let round = 0; round < 3_000; round++) {
      const space = ["", " ", "\n  ", "\t"][below(4)] as string;
      const members = Array.from({ length: below(6) }, () => {
        const key =
          below(3) === 0 ? (["model", "stream"][below(2)] as string) : (strings[below(strings.length)] as string);
        const text =
          key === "model" && below(2) === 0 ? JSON.stringify(strings[below(strings.length)]) : JSON.stringify(value(0));
        return `${escaped(JSON.stringify(key))}${space}:${space}${text}`;
      });
      const body = Buffer.from(`${space}{${space}${members.join(`${space},${space}`)}${space}}${space}`);
      const parsed = JSON.parse(body.toString()) as Record<string, unknown>;
      const found = scanBody(body);
      const wanted =
        Object.hasOwn(parsed, "model") && typeof parsed["model"] === "string" ? parsed["model"] : undefined;
      expect(found.model, body.toString()).toBe(wanted);
      expect(found.stream, body.toString()).toBe(parsed["stream"] === true);
      const rewritten = withModel(body, found.modelValues, "new-model");
      const again = JSON.parse(rewritten.toString()) as Record<string, unknown>;
      expect(again).toEqual(Object.hasOwn(parsed, "model") ? { ...parsed, model: "new-model" } : parsed);
      if (found.modelValues.length === 0) expect(rewritten.equals(body)).toBe(true);
    }
  });

  it("passes strings full of escaped quotes, and deep nesting, in linear time", () => {
    const quotes = `{"a":"${'\\"'.repeat(2_000_000)}","model":"a"}`;
    const deep = `{"a":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)},"model":"a"}`;
    expect(scan(quotes).model).toBe("a");
    expect(scan(deep).model).toBe("a");
  });
});

describe("a scan with a depth", () => {
  it("ends at the first value that nests deeper, and finds what stands before it [F13]", () => {
    const deep = (depth: number): Buffer =>
      Buffer.from(`{"stream":true,"x":${"[".repeat(depth)}1${"]".repeat(depth)},"model":"a"}`);
    expect(scanBody(deep(512), 512)).toMatchObject({ stream: true, model: "a" });
    expect(scanBody(deep(513), 512)).toMatchObject({ stream: true, model: undefined });
    expect(scanBody(deep(5_000))).toMatchObject({ stream: true, model: "a" });
  });
});

describe("withModel", () => {
  it("replaces the bytes of the value only, white space and other keys untouched", () => {
    const body = Buffer.from('{ "messages": [ {"model":"x"} ], "model" :\t"gpt-4o" ,"stream":true }');
    const rewritten = withModel(body, scanBody(body).modelValues, "claude-opus-4-7");
    expect(rewritten.toString()).toBe('{ "messages": [ {"model":"x"} ], "model" :\t"claude-opus-4-7" ,"stream":true }');
  });

  it("lets a repeated key say the same everywhere", () => {
    const body = Buffer.from('{"model":"a","x":1,"model":"b"}');
    expect(withModel(body, scanBody(body).modelValues, "c").toString()).toBe('{"model":"c","x":1,"model":"c"}');
  });
});

describe("looksLikeObject", () => {
  it.each([
    ["{}", true],
    ["  \n{", true],
    ["\ufeff{}", true],
    ["[]", false],
    ["null", false],
    ['"{}"', false],
    ["", false],
    ["   ", false],
  ])("%j: %s", (text, expected) => {
    expect(looksLikeObject(Buffer.from(text))).toBe(expected);
  });
});
