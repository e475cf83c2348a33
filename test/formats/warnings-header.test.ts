import { describe, expect, it } from "vitest";
import { strictError } from "../../src/formats/strict-error.ts";
import { warningsHeader } from "../../src/formats/warnings-header.ts";

const warning = (code: string, path: string) => ({ code, path, reason: "a reason" });

describe("the warnings header", () => {
  it("is absent without warnings", () => {
    expect(warningsHeader([])).toBeUndefined();
  });

  it("lists codes, and paths where they say more, each once", () => {
    const list = [
      warning("dropped:seed", "seed"),
      warning("repaired:tool_result_missing", "messages[3].tool_calls[0]"),
      warning("dropped:seed", "seed"),
    ];
    expect(warningsHeader(list)).toBe("dropped:seed, repaired:tool_result_missing@messages[3].tool_calls[0]");
  });

  it("carries nothing of a field's name that could end a header", () => {
    const value = warningsHeader([warning("dropped:x\r\nset-cookie: a=b", "x\r\nset-cookie: a=b\u00e9")]) ?? "";
    expect(value).toMatch(/^[\x20-\x7e]+$/);
    expect(value).not.toMatch(/[\r\n ;=]/);
  });

  it("stays short, and counts what it leaves out", () => {
    const many = Array.from({ length: 500 }, (_, index) => warning("dropped:name", `messages[${index}].name`));
    const value = warningsHeader(many) ?? "";
    expect(value.length).toBeLessThan(2100);
    expect(value).toMatch(/, and \d+ more$/);
  });
});

describe("--strict", () => {
  it("lets a request without losses pass", () => {
    expect(strictError([])).toBeUndefined();
  });

  it("refuses the others with the first path", () => {
    const error = strictError([warning("dropped:seed", "seed"), warning("dropped:user", "user")]);
    expect(error).toMatchObject({ code: "ZX_UNTRANSLATABLE", param: "seed", message: "seed: a reason (and 1 more)" });
  });
});
