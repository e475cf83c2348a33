import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { sendRaw } from "../proxy/support/client.ts";
import { localToken, startTestProxy, startUpstream, until } from "../proxy/support/test-proxy.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { jsonAnswer, type ReceivedRequest } from "../support/raw-upstream.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { mutate, smugglingVectors, soundRequests } from "./support/hostile-text.ts";

const credential = `x-api-key: ${localToken}`;

async function startPair() {
  const upstream = await startUpstream((_request, connection) => connection.write(jsonAnswer({ type: "message" })));
  return {
    upstream,
    proxy: await startTestProxy(upstream.url, {
      receiveLimits: { headersTimeoutMs: 400, requestTimeoutMs: 400, checkEveryMs: 50 },
    }),
  };
}

/** Writes bytes, says that these are all, and resolves when the daemon has closed. */
function sendWhole(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const chunks: Buffer[] = [];
    // A half-closed client counts as one that left: it stays until there is an answer, or none comes.
    const timer = setTimeout(() => socket.destroy(), 1_500);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).includes("\r\n\r\n")) setTimeout(() => socket.end(), 2);
    });
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString("latin1"));
    });
    socket.write(bytes);
  });
}

function headersOf(request: ReceivedRequest, name: string): string[] {
  return request.rawHeaders.filter(
    (_value, index) => index % 2 === 1 && request.rawHeaders[index - 1]?.toLowerCase() === name,
  );
}

describe("two requests in one", () => {
  it("is told apart from one in 35 ways", () => {
    expect(smugglingVectors).toHaveLength(35);
    expect(new Set(smugglingVectors.map(({ name }) => name)).size).toBe(35);
  });

  it.each(smugglingVectors.map((vector) => [vector.name, vector] as const))(
    "by %s: nothing behind the first one arrives [T17]",
    async (_name, vector) => {
      const { upstream, proxy } = await startPair();
      const { status } = await sendRaw(proxy.port, Buffer.from(vector.bytes(proxy.port, credential), "latin1"));
      if (vector.isRefused) {
        expect([400, 403, 413]).toContain(status);
        expect(upstream.requests).toHaveLength(0);
        return;
      }
      // One whole body that looks like a request is a body: no JSON, or one upstream request at most.
      expect([200, 400]).toContain(status);
      expect(upstream.requests.length).toBeLessThanOrEqual(1);
      expect(
        upstream.requests.filter(({ body }) => body.includes("smuggled") && !body.includes("HTTP/1.1")),
      ).toHaveLength(0);
    },
  );

  const { numRuns } = propertyRuns(10_000);
  it(`stays one for the upstream after ${numRuns} mutations (seed 17) [T16 T17]`, async () => {
    const { upstream, proxy } = await startPair();
    const random = seededRandom(17);
    const spoilt = smugglingVectors.map((vector) => vector.bytes(proxy.port, credential));
    const sound = soundRequests(proxy.port, credential);
    const work = async (): Promise<void> => {
      for (; left > 0; ) {
        left--;
        await sendWhole(proxy.port, Buffer.from(mutate(random.one(random.one([spoilt, sound])), random), "latin1"));
      }
    };
    let left = numRuns;
    await Promise.all(Array.from({ length: 24 }, work));
    await until(() => proxy.ended.length === proxy.started.length);
    const inference = upstream.requests.filter(({ method }) => method === "POST");
    // The upstream never saw a request that the daemon did not mean to send: each has its own beginning and end here.
    expect(inference.length).toBeLessThanOrEqual(proxy.started.length);
    const ours = new Set(["/v1/messages", "/v1/chat/completions", "/v1/messages/count_tokens", "/v1/models"]);
    for (const request of upstream.requests) {
      expect(ours).toContain(request.path.split("?")[0]);
      expect(headersOf(request, "host")).toEqual([`127.0.0.1:${upstream.port}`]);
      expect(headersOf(request, "transfer-encoding")).toEqual([]);
      if (request.method === "POST") expect(headersOf(request, "content-length")).toHaveLength(1);
      expect(request.head).not.toMatch(/[^\r]\n|\r[^\n]|\0/);
      expect(request.head).not.toContain(localToken);
    }
    expect(proxy.ended.filter(({ errorCode }) => errorCode === "ZX_INTERNAL")).toEqual([]);
    expect(proxy.logs.filter(({ level }) => level === "error")).toEqual([]);
    expect(
      (await sendRaw(proxy.port, `HEAD /api/hello HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`)).status,
    ).toBe(200);
    if (numRuns >= 10_000) {
      process.stdout.write(
        `${numRuns} mutations: ${proxy.started.length} were requests, ${inference.length} reached the upstream, each as one\n`,
      );
    }
  }, 300_000);
});
