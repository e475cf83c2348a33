import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import type { LogEvent, ProxyOptions, RequestRecord, RunningProxy } from "../../../src/proxy/options.ts";
import { startProxy } from "../../../src/proxy/start-proxy.ts";
import { createUpstreamClient } from "../../../src/upstream/client.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import {
  type RawConnection,
  type RawUpstream,
  type ReceivedRequest,
  startRawUpstream,
} from "../../support/raw-upstream.ts";

/** The key that the daemon holds in tests, and the token that tools send. */
export const realKey = "zk_real_0123456789abcdef0123456789abcdef";
export const localToken = "zxl_0123456789abcdef0123456789abcdef0123456789a";

/** A proxy for one test, and what it told. */
export interface TestProxy {
  readonly port: number;
  readonly url: string;
  readonly running: RunningProxy;
  /** What the sink was told, in order. */
  readonly started: Pick<RequestRecord, "id" | "route" | "tool" | "modelAsked">[];
  readonly ended: RequestRecord[];
  readonly logs: LogEvent[];
  /** Waits until that many requests have ended. */
  untilEnded(count: number): Promise<void>;
}

/** Polls until something holds. Throws: after 15 s, which is short of the test's own time limit. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Starts a proxy in front of an upstream, closed after the test. */
export async function startTestProxy(upstreamUrl: string, overrides: Partial<ProxyOptions> = {}): Promise<TestProxy> {
  const clock = overrides.clock ?? systemClock;
  const client = createUpstreamClient({ origin: upstreamUrl, clock: systemClock });
  // Without spare connections: tests count the ones that requests use.
  const upstream = overrides.upstream ?? { ...client, warm: () => undefined };
  const started: TestProxy["started"] = [];
  const ended: RequestRecord[] = [];
  const logs: LogEvent[] = [];
  const running = await startProxy({
    port: 0,
    addresses: ["127.0.0.1"],
    allowNetwork: false,
    apiKey: () => realKey,
    localToken: () => localToken,
    aliases: () => ({}),
    sonnetDefault: () => undefined,
    allowedHosts: () => [],
    allowedOrigins: () => [],
    sink: { started: (record) => void started.push(record), ended: (record) => void ended.push(record) },
    log: (event) => void logs.push(event),
    version: "9.9.9",
    chat: "upstream",
    strict: false,
    autoCache: false,
    ...overrides,
    clock,
    upstream,
  });
  onTestFinished(async () => {
    const closing = running.close(0);
    // A clock that a test drives stands still by now, and closing takes a moment of it.
    const driver = "advance" in clock ? setInterval(() => (clock as FakeClock).advance(1_000), 1) : undefined;
    await closing;
    clearInterval(driver);
    await upstream.close();
  });
  const url = `http://127.0.0.1:${running.port}`;
  return {
    port: running.port,
    url,
    running,
    started,
    ended,
    logs,
    untilEnded: (count) => until(() => ended.length >= count),
  };
}

/** Answers one request; the connection goes on unless it ends it. */
export type Answerer = (request: ReceivedRequest, connection: RawConnection) => Promise<void> | void;

/** A scripted upstream that answers every request with the same function, closed after the test. */
export async function startUpstream(answerer: Answerer): Promise<RawUpstream> {
  const upstream = await startRawUpstream(async (connection) => {
    for (;;) {
      const request = await connection.readRequest();
      await answerer(request, connection);
    }
  });
  onTestFinished(() => upstream.close());
  return upstream;
}

/** How many POSTs reached an upstream. */
export function posts(upstream: RawUpstream): ReceivedRequest[] {
  return upstream.requests.filter((request) => request.method === "POST");
}

/** Starts both. */
export async function startPair(answerer: Answerer, overrides: Partial<ProxyOptions> = {}) {
  const upstream = await startUpstream(answerer);
  return { upstream, proxy: await startTestProxy(upstream.url, overrides) };
}
