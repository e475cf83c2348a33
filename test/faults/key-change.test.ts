import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../src/cli/main.ts";
import { ask, toolHeaders } from "../proxy/support/client.ts";
import { until } from "../proxy/support/test-proxy.ts";
import { chunk, lastChunk, streamHead } from "../support/chat-proxy.ts";
import { fakeContext } from "../support/fake-context.ts";
import { jsonAnswer, type RawConnection, startRawUpstream } from "../support/raw-upstream.ts";
import { runMain } from "../support/run-main.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { begun, frames, whole } from "../support/upstream-faults.ts";
import { filesWith, foundIn, spellingsOf } from "./support/canary.ts";

const old = "zk_old_CANARY/0123456789+abcdefOLD=";
const next = "zk_new_CANARY.9876543210~fedcbaNEW";
const words = [...spellingsOf(old), ...spellingsOf(next)];
const error = (text: string): string => frames({ type: "error", error: { type: "api_error", message: text } });
const wallet = (key: string) => ({
  ...{ token: key, name: `of ${key}`, balance_usd: key === old ? 1 : 2, total_spent_usd: 0 },
  ...{ total_input_tokens: 0, total_output_tokens: 0, per_model: {} },
});

/** An upstream that holds each stream until it is told how to end it, and remembers every key that came. */
async function startKeyUpstream() {
  const seen = new Set<string>();
  const held: { readonly key: string; readonly connection: RawConnection }[] = [];
  const upstream = await startRawUpstream(async (connection) => {
    for (;;) {
      const request = await connection.readRequest();
      const key = /^(?:x-api-key:|authorization: bearer) *(.*)\r$/im.exec(request.head)?.[1] ?? "";
      seen.add(key);
      if (request.path.includes("whoami")) await connection.write(jsonAnswer(wallet(key)));
      else if (request.method !== "POST") await connection.write(jsonAnswer({ object: "list", data: [] }));
      else if (!request.body.includes("refuse me")) {
        await connection.write(streamHead(`x-echo: ${[...seen].join(" ")}\r\n`) + chunk(begun).toString("latin1"));
        held.push({ key, connection });
      } else {
        const body = JSON.stringify({ type: "error", error: { type: "x", message: `not ${old}, not ${next}` } });
        await connection.write(
          `HTTP/1.1 400 No\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      }
    }
  });
  onTestFinished(() => upstream.close());
  return { held, url: upstream.url };
}

const lanes: readonly (readonly [string, string])[] = [
  ["/v1/messages", '{"model":"claude-opus-4-7","max_tokens":9,"messages":[{"role":"user","content":"hi"}]'],
  ["/v1/chat/completions", '{"model":"claude-opus-4-7","messages":[{"role":"user","content":"hi"}]'],
  ["/v1/responses", '{"model":"claude-opus-4-7","input":"hi"'],
];

describe("a key that is changed while streams run", () => {
  it.each(lanes)(
    "%s: they end on the old one, new ones take the new one, neither is told [F88 T12]",
    async (path, head) => {
      const { held, url } = await startKeyUpstream();
      const home = temporaryHome();
      const login = (stdinText: string) => runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText });
      await login(old);
      const context = fakeContext({ home });
      const ended = main(["serve", "--port", "0", "--json", "--verbose", "--drain", "0", "--upstream", url], context);
      onTestFinished(async () => {
        context.signal();
        await ended;
      });
      const { port } = JSON.parse((await context.until(/^\{"type":"ready".*$/m))[0]) as { port: number };
      const config = join(home, ".config/zenthrex/config.json");
      const token = (JSON.parse(readFileSync(config, "utf8")) as { localToken: string }).localToken;
      const headers = { ...toolHeaders, "x-api-key": token };
      const stream = () => ask(port, { path, headers, body: `${head},"stream":true}` });
      const whoami = async () => JSON.parse((await ask(port, { method: "GET", path: "/v1/whoami", headers })).text);

      const whole1 = stream();
      const failing = stream();
      await until(() => held.length === 2);
      expect(await whoami()).toMatchObject({ balance_usd: 1 });
      await login(next);
      const late = stream();
      await until(() => held.length === 3);
      expect(held.map(({ key }) => key)).toEqual([old, old, next]);
      expect(await whoami()).toMatchObject({ balance_usd: 2 });
      const refused = await ask(port, { path, headers, body: `${head.replace("hi", "refuse me")}}` });
      expect(refused.status).toBe(400);

      const ends = [whole.slice(begun.length), error(`of ${old} and ${next}`), error(`of ${next} and ${old}`)];
      for (const [index, { connection }] of held.entries()) {
        await connection.write(chunk(ends[index] ?? ""));
        await connection.write(lastChunk);
      }
      const answers = await Promise.all([whole1, failing, late]);
      expect(answers.every(({ isWhole }) => isWhole)).toBe(true);
      for (const { rawHeaders, text } of [...answers, refused]) {
        expect(foundIn(`${rawHeaders.join("\n")}\n${text}`, words)).toBeUndefined();
      }
      expect(JSON.stringify(await whoami())).not.toMatch(/CANARY/);

      await until(() => context.out().split('"type":"request"').length === 5);
      const rows = context
        .out()
        .split("\n")
        .filter((line) => line.includes('"type":"request"'))
        .map((line) => JSON.parse(line) as { outcome: string; status: number });
      expect(rows.map(({ outcome }) => outcome).sort()).toEqual([
        "completed",
        "upstream_error",
        "upstream_error",
        "upstream_error",
      ]);
      expect(foundIn(context.out() + context.err(), words)).toBeUndefined();
      expect(filesWith(home, words, [config])).toEqual([]);
      const journal = filesWith(join(home, ".local/state/zenthrex"), ['"t":"end"']);
      expect(journal).toHaveLength(1);
    },
  );
});
