import { describe, expect, it } from "vitest";
import { createServeLog } from "../../../src/cli/serve/serve-log.ts";
import type { RequestRecord } from "../../../src/proxy/options.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { fakeContext } from "../../support/fake-context.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const secret = "zk_odd~CANARY.CANARY";
const record: RequestRecord = {
  id: "req_zx_1",
  startedAtMs: 0,
  route: "messages",
  lane: "translated",
  tool: "cline",
  stream: false,
  status: 200,
  outcome: "completed",
  durationMs: 1,
  warnings: [{ code: "dropped-n", path: "n", reason: "only one answer is given" }],
};

function newLog(options: { json?: boolean; verbose?: boolean } = {}) {
  const context = fakeContext({ home: temporaryHome(), clock: createFakeClock(0) });
  const log = createServeLog(context, {
    json: options.json === true,
    verbose: options.verbose === true,
    secrets: () => [secret],
  });
  return { context, log };
}

describe("the log of serve", () => {
  it("tells requests on stdout under one heading, and events on stderr", () => {
    const { context, log } = newLog();
    log.sink.ended(record);
    log.sink.ended({ ...record, warnings: [] });
    log.log({ level: "info", message: "hello", fields: { detail: 1 } });
    expect(
      context
        .out()
        .split("\n")
        .map((line) => line.slice(9, 20).trim()),
    ).toEqual(["tool", "cline", "cline", ""]);
    expect(context.err()).toBe("hello\n");
  });

  it("tells debug events and details with --verbose only", () => {
    const { context, log } = newLog({ verbose: true });
    log.sink.started({ id: "req_zx_1", startedAtMs: 0, route: "messages", tool: "cline" });
    log.log({ level: "warn", message: "odd", fields: { path: "/v1/v1" } });
    expect(context.err()).toBe("debug: request req_zx_1: messages from cline\nwarning: odd path=/v1/v1\n");
    const quiet = newLog();
    quiet.log.sink.started({ id: "req_zx_1", startedAtMs: 0, route: "messages", tool: "cline" });
    expect(quiet.context.err()).toBe("");
  });

  it("repeats what the proxy warned of once only with --verbose", () => {
    const { context, log } = newLog({ verbose: true });
    log.sink.ended(record);
    log.flush();
    expect(context.err()).toBe("debug: n: only one answer is given request=req_zx_1\n");
  });

  it("is one JSON object a line with --json, all on stdout", () => {
    const { context, log } = newLog({ json: true });
    log.ready({ port: 1 }, "not for programs");
    log.sink.ended(record);
    log.log({ level: "warn", message: "two\nlines", fields: { path: "/x" } });
    const lines = context
      .out()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { type: "ready", ready: true, port: 1 },
      { type: "request", tool: "cline", warnings: record.warnings },
      { type: "log", time: "1970-01-01T00:00:00.000Z", level: "warn", message: "two\nlines", path: "/x" },
    ]);
    expect(context.err()).toBe("");
  });

  it.each([false, true])(
    "lets no secret through, whatever its shape, and nothing that steers a terminal (json: %s)",
    (json) => {
      const { context, log } = newLog({ json, verbose: true });
      const evil = `\u001b]0;x\u0007 ${secret} zxl_${"b".repeat(43)} Bearer abcdefghijkl`;
      log.log({ level: "error", message: evil, fields: { value: evil } });
      log.sink.ended({
        ...record,
        tool: secret,
        modelServed: evil,
        warnings: [{ code: evil, path: evil, reason: evil }],
      });
      log.sink.started({ id: secret, startedAtMs: 0, route: evil, tool: evil });
      log.ready({ upstream: secret }, `serves ${secret}\n`);
      const all = context.out() + context.err();
      expect(all).not.toMatch(/CANARY|bbbbbbbb|abcdefgh/);
      expect(all.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    },
  );
});
