import { describe, expect, it } from "vitest";
import { monthFiles } from "../../src/history/folder.ts";
import { readHistory } from "../../src/history/read-history.ts";
import { all, query } from "../history/support.ts";
import { ask, openRaw, toolHeaders } from "../proxy/support/client.ts";
import { until } from "../proxy/support/test-proxy.ts";
import { runZenthrex } from "../support/run-child.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { type ServedProcess, startServe } from "./support/serve.ts";

const body = (content: string, stream = false): string =>
  JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 64, stream, messages: [{ role: "user", content }] });

async function askTimes({ port, localToken }: ServedProcess, count: number): Promise<void> {
  const headers = { ...toolHeaders, "x-api-key": localToken };
  const answers = await Promise.all(Array.from({ length: count }, () => ask(port, { headers, body: body("hi") })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
}

/** A stream that has begun and goes on for minutes. */
async function hold({ port, localToken }: ServedProcess): Promise<void> {
  const text = body("[[sandbox: stall 300]]", true);
  const client = openRaw(
    port,
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
      `x-api-key: ${localToken}\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  );
  await until(() => client.received().includes("message_start"));
}

describe("two daemons of one home", () => {
  it("write one journal: no row is lost or double, and of a killed one only its own rows are ended [F63 F76]", async () => {
    const home = temporaryHome();
    const first = await startServe({ home });
    const second = await startServe({ home });
    expect(first.port).not.toBe(second.port);
    expect(first.localToken).toBe(second.localToken);
    for (let round = 0; round < 3; round++) await Promise.all([askTimes(first, 15), askTimes(second, 15)]);
    await hold(first);
    await hold(second);
    first.kill("SIGKILL");
    await first.ended;
    const third = await startServe({ home });
    await askTimes(third, 1);

    const folder = `${home}/.local/state/zenthrex/history/sandbox`;
    expect(monthFiles(folder).length).toBeLessThanOrEqual(2);
    const outcomes = async (): Promise<Record<string, number>> => {
      const asked = query(folder, { nowMs: Date.now() });
      const entries = await all(readHistory(asked));
      expect(new Set(entries.map(({ record }) => record.id)).size).toBe(entries.length);
      expect(asked.notes?.badLines).toBe(0);
      const counts: Record<string, number> = {};
      for (const { record, isRunning } of entries) {
        const what = isRunning ? "running" : record.outcome;
        counts[what] = (counts[what] ?? 0) + 1;
      }
      return counts;
    };
    let seen: Record<string, number> = {};
    await until(() => {
      void outcomes().then((counts) => {
        seen = counts;
      });
      return seen["interrupted"] === 1;
    });
    expect(seen).toEqual({ completed: 91, running: 1, interrupted: 1 });
    const listed = await runZenthrex(["log", "--sandbox", "--json", "-n", "200"], { home });
    expect(listed.exitCode, listed.stderr).toBe(0);
    for (const daemon of [second, third]) daemon.kill("SIGTERM");
  }, 60_000);
});
