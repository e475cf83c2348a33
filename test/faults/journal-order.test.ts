import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { historyNames, monthFiles } from "../../src/history/folder.ts";
import { readRow } from "../../src/history/rows.ts";
import { ask, smallBody } from "../proxy/support/client.ts";
import { until } from "../proxy/support/test-proxy.ts";
import { jsonAnswer, type RawConnection, startRawUpstream } from "../support/raw-upstream.ts";
import { startServe } from "./support/serve.ts";

/** How many requests have a row of their beginning in the history of a home. */
function beginnings(home: string): number {
  const state = join(home, ".local/state/zenthrex");
  const lines = historyNames(state)
    .flatMap((name) => monthFiles(join(state, "history", name)))
    .flatMap((file) => readFileSync(file, "utf8").split("\n"));
  return lines.filter((line) => readRow(line)?.kind === "start").length;
}

/** An upstream that looks into the history of the daemon in front of it each time that a request has come. */
async function startLooking(answer: (connection: RawConnection) => Promise<void>) {
  const seen: { readonly arrived: number; readonly rows: number }[] = [];
  let home = "";
  const upstream = await startRawUpstream(async (connection) => {
    for (;;) {
      await connection.readHead();
      seen.push({ arrived: upstream.requests.length, rows: beginnings(home) });
      await answer(connection);
    }
  });
  onTestFinished(() => upstream.close());
  const served = await startServe({ upstream: upstream.url });
  home = served.home;
  const headers = { "content-type": "application/json", "x-api-key": served.localToken };
  const askTogether = (count: number): Promise<unknown>[] =>
    Array.from({ length: count }, () => ask(served.port, { headers, body: smallBody }));
  return { seen, served, upstream, askTogether };
}

describe("the row of a beginning", () => {
  it("is in the file when the upstream gets the request, however many come together [F63]", async () => {
    const { seen, askTogether } = await startLooking((connection) =>
      connection.write(jsonAnswer('{"type":"message"}')),
    );
    for (let round = 0; round < 5; round++) await Promise.all(askTogether(20));
    expect(seen.length).toBe(100);
    expect(seen.filter(({ arrived, rows }) => rows < arrived)).toEqual([]);
  });

  it("is left of every request that got out before a kill -9 [F63]", async () => {
    const { seen, served, upstream, askTogether } = await startLooking(async (connection) => {
      await connection.ended;
    });
    const asked = askTogether(30).map((each) => each.catch(() => undefined));
    await until(() => seen.length > 0);
    served.kill("SIGKILL");
    await Promise.all([served.ended, ...asked]);
    expect(upstream.requests.length).toBeGreaterThan(0);
    expect(beginnings(served.home)).toBeGreaterThanOrEqual(upstream.requests.length);
  });
});
