import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact } from "../../src/base/redact.ts";
import { createRedactor } from "../../src/base/redact-stream.ts";
import { propertyRuns } from "../support/property-runs.ts";

const body = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 24, maxLength: 48 })
  .map((text) => `S3CR3T${text}`);
const prefix = fc.constantFrom(
  "zk_",
  "zk_live_",
  "zxl_",
  "sk-ant-",
  "sk-or-",
  "sk-proj-",
  "sk-",
  "ghp_",
  "github_pat_",
  "xai-",
  "gsk_",
);
const bearer = fc.constantFrom("Bearer ", "Bearer  ", "Bearer\t", "Bearer\r\n ");
const secret = fc.oneof(
  fc.tuple(prefix, body).map(([start, rest]) => start + rest),
  fc.tuple(bearer, body).map(([start, rest]) => start + rest),
  fc.tuple(bearer, prefix, body).map(([start, kind, rest]) => start + kind + rest),
);
const noise = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    '{"x-api-key":"',
    '"}',
    "authorization: ",
    "Bearer",
    "Bearer ",
    "Bearer Bearer ",
    "zk_",
    "/",
    "=",
    "\n",
    " ",
    "aBearer ",
    "\u2028",
    "é",
  ),
);
const between = fc.constantFrom(" ", "\n", '"', "'", ",", "&key=", ":", "(", "\u0000");

/** Parts of a text, the secrets between what can't belong to them. */
const texts = fc.array(
  fc.oneof(
    noise,
    fc.tuple(between, secret, between).map((parts) => parts.join("")),
  ),
  { minLength: 1, maxLength: 8 },
);

/** The pieces of a text, cut anywhere. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((one, other) => one - other);
  return [...at, text.length].map((end, index) => text.slice(index === 0 ? 0 : at[index - 1], end));
}

function through(pieces: readonly string[]): string {
  const redactor = createRedactor();
  return pieces.map((piece) => redactor.push(piece)).join("") + redactor.end();
}

const runs = propertyRuns(200_000);
const { label, ...options } = runs;
const slow = propertyRuns(20_000);

describe("redaction of a text in pieces", () => {
  it(`comes to the same for every way to cut it, and lets no secret through (${label})`, () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (parts, places) => {
        const text = parts.join("");
        const shown = through(cut(text, places));
        expect(shown).toBe(redact(text));
        expect(shown).not.toContain("S3CR3T");
      }),
      options,
    );
  });

  it(`also character by character (${slow.label})`, () => {
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join("");
        expect(through([...text].flatMap((character) => character.split("")))).toBe(redact(text));
      }),
      { numRuns: slow.numRuns, seed: slow.seed },
    );
  });

  it("holds back no more than a word, and lets no secret out of one without an end", () => {
    const redactor = createRedactor();
    expect(redactor.push("a line\n")).toBe("a line\n");
    expect(redactor.isHolding).toBe(false);
    const endless = "zk_live_S3CR3T".padEnd(200_000, "S3CR3T");
    const shown = through([...cut(endless, [7, 65_000, 66_000, 130_000]), " and on"]);
    expect([shown.length < 100, shown.endsWith(" and on")]).toEqual([true, true]);
    const late = `${"x".repeat(100_000)}/zk_live_S3CR3TS3CR3TS3CR3T`;
    expect(through(cut(late, [70_000, 99_999, 100_003, 100_010]))).not.toContain("S3CR3T");
  });
});
