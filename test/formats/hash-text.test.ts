import { describe, expect, it } from "vitest";
import { hashText } from "../../src/formats/hash-text.ts";

describe("hashing a text", () => {
  it("gives sixteen hexadecimal digits, the same for the same text", () => {
    expect(hashText("")).toMatch(/^[0-9a-f]{16}$/);
    expect(hashText("a.b")).toBe(hashText("a.b"));
  });

  it("tells 200,000 similar texts apart, in its first eight digits nearly so", () => {
    const whole = new Set<string>();
    const short = new Set<string>();
    for (let index = 0; index < 200_000; index++) {
      const hash = hashText(`call_${index}`);
      whole.add(hash);
      short.add(hash.slice(0, 8));
    }
    expect(whole.size).toBe(200_000);
    // A perfect 32-bit hash loses about 5 of 200,000.
    expect(short.size).toBeGreaterThan(199_950);
  });
});
