import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { localPort } from "../../src/catalog/endpoints.ts";
import { main } from "../../src/cli/main.ts";
import { daemonLogFile } from "../../src/daemon/state-file.ts";
import { openRaw } from "../proxy/support/client.ts";
import { localTokenIn } from "../support/background.ts";
import { fakeContext } from "../support/fake-context.ts";
import { startRawUpstream } from "../support/raw-upstream.ts";
import { runMain } from "../support/run-main.ts";
import { temporaryHome } from "../support/temporary-home.ts";

/** Steers a terminal, begins a line of its own that looks like one of ours, turns letters round. */
const evil = "m\u001b[31m\u001b]0;t\u0007\u009b2J\u202e\u2028\u0085\r\n12:00:00 forged 200 ok \u001b[0m\u0000\b";
const latin = Buffer.from("evil\u009b2J\u0085\t\u00ad\u00a0forged", "latin1").toString("latin1");
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
/** What we paint with ourselves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
const paint = /\u001b\[\d+(?:;\d+)*m/g;

const wallet = {
  ...{ token: evil, name: evil, balance_usd: 1, total_spent_usd: 1, total_input_tokens: 1, total_output_tokens: 1 },
  per_model: { [evil]: { requests: 1, input_tokens: 1, output_tokens: 1, spent_usd: 1 } },
};

async function startEvilUpstream() {
  const upstream = await startRawUpstream(async (connection) => {
    for (let count = 0; ; count++) {
      const { path, method } = await connection.readRequest();
      const usage = { input_tokens: 5, output_tokens: 5 };
      const error = { type: "error", error: { type: evil, message: evil }, request_id: evil };
      const message = { type: "message", id: evil, model: evil, role: evil, content: [], stop_reason: evil, usage };
      const body = path.includes("whoami")
        ? wallet
        : method === "GET"
          ? { object: evil, data: [{ id: evil, type: "model", display_name: evil, created_at: evil }] }
          : count % 3 === 2
            ? error
            : message;
      const bytes = Buffer.from(JSON.stringify(body));
      const head = `HTTP/1.1 ${body === error ? "400" : "200"} ${latin}\r\ncontent-type: application/json\r\nrequest-id: ${latin}\r\n`;
      await connection.write(
        Buffer.concat([Buffer.from(`${head}content-length: ${bytes.length}\r\n\r\n`, "latin1"), bytes]),
      );
    }
  });
  onTestFinished(() => upstream.close());
  return upstream;
}

/** Requests with foreign text in every place that one has. */
async function ask(port: number, token: string): Promise<void> {
  const body = JSON.stringify({ model: evil, max_tokens: 1, messages: [{ role: evil, content: evil }], [evil]: evil });
  const good = JSON.stringify({
    model: "claude-haiku-4-5",
    max_tokens: 1,
    messages: [{ role: "user", content: "hi" }],
  });
  const targets = [
    "/v1/messages",
    "/v1/chat/completions",
    "/v1/responses",
    `/${latin}/v1/messages?${latin}`,
    "/x/%1b%5b31m%0aforged",
  ];
  const odd = JSON.stringify({
    ...JSON.parse(good),
    input: "hi",
    [evil]: evil,
    metadata: { [evil]: evil },
    user: evil,
  });
  for (const target of targets) {
    for (const content of [good, good, good, body, odd]) {
      const text =
        `POST ${target.replaceAll("\t", "")} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-api-key: ${token}\r\nuser-agent: ${latin}\r\n` +
        `anthropic-beta: ${latin}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
        `content-length: ${Buffer.byteLength(content)}\r\n\r\n`;
      const client = openRaw(port, Buffer.concat([Buffer.from(text, "latin1"), Buffer.from(content)]));
      await client.closed;
    }
  }
}

const lines: readonly (readonly [string, readonly string[]])[] = [
  ["log", ["log", "-n", "100"]],
  ["log --json", ["log", "--json", "-n", "100"]],
  ["log by a name", ["log", "--model", evil, "--tool", evil]],
  ["usage", ["usage", "--by", "model"]],
  ["usage by tool", ["usage", "--by", "tool"]],
  ["usage as CSV", ["usage", "--csv", "--by", "model"]],
  ["usage as JSON", ["usage", "--json", "--by", "model"]],
  ["whoami", ["whoami"]],
  ["whoami --history", ["whoami", "--history"]],
  ["models", ["models"]],
  ["status", ["status"]],
  ["budget", ["budget"]],
  ["logs", ["logs"]],
  ["statusline", ["statusline"]],
  ["doctor", ["doctor"]],
  ["doctor of an address", ["doctor", "--url", `http://127.0.0.1:1/${evil}`]],
  ["logs --json", ["logs", "--json"]],
  ["log --json -n 1", ["log", "--json", "-n", "1"]],
];

describe("foreign text in callers' and the upstream's words", () => {
  it("is one line and steers nothing, in the log and in what every command says [T20]", async () => {
    const upstream = await startEvilUpstream();
    const home = temporaryHome();
    const env = { ZENTHREX_UPSTREAM: upstream.url };
    await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: "zk_test_0123456789abcdef", env });
    await runMain(["config", "set", "upstream", upstream.url], { home });
    const bad: string[] = [];
    const check = (what: string, text: string): void => {
      for (const line of text.replace(paint, "").split("\n")) {
        if (raw.test(line)) bad.push(`${what}: ${JSON.stringify(line.slice(0, 200))}`);
        if (/^12:00:00 forged/.test(line)) bad.push(`${what}: a forged line`);
      }
    };
    for (const json of [false, true]) {
      const context = fakeContext({ home, tty: !json });
      const ended = main(["serve", "--port", "0", "--verbose", ...(json ? ["--json"] : [])], context);
      const [, port] = await context.until(/http:\/\/127\.0\.0\.1:(\d+)/);
      await ask(Number(port), localTokenIn(home));
      context.signal();
      await ended;
      check(`serve ${json}`, context.out() + context.err());
      expect((context.out() + context.err()).length).toBeGreaterThan(2_000);
    }
    const log = daemonLogFile(join(home, ".local/state/zenthrex"), localPort);
    mkdirSync(dirname(log), { recursive: true });
    const event = { type: "log", time: "2026-11-22T12:00:00.000Z", level: "warn", message: evil };
    const request = {
      type: "request",
      ...{ tool: evil, model_asked: evil, model_served: evil, lane: evil, outcome: evil },
    };
    const failure = { error: { code: evil, message: evil, fix: evil } };
    const own = [event, request, failure, { type: evil }].map((line) => JSON.stringify(line));
    writeFileSync(log, `${own.join("\n")}\n${evil.replace("\r\n", "")}\n${latin}\n`);
    const stdinText = JSON.stringify({
      ...{ model: { id: evil, display_name: evil }, cwd: evil, session_id: evil, version: evil },
      ...{ workspace: { current_dir: evil, project_dir: evil }, cost: { total_cost_usd: 1 }, transcript_path: evil },
    });
    writeFileSync(join(home, "zenthrex.json"), evil);
    for (const [name, argv] of lines) {
      for (const tty of [true, false]) {
        const { out, err } = await runMain(argv, { home, tty, stdinText, env });
        check(`${name} ${tty ? "on a terminal" : "in a pipe"}`, out + err);
      }
    }
    expect([...new Set(bad)]).toEqual([]);
  }, 60_000);
});
