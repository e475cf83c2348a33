import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { openRaw, type RawClient } from "../proxy/support/client.ts";
import { chunked, shortFrames, sseHead } from "../proxy/support/sse.ts";
import { posts, startUpstream, until } from "../proxy/support/test-proxy.ts";
import { propertyRuns } from "../support/property-runs.ts";
import type { RawConnection } from "../support/raw-upstream.ts";
import { startServe } from "./support/serve.ts";

/** A client's way to leave. */
const leavings: readonly ((client: RawClient) => void)[] = [
  ({ socket }) => void socket.resetAndDestroy(),
  ({ socket }) => void socket.destroy(),
  ({ socket }) => void socket.end(),
];

const begun = sseHead + chunked([Buffer.from(shortFrames.slice(0, 3).join(""))]).toString();
const half = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"id":';

/** What was asked, and what the upstream has said when the client leaves. Shape: `answers`: the client has had bytes by then. */
const phases = [
  { lane: "raw", stream: true, said: "", answers: false },
  { lane: "raw", stream: true, said: sseHead, answers: false },
  { lane: "raw", stream: true, said: begun, answers: true },
  { lane: "raw", stream: false, said: "", answers: false },
  { lane: "raw", stream: false, said: half, answers: true },
  { lane: "translated", stream: true, said: "", answers: false },
  { lane: "translated", stream: true, said: begun, answers: true },
  { lane: "translated", stream: false, said: "", answers: false },
  { lane: "translated", stream: false, said: begun, answers: false },
] as const;

type Phase = (typeof phases)[number];

function requestText(phase: Phase, number: number, port: number, token: string): string {
  const path = phase.lane === "raw" ? "/v1/messages" : "/v1/chat/completions";
  const body = JSON.stringify({
    model: "claude-haiku-4-5",
    max_tokens: 16,
    stream: phase.stream,
    messages: [{ role: "user", content: `abort-${number}-` }],
  });
  return (
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nx-api-key: ${token}\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
  );
}

function percentile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(2);
}

const { numRuns: count, label } = propertyRuns(1_000);
/** The full count is what the figures are taken from; a fiftieth would leave out phases. */
const aborts = Math.max(count, phases.length * leavings.length * 2);

describe(`clients that leave (${label.split(",")[0]})`, () => {
  it("in every phase, raw and translated, by RST, FIN and half a close: each ends its upstream call [F3 F4 F5]", async () => {
    const connections = new Map<number, { connection: RawConnection; closedAt: Promise<number> }>();
    const sayings = new Map<number, string>();
    const upstream = await startUpstream(async (request, connection) => {
      const number = Number(/abort-(\d+)-/.exec(request.body.toString())?.[1]);
      const closedAt = connection.closed.then(() => performance.now());
      const said = sayings.get(number) ?? "";
      if (said !== "") await connection.write(said);
      connections.set(number, { connection, closedAt });
    });
    const served = await startServe({ upstream: upstream.url });
    const tookMs: number[] = [];
    for (let number = 0; number < aborts; number++) {
      const phase = phases[number % phases.length] as Phase;
      const leave = leavings[Math.floor(number / phases.length) % leavings.length];
      sayings.set(number, phase.said);
      const client = openRaw(served.port, requestText(phase, number, served.port, served.localToken));
      await until(() => connections.has(number));
      if (phase.answers) await until(() => client.received().length > 0);
      const leftAt = performance.now();
      leave?.(client);
      const closedAt = await connections.get(number)?.closedAt;
      tookMs.push((closedAt ?? Number.NaN) - leftAt);
      client.socket.destroy();
    }
    expect(posts(upstream)).toHaveLength(aborts);
    expect(tookMs).toHaveLength(aborts);
    expect(upstream.openConnections()).toBe(0);
    const records = served
      .output()
      .split("\n")
      .filter((line) => line.includes('"type":"request"'));
    await expect
      .poll(() => served.output().split('"outcome":"client_aborted"').length - 1, { timeout: 5_000 })
      .toBe(aborts);
    expect(records.filter((line) => !line.includes('"client_aborted"'))).toEqual([]);
    const sorted = [...tookMs].sort((a, b) => a - b);
    process.stdout.write(
      `${aborts} client aborts, ${tookMs.length} upstream aborts: p50 ${percentile(sorted, 0.5)} ms, ` +
        `p99 ${percentile(sorted, 0.99)} ms, slowest ${percentile(sorted, 1)} ms\n`,
    );
  }, 120_000);
});
