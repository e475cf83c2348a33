import { describe, expect, it } from "vitest";
import { errorTable, ZenthrexError } from "../../src/base/errors.ts";
import { reportError } from "../../src/cli/report-error.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const secret = "zk_live_0123456789abcdef";

describe("reportError", () => {
  it.each(Object.entries(errorTable))("ends %s with its exit code, and says what to do", async (code, row) => {
    const context = fakeContext({ home: temporaryHome() });
    const error = new ZenthrexError(code as keyof typeof errorTable, "something happened");
    expect(await reportError(error, context, false)).toBe(row.exitCode);
    expect(context.err()).toBe(`error: something happened\nfix:   ${row.fix}\n`);
    expect(context.out()).toBe("");
  });

  it("tells a bug in one line and its stack only when asked, and exits 70", async () => {
    const bug = new TypeError(`cannot read ${secret}\nsecond line`);
    const context = fakeContext({ home: temporaryHome() });
    expect(await reportError(bug, context, false)).toBe(70);
    expect(context.err()).toMatch(/^error: unexpected TypeError: cannot read zk_\.\.\.cdef\nfix: {3}Report it.*\n$/);
    const debugging = fakeContext({ home: temporaryHome(), env: { ZENTHREX_DEBUG: "1" } });
    await reportError(new ZenthrexError("ZX_NETWORK", "no", { cause: bug }), debugging, false);
    expect(debugging.err()).toMatch(/caused by: TypeError[\s\S]+report-error\.test\.ts/);
    expect(debugging.err()).not.toContain(secret);
  });

  it("is one JSON line with --json", async () => {
    const context = fakeContext({ home: temporaryHome() });
    await reportError(new ZenthrexError("ZX_NETWORK", `refused ${secret}`, { fix: "Wait." }), context, true);
    expect(JSON.parse(context.err())).toEqual({
      error: { code: "ZX_NETWORK", message: "refused zk_...cdef", fix: "Wait.", exit_code: 5 },
    });
    expect(context.err().trimEnd()).not.toContain("\n");
  });

  it("lets nothing through that steers a terminal [T20]", async () => {
    const context = fakeContext({ home: temporaryHome(), tty: true, color: true });
    await reportError(new ZenthrexError("ZX_NETWORK", "upstream says \u001b]0;evil\u0007\u009b2J"), context, false);
    expect(context.err()).toBe(
      `\u001b[31merror:\u001b[39m upstream says ]0;evil2J\n\u001b[2mfix:\u001b[22m   ${errorTable.ZX_NETWORK.fix}\n`,
    );
  });
});
