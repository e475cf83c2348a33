import { describe, expect, it } from "vitest";
import { maskSecret, printable, redact } from "../../src/base/redact.ts";

describe("redact", () => {
  it.each([
    "zk_live_0123456789abcdef",
    "zxl_abcdefghijklmnopqrstuvwxyz0123456789",
    "sk-ant-api03-abcdefgh1234567890",
    "sk-proj-abcdefgh1234567890",
    "AIzaSyA1234567890abcdefghijk",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
  ])("leaves of %s no more than its kind and four characters", (secret) => {
    const out = redact(`before ${secret} after`);
    expect(out).not.toContain(secret.slice(0, -4).slice(-8));
    expect(out).toMatch(/^before .+\.\.\..{4} after$/);
  });

  it("hides a hosted key whole, whatever a bearer token may hold, but not the end of a sentence", () => {
    expect(redact("it is zk_live.SECRET~SECRET/SECRET+x9z8.")).toBe("it is zk_...x9z8.");
    expect(redact("zk_a.SECRETSECRET12==")).toBe("zk_...12==");
  });

  it("hides a hosted key and a local token inside of a word, and as a URL or JSON spells them [T12]", () => {
    expect(redact("apikeyzk_live_SECRETSECRET")).toBe("apikeyzk_...CRET");
    expect(redact("tokenzxl_SECRETSECRETSECRET")).toBe("tokenzxl_...CRET");
    expect(redact("?key=zk_a%2FSECRET%2bSECRET%3D&b=1")).toBe("?key=zk_...T%3D&b=1");
    expect(redact('"zk_a\\/SECRET\\/SECRET"')).toBe('"zk_...CRET"');
  });

  it("leaves what is masked as it is", () => {
    const text = "key zk_...1234: fine (zk_...5678), zxl_...abcd";
    expect(redact(text)).toBe(text);
  });

  it("hides whatever stands behind Bearer", () => {
    expect(redact("authorization: Bearer some-opaque-token-value")).toBe("authorization: Bearer ...alue");
  });

  it("leaves ordinary words alone", () => {
    const text = "the task is risk-free; skip zk_ and claude-opus-4-7 and sk-1";
    expect(redact(text)).toBe(text);
  });
});

describe("maskSecret", () => {
  it("shows prefix and last four of a long secret and only the prefix of a short one", () => {
    expect(maskSecret("zk_live_0123456789abcdef")).toBe("zk_...cdef");
    expect(maskSecret("zk_short")).toBe("zk_...");
  });
});

describe("printable", () => {
  it("removes what steers a terminal and keeps text, tabs and newlines [T20]", () => {
    expect(printable("a\u001b[31mred\u0007\u202e\u200bb\tc\n")).toBe("a[31mredb\tc\n");
  });
});
