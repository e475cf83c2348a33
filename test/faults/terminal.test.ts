import { describe, expect, it, onTestFinished } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import { reportError } from "../../src/cli/report-error.ts";
import { createServeLog } from "../../src/cli/serve/serve-log.ts";
import type { RequestRecord } from "../../src/proxy/options.ts";
import { fakeContext } from "../support/fake-context.ts";
import { jsonAnswer, startRawUpstream } from "../support/raw-upstream.ts";
import { runMain } from "../support/run-main.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { temporaryHome } from "../support/temporary-home.ts";

/** What steers a terminal, its title, clipboard and links, or the order of letters. */
const steering = [
  "\u001b[2J",
  "\u001b]0;title\u0007",
  "\u001b]52;c;ZXZpbA==\u0007",
  "\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007",
  "\u001b[31m",
  "\u001bP$q\u001b\\",
  "\u009b2J",
  "\u009d0;x\u009c",
  "\u0085",
  "\u0000",
  "\u0007",
  "\b\b\b\b",
  "\r",
  "\u000b",
  "\u000c",
  "\u007f",
  "\u200e",
  "\u200f",
  "\u202e",
  "\u202a",
  "\u2066",
  "\u2069",
  "\u061c",
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const random = seededRandom(20);
/** 500 texts: each has two things that steer, somewhere in ordinary letters. */
const texts = Array.from(
  { length: 500 },
  (_value, index) => `m${index}${random.one(steering)}ab${random.one(steering)}c`,
);

function steeringLines(output: string): string[] {
  return output.split("\n").filter((line) => raw.test(line));
}

async function upstreamWith(body: unknown, status = 200): Promise<string> {
  const upstream = await startRawUpstream(async (connection) => {
    for (;;) {
      await connection.readRequest();
      await connection.write(jsonAnswer(body, status));
    }
  });
  onTestFinished(() => upstream.close());
  return upstream.url;
}

const env = (url: string) => ({ ZENTHREX_KEY: "zk_test_0123456789abcdef", ZENTHREX_UPSTREAM: url });

describe("500 texts that steer a terminal", () => {
  it("as names of models in the wallet and the list are shown bare [T20]", async () => {
    const spent = { input_tokens: 1, output_tokens: 1, spent_usd: 0.1 };
    const wallet = {
      token: "zk_test_0123456789abcdef",
      balance_usd: 1,
      total_spent_usd: 50,
      total_input_tokens: 1,
      total_output_tokens: 1,
      per_model: Object.fromEntries(texts.map((text) => [text, spent])),
    };
    const shown = await runMain(["whoami"], { home: temporaryHome(), env: env(await upstreamWith(wallet)), tty: true });
    expect(shown.out.match(/m\d+/g)?.length).toBeGreaterThanOrEqual(500);
    expect(steeringLines(shown.out + shown.err)).toEqual([]);
    const list = { object: "list", data: texts.map((id) => ({ id, object: "model" })) };
    const models = await runMain(["models"], { home: temporaryHome(), env: env(await upstreamWith(list)), tty: true });
    expect(steeringLines(models.out + models.err)).toEqual([]);
  });

  it("as errors of the upstream and of ours are shown bare [T20]", async () => {
    for (const text of texts.slice(0, 50)) {
      const url = await upstreamWith({ type: "error", error: { type: "api_error", message: text } }, 500);
      const { out, err } = await runMain(["whoami"], { home: temporaryHome(), env: env(url), tty: true });
      expect(steeringLines(out + err)).toEqual([]);
    }
    for (const text of texts) {
      const context = fakeContext({ home: temporaryHome(), tty: true });
      await reportError(
        new ZenthrexError("ZX_FILE_ACCESS", `can't read ${text}`, { fix: `see ${text}` }),
        context,
        false,
      );
      await reportError(new Error(text), context, false);
      expect(steeringLines(context.out() + context.err())).toEqual([]);
    }
  });

  it("as what tools call themselves and ask for are logged bare [T20]", () => {
    const context = fakeContext({ home: temporaryHome(), tty: true });
    const log = createServeLog(context, { json: false, verbose: true, secrets: () => [] });
    for (const text of texts) {
      const record: RequestRecord = {
        id: "req_zx_1",
        startedAtMs: 0,
        route: "messages",
        lane: "raw",
        tool: text,
        modelAsked: text,
        modelServed: text,
        stream: true,
        status: 200,
        outcome: "completed",
        durationMs: 1,
        warnings: [{ code: "x", path: text, reason: text }],
      };
      log.sink.started(record);
      log.sink.ended(record);
      log.log({ level: "warn", message: text, fields: { path: text } });
    }
    log.flush();
    expect(context.out().split("\n").length).toBeGreaterThan(500);
    expect(steeringLines(context.out() + context.err())).toEqual([]);
  });
});
