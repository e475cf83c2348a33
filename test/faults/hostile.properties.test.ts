import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { LogEvent, RunningProxy } from "../../src/proxy/options.ts";
import { startProxy } from "../../src/proxy/start-proxy.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import { localToken, realKey } from "../proxy/support/test-proxy.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { jsonAnswer, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { mutate, smugglingVectors } from "./support/hostile-text.ts";

let upstream: RawUpstream;
let proxy: RunningProxy;
const logs: LogEvent[] = [];

beforeAll(async () => {
  upstream = await startRawUpstream(async (connection) => {
    for (;;) {
      await connection.readRequest();
      await connection.write(jsonAnswer({ type: "message" }));
    }
  });
  const client = createUpstreamClient({ origin: upstream.url, clock: systemClock });
  proxy = await startProxy({
    port: 0,
    addresses: ["127.0.0.1"],
    allowNetwork: false,
    apiKey: () => realKey,
    localToken: () => localToken,
    aliases: () => ({}),
    sonnetDefault: () => undefined,
    allowedHosts: () => [],
    allowedOrigins: () => [],
    sink: { started: () => undefined, ended: () => undefined },
    log: (event) => void logs.push(event),
    clock: systemClock,
    version: "9.9.9",
    chat: "translate",
    strict: false,
    autoCache: false,
    upstream: { ...client, warm: () => undefined },
    receiveLimits: { headersTimeoutMs: 100, requestTimeoutMs: 100, checkEveryMs: 20 },
  });
});

afterAll(async () => {
  await proxy.close(0);
  await upstream.close();
});

/** Sends bytes and gives the statuses that came back, at the first answer or when the daemon closes. */
function statusesFor(bytes: string): Promise<string[]> {
  return new Promise((resolve) => {
    const socket = connect(proxy.port, "127.0.0.1");
    let text = "";
    const finish = (): void => {
      socket.destroy();
      resolve([...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? ""));
    };
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes("\r\n\r\n")) finish();
    });
    socket.on("error", finish);
    socket.on("close", finish);
    socket.write(Buffer.from(bytes, "latin1"));
  });
}

const bytesRuns = propertyRuns(100_000);
describe(`bytes that were a request once (${bytesRuns.label})`, () => {
  it("never reach the upstream without the token, get no 5xx, and leave the daemon serving [T3 T17 T19]", async () => {
    const seeds = fc.record({
      seed: fc.integer(),
      vector: fc.nat(smugglingVectors.length - 1),
      wrong: fc.constantFrom("x-api-key: wrong", "x: y"),
    });
    const before = upstream.requests.length;
    // Several at a time: most of a run is waiting for a head that never comes.
    const batches = fc.array(seeds, { minLength: 20, maxLength: 20 });
    const property = fc.asyncProperty(batches, async (batch) => {
      const answers = await Promise.all(
        batch.map(({ seed, vector, wrong }) =>
          statusesFor(mutate(smugglingVectors[vector]?.bytes(proxy.port, wrong) ?? "", seededRandom(seed))),
        ),
      );
      expect(answers.flat().filter((status) => !/^(4\d\d|200|100)$/.test(status))).toEqual([]);
      expect(upstream.requests.length).toBe(before);
    });
    await fc.assert(property, { seed: bytesRuns.seed, numRuns: Math.ceil(bytesRuns.numRuns / 20) });
    expect(logs.filter(({ level }) => level === "error")).toEqual([]);
    expect(await statusesFor(`HEAD /api/hello HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`)).toEqual(["200"]);
  });
});

const grammarRuns = propertyRuns(100_000);
describe(`Hosts and Origins of any spelling (${grammarRuns.label})`, () => {
  const label = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?$/);
  const name = fc.oneof(
    fc.constantFrom(
      "127.0.0.1",
      "localhost",
      "[::1]",
      "LOCALHOST",
      "127.1",
      "0.0.0.0",
      "[::]",
      "2130706433",
      "0x7f.0.0.1",
      "[::ffff:127.0.0.1]",
    ),
    fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join(".")),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
    label.map((text) => `localhost.${text}`),
    label.map((text) => `${text}.127.0.0.1`),
  );
  const port = fc.oneof(fc.constantFrom("P", "P", "", "0", "80", "0P", "P0", "P "), fc.nat(65_535).map(String));
  const dressed = fc.tuple(
    fc.constantFrom("", "", "", "user@", "http://", "//"),
    name,
    port,
    fc.constantFrom("", "", "", ".", "/", "#", "?x", ",evil.example"),
  );
  const host = dressed.map(([before, who, at, behind]) => `${before}${who}${at === "" ? "" : `:${at}`}${behind}`);
  const origin = fc.option(
    fc
      .tuple(fc.constantFrom("http://", "https://", "HTTP://", "", "null", "file://", "chrome-extension://"), host)
      .map((parts) => parts.join("")),
    { nil: undefined },
  );

  /** What the gate is held to, said another way: three names, this port, nothing around them. */
  const isOwn = (text: string): boolean => {
    const [, who, at] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/i.exec(text) ?? [];
    return who !== undefined && at === String(proxy.port);
  };

  it("pass where they are the daemon's own and no page's, and nowhere else [T1 T2]", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.tuple(host, origin), { minLength: 20, maxLength: 20 }),
      async (pairs) => {
        const asked = pairs.map(([sentHost, sentOrigin]) => {
          const here = (text: string): string => text.replace("P", String(proxy.port));
          const hostLine = here(sentHost);
          const lines = [`GET /v1/models HTTP/1.1`, `Host: ${hostLine}`, `x-api-key: ${localToken}`];
          if (sentOrigin !== undefined) lines.push(`Origin: ${here(sentOrigin)}`);
          return {
            isAllowed: isOwn(hostLine.trim()) && sentOrigin === undefined,
            text: `${lines.join("\r\n")}\r\n\r\n`,
            lines,
          };
        });
        const answers = await Promise.all(asked.map(({ text }) => statusesFor(text)));
        for (const [index, { isAllowed, lines }] of asked.entries()) {
          expect([lines, answers[index]]).toEqual([lines, [isAllowed ? "200" : "403"]]);
        }
      },
    );
    await fc.assert(property, { seed: grammarRuns.seed, numRuns: Math.ceil(grammarRuns.numRuns / 20) });
  });
});
