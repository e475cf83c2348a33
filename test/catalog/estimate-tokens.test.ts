import { describe, expect, it } from "vitest";
import {
  estimateRequestTokens,
  estimateTokens,
  requestTokenParts,
  sumOfParts,
} from "../../src/catalog/estimate-tokens.ts";

const prose = "The quick brown fox jumps over the lazy dog, and then it sleeps under a tree for the whole afternoon. ";

/** A PNG header with a size, as base64: enough for the estimator. */
function png(width: number, height: number): string {
  const bytes = Buffer.alloc(24);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString("base64");
}

function jpeg(width: number, height: number): string {
  const exif = Buffer.alloc(2 + 300);
  exif.set([0xff, 0xe1, 0x01, 0x2c]);
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3, 0, 0]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), exif, frame]).toString("base64");
}

const request = (content: unknown): object => ({ model: "m", max_tokens: 1, messages: [{ role: "user", content }] });
const imageOf = (data: string): object => ({
  type: "image",
  source: { type: "base64", media_type: "image/png", data },
});

describe("estimateTokens", () => {
  it("counts nothing for the empty text and at least one token for anything else", () => {
    expect(estimateTokens("", "4.7")).toBe(0);
    for (const text of ["a", " ", "1", "é", "你", "😀", "\u0000", "\ud800", "\n"]) {
      expect(estimateTokens(text, "before-4.7")).toBeGreaterThan(0);
    }
  });

  it("takes English prose at 3.1 and 2.4 bytes a token", () => {
    const text = prose.repeat(50);
    expect(text.length / estimateTokens(text, "before-4.7")).toBeCloseTo(3.1, 1);
    expect(text.length / estimateTokens(text, "4.7")).toBeCloseTo(2.4, 1);
  });

  it("takes code at a higher rate than prose of the same length", () => {
    const code = 'if (a[i] !== b.c) { x.push({ "k": y(z) }); } // ok\n'.repeat(50);
    const tokens = estimateTokens(code, "before-4.7");
    expect(code.length / tokens).toBeLessThan(2.8);
    expect(tokens).toBeGreaterThan(estimateTokens(prose.repeat(50).slice(0, code.length), "before-4.7"));
  });

  it("takes digits, hex and base64 nearly byte by byte", () => {
    const hex = "3f9a0c77b1e24d58".repeat(20);
    expect(estimateTokens(hex, "before-4.7")).toBe(Math.ceil(hex.length / 1.35));
    expect(estimateTokens(hex, "4.7")).toBe(Math.ceil(hex.length / 1.25));
  });

  it("takes a run of one character at one token a byte and white space at one for sixteen", () => {
    expect(estimateTokens("a".repeat(512), "4.7")).toBe(512);
    expect(estimateTokens(" ".repeat(160), "4.7")).toBe(10);
    expect(estimateTokens("=".repeat(40), "before-4.7")).toBe(40);
  });

  it("takes other scripts by their bytes", () => {
    expect(estimateTokens("привет", "4.7")).toBe(Math.ceil(12 / 2.5));
    expect(estimateTokens("你好世界", "4.7")).toBe(Math.ceil(12 / 2));
    expect(estimateTokens("😀🎉", "4.7")).toBe(8);
  });

  it("gives the newer tokenizer at least as many tokens as the older", () => {
    for (const text of [prose, "{}[]()", "12345", "你好", "äöü ß", "x".repeat(9)]) {
      expect(estimateTokens(text, "4.7")).toBeGreaterThanOrEqual(estimateTokens(text, "before-4.7"));
    }
  });
});

describe("estimateRequestTokens", () => {
  it("adds a request, a message and a block to the text", () => {
    const text = estimateTokens("hello", "4.7");
    expect(estimateRequestTokens(request("hello"), "4.7")).toBe(8 + 4 + 4 + text);
    expect(estimateRequestTokens(request([{ type: "text", text: "hello" }]), "4.7")).toBe(8 + 4 + 4 + text);
  });

  it("adds tools at the JSON rate and 600 for their instructions once", () => {
    const tool = { name: "Bash", description: prose, input_schema: { type: "object", properties: {} } };
    const bare = estimateRequestTokens(request("hello"), "4.7");
    const one = estimateRequestTokens({ ...request("hello"), tools: [tool] }, "4.7") - bare;
    const two = estimateRequestTokens({ ...request("hello"), tools: [tool, tool] }, "4.7") - bare;
    expect(one - (two - one)).toBe(600);
    expect(two - one).toBeGreaterThan(JSON.stringify(tool).length / 2.2);
  });

  it("counts system text, an output schema, tool calls and tool results", () => {
    const bare = estimateRequestTokens(request("x"), "4.7");
    const grown = [
      { ...request("x"), system: prose },
      { ...request("x"), system: [{ type: "text", text: prose }] },
      { ...request("x"), output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
      request([
        { type: "text", text: "x" },
        { type: "tool_result", tool_use_id: "t", content: prose },
      ]),
      request([
        { type: "text", text: "x" },
        { type: "tool_use", id: "t", name: "f", input: { prose } },
      ]),
      request([
        { type: "text", text: "x" },
        { type: "unheard_of", prose },
      ]),
    ];
    for (const body of grown) expect(estimateRequestTokens(body, "4.7")).toBeGreaterThan(bare + 8);
  });

  it("counts an image by its pixels, up to what the model scales it down to", () => {
    const tokens = (data: string, tokenizer: "4.7" | "before-4.7"): number =>
      estimateRequestTokens(request([imageOf(data)]), tokenizer) - 16;
    expect(tokens(png(750, 100), "4.7")).toBe(100);
    expect(tokens(jpeg(300, 250), "4.7")).toBe(100);
    expect(tokens(png(4000, 4000), "before-4.7")).toBe(1_600);
    expect(tokens(png(4000, 4000), "4.7")).toBe(5_000);
    expect(tokens("not base64!", "4.7")).toBe(5_000);
    const gif = Buffer.from("GIF89a\x4b\x00\x0a\x00", "latin1").toString("base64");
    expect(tokens(gif, "4.7")).toBe(1);
    const webp = Buffer.alloc(30);
    webp.write("RIFF", 0, "latin1");
    webp.write("WEBPVP8X", 8, "latin1");
    webp.writeUIntLE(749, 24, 3);
    webp.writeUIntLE(9, 27, 3);
    expect(tokens(webp.toString("base64"), "4.7")).toBe(10);
  });

  it("counts a PDF by its pages and an unseen one as ten", () => {
    const pdf = Buffer.from("%PDF-1.4 /Type /Page /Type /Pages /Type/Page").toString("base64");
    const document = (source: object): object => request([{ type: "document", source }]);
    expect(estimateRequestTokens(document({ type: "base64", data: pdf }), "4.7")).toBe(16 + 6_000);
    expect(estimateRequestTokens(document({ type: "url", url: "https://x.test/a.pdf" }), "4.7")).toBe(16 + 30_000);
    expect(estimateRequestTokens(document({ type: "text", data: "hello" }), "4.7")).toBeLessThan(30);
    const inside = { type: "content", content: [{ type: "text", text: prose }] };
    expect(estimateRequestTokens(document(inside), "4.7")).toBeGreaterThan(40);
  });

  it("counts encrypted thinking by its signature", () => {
    const block = { type: "thinking", thinking: "", signature: "A".repeat(400) };
    expect(estimateRequestTokens(request([block]), "4.7")).toBe(16 + 100);
  });

  it("counts a cache mark as nothing", () => {
    const marked = { cache_control: { type: "ephemeral" } };
    const tool = { name: "f", input_schema: { type: "object" } };
    const use = { type: "tool_use", id: "t", name: "f", input: {} };
    const of = (mark: object): number =>
      estimateRequestTokens({ ...request([{ ...use, ...mark }]), tools: [{ ...tool, ...mark }] }, "4.7");
    expect(of(marked)).toBe(of({}));
  });

  it("is the sum of its parts", () => {
    const body = {
      ...request([{ type: "text", text: prose }, imageOf(png(10, 10))]),
      system: [{ type: "text", text: prose }],
      tools: [
        { name: "f", input_schema: {} },
        { name: "g", input_schema: {} },
      ],
    };
    const parts = requestTokenParts(body, "4.7");
    expect([parts.tools.length, parts.system.length, parts.messages[0]?.length]).toEqual([2, 1, 2]);
    expect(sumOfParts(parts)).toBe(estimateRequestTokens(body, "4.7"));
  });

  it("never throws, whatever the body is", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 20_000; level++) deep = { content: [deep], type: "tool_result" };
    const odd: unknown[] = [
      ...[null, undefined, 1, "text", [], {}, { messages: 1 }, { messages: [null, 1, "x", [], {}] }],
      ...[request(null), request([null, 1, "x", [], {}]), request([{ type: "image" }, { type: "document" }])],
      ...[request([deep]), { tools: [deep, null], system: deep, output_config: { format: deep } }, { system: [deep] }],
      ...[request([{ type: "text", text: 5 }, { type: "thinking" }, { type: "tool_result", content: { a: 1 } }])],
    ];
    for (const body of odd) {
      const tokens = estimateRequestTokens(body, "before-4.7");
      expect(Number.isInteger(tokens)).toBe(true);
      expect(tokens).toBeGreaterThanOrEqual(8);
    }
    expect(estimateRequestTokens(request([deep]), "4.7")).toBeGreaterThan(20_000);
  });
});
