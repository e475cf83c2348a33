import { describe, expect, it } from "vitest";
import { type ErrorCode, errorRow, errorTable, ZenthrexError } from "../../src/base/errors.ts";

const codes = Object.keys(errorTable) as ErrorCode[];

describe("the error table", () => {
  it.each(codes)("%s has a status, an exit code and one sentence that says what to do", (code) => {
    const row = errorRow(code);
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect([1, 2, 3, 4, 5, 6, 70]).toContain(row.exitCode);
    expect(row.fix).toMatch(/^[A-Z].*\.$/);
    expect(row.fix).not.toMatch(/sudo|chmod 777/);
  });

  it("says that no retry helps where none does", () => {
    for (const code of [
      "ZX_AUTH_TOKEN_WRONG",
      "ZX_WALLET_EMPTY",
      "ZX_MODEL_UNKNOWN",
      "ZX_ROUTE_UNKNOWN",
      "ZX_UPSTREAM_DNS",
      "ZX_UPSTREAM_TLS",
      "ZX_UPSTREAM_REFUSED_LOCAL",
    ] as const) {
      expect(errorRow(code).retryHelps, code).toBe(false);
    }
    for (const code of [
      "ZX_UPSTREAM_DNS_TEMPORARY",
      "ZX_UPSTREAM_TIMEOUT",
      "ZX_UPSTREAM_RESET",
      "ZX_UPSTREAM_CONNECT_TIMEOUT",
    ] as const) {
      expect(errorRow(code).retryHelps, code).toBe(true);
    }
  });

  it("lets the place that throws say a more exact fix", () => {
    expect(new ZenthrexError("ZX_USAGE", "no such option").fix).toBe("See --help.");
    expect(new ZenthrexError("ZX_USAGE", "no such option", { fix: "Use --port." }).fix).toBe("Use --port.");
  });
});
