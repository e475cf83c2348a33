import { describe, expect, it } from "vitest";
import { decodeByteString, encodeByteString } from "../../src/formats/byte-string.ts";

describe("byte strings", () => {
  it.each(["", "plain", "é", "日本語", "😀 and “quotes”", "\ufeffx", "a".repeat(20_000) + "ü".repeat(20_000)])(
    "hold a text as its UTF-8 bytes and give it back",
    (text) => {
      const bytes = encodeByteString(text);
      expect(Buffer.from(bytes, "latin1").equals(Buffer.from(text))).toBe(true);
      expect(decodeByteString(bytes)).toBe(text);
    },
  );

  it("give U+FFFD for bytes that are no UTF-8, and never throw", () => {
    expect(decodeByteString("a\u00ffb")).toBe("a\ufffdb");
  });
});
