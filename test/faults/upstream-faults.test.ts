import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createDeflateRaw, createGzip } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import { ask, jsonOf, smallBody, streamBody } from "../proxy/support/client.ts";
import { errorFramePattern, sendStream, shortFrames } from "../proxy/support/sse.ts";
import { posts, startPair, startUpstream, until } from "../proxy/support/test-proxy.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { scriptedLookup } from "../support/lookup.ts";
import { jsonAnswer, type RawConnection, startRawUpstream } from "../support/raw-upstream.ts";
import { getModels, record } from "../support/upstream-call.ts";
import { startServe } from "./support/serve.ts";

const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-opus-4-7", content: [] };

describe("an upstream that takes minutes", () => {
  it.each([299, 301, 599])("to its first byte, %i s of them, is waited for [F55]", async (waitedS) => {
    for (const body of [smallBody, streamBody]) {
      const clock = createFakeClock();
      const connections: RawConnection[] = [];
      const { upstream, proxy } = await startPair((_request, connection) => void connections.push(connection), {
        clock,
      });
      const answered = ask(proxy.port, { body });
      await until(() => connections.length === 1);
      for (let second = 0; second < waitedS; second++) clock.advance(1_000);
      const [connection] = connections;
      if (connection === undefined) throw new Error("no connection");
      if (body === smallBody) await connection.write(jsonAnswer(message));
      else await sendStream(connection, [Buffer.from(shortFrames.join(""))]);
      const { status, text, isWhole } = await answered;
      expect([status, isWhole]).toEqual([200, true]);
      expect(text.replaceAll(/event: ping\ndata: \{"type": "ping"\}\n\n/g, "")).toBe(
        body === smallBody ? JSON.stringify(message) : shortFrames.join(""),
      );
      expect(posts(upstream)).toHaveLength(1);
    }
  });
});

describe("an upstream whose address changes", () => {
  it("is found at the new one by the next connection [F58]", async () => {
    const old = await startRawUpstream(async (connection) => {
      await connection.readRequest();
      await connection.write(jsonAnswer({ at: "old" }, 200, ["connection: close"]));
    });
    onTestFinished(() => old.close());
    const next = await startRawUpstream(
      async (connection) => {
        await connection.readRequest();
        await connection.write(jsonAnswer({ at: "new" }));
      },
      { port: old.port, host: "127.0.0.2" },
    );
    onTestFinished(() => next.close());
    const lookup = scriptedLookup(["127.0.0.1"], ["127.0.0.2"]);
    const client = createUpstreamClient({ origin: `http://localhost:${old.port}`, clock: systemClock, lookup });
    onTestFinished(() => client.close());
    const bodies: string[] = [];
    for (let round = 0; round < 2; round++) {
      const call = record(client, getModels);
      await call.done;
      bodies.push(call.body());
    }
    expect(bodies).toEqual(['{"at":"old"}', '{"at":"new"}']);
  });
});

describe("an upstream with odd statuses", () => {
  it.each([299, 418, 451, 599])(
    "%i is passed on raw, and never an answer that isn't one translated [F50]",
    async (status) => {
      const { proxy } = await startPair(
        (_request, connection) =>
          connection.write(jsonAnswer({ type: "error", error: { type: "odd", message: "odd" } }, status)),
        { chat: "translate" },
      );
      expect((await ask(proxy.port)).status).toBe(status);
      const chat = await ask(proxy.port, { path: "/v1/chat/completions" });
      expect(chat.status).toBeGreaterThanOrEqual(400);
      expect(jsonOf(chat)).toHaveProperty("error.message");
    },
  );

  it.each([600, 999, 0, 99])("%i is no status: 502 or what it says, and the daemon lives [F50 F47]", async (status) => {
    const { proxy } = await startPair(
      (_request, connection) =>
        connection.write(jsonAnswer({ type: "error", error: { type: "odd", message: "odd" } }, status)),
      {
        chat: "translate",
      },
    );
    for (const path of ["/v1/messages", "/v1/chat/completions"]) {
      const answer = await ask(proxy.port, { path });
      expect([502, status]).toContain(answer.status);
      expect(jsonOf(answer)).toHaveProperty("error");
    }
    expect((await ask(proxy.port, { method: "HEAD", path: "/api/hello" })).status).toBe(200);
  });
});

describe("a URL in a request", () => {
  it("is never opened by the daemon: images, documents, files, addresses of this machine and its cloud [T11]", async () => {
    const hits: string[] = [];
    const canary = createServer((request, response) => {
      hits.push(request.url ?? "");
      response.end();
    });
    await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void canary.close());
    const here = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
    const urls = [
      `${here}/a.png`,
      "file:///etc/passwd",
      "http://169.254.169.254/latest/meta-data/",
      `${here.replace("http", "gopher")}/x`,
    ];
    const sent: string[] = [];
    const { upstream, proxy } = await startPair(
      (request, connection) => {
        sent.push(request.body.toString());
        return connection.write(
          jsonAnswer({ type: "error", error: { type: "invalid_request_error", message: "no" } }, 400),
        );
      },
      { chat: "translate" },
    );
    for (const url of urls) {
      const chat = {
        model: "claude-opus-4-7",
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
      };
      const raw = {
        model: "claude-opus-4-7",
        max_tokens: 9,
        messages: [{ role: "user", content: [{ type: "image", source: { type: "url", url } }] }],
      };
      expect((await ask(proxy.port, { path: "/v1/chat/completions", body: JSON.stringify(chat) })).status).toBe(400);
      expect((await ask(proxy.port, { body: JSON.stringify(raw) })).status).toBe(400);
    }
    expect(hits).toEqual([]);
    expect(sent.filter((body) => body.includes(`${here}/a.png`))).toHaveLength(2);
    expect(sent.join("")).not.toContain("root:");
    expect(upstream.requests.every(({ path }) => path.startsWith("/v1/"))).toBe(true);
  });
});

describe("an answer of 1 GB in 1 MB", () => {
  /** Zeros, packed once or six times over. */
  async function pack(layers: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const packed = createGzip({ level: 9 });
    const zeros = Buffer.alloc(1024 * 1024);
    const done = new Promise<void>((resolve) => packed.on("end", resolve));
    packed.on("data", (chunk: Buffer) => chunks.push(chunk));
    for (let megabyte = 0; megabyte < 1024; megabyte++) {
      if (!packed.write(zeros)) await new Promise((resolve) => packed.once("drain", resolve));
    }
    packed.end();
    await done;
    let bytes: Buffer = Buffer.concat(chunks);
    for (let layer = 1; layer < layers; layer++) bytes = await packAgain(bytes);
    return bytes;
  }

  function packAgain(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      const again = createDeflateRaw();
      const chunks: Buffer[] = [];
      again.on("data", (chunk: Buffer) => chunks.push(chunk));
      again.on("end", () => resolve(Buffer.concat(chunks)));
      again.end(bytes);
    });
  }

  it.each([
    ["one layer", 1, "gzip"],
    ["six layers", 6, "deflate, deflate, deflate, deflate, deflate, gzip"],
  ])(
    "%s of compression: an error, and little memory [T18]",
    async (_name, layers, encoding) => {
      const bomb = await pack(layers);
      const upstream = await startUpstream(async (request, connection) => {
        const type = request.body.includes('"stream":true') ? "text/event-stream" : "application/json";
        const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bomb.length}\r\n\r\n`;
        await connection.write(Buffer.concat([Buffer.from(head), bomb]));
      });
      const served = await startServe({ upstream: upstream.url });
      const headers = { "content-type": "application/json", "x-api-key": served.localToken };
      await ask(served.port, { method: "GET", path: "/v1/models", headers });
      const before = residentMb(served.pid);
      for (const path of ["/v1/messages", "/v1/chat/completions"]) {
        for (const body of [smallBody, streamBody]) {
          const answer = await ask(served.port, { path, body, headers });
          // Some may have been sent as a stream before the bomb showed: then its last frame is an error.
          const isError =
            answer.status === 502 || errorFramePattern.test(answer.text) || /data: \{"error"/.test(answer.text);
          expect([path, answer.status, isError]).toEqual([path, answer.status, true]);
        }
      }
      const grownMb = peakMb(served.pid) - before;
      expect(grownMb).toBeLessThan(100);
      if (process.env["ZENTHREX_PROPERTY_RUNS"] === "full")
        process.stdout.write(`1 GB in ${layers} layers, four times: +${Math.round(grownMb)} MB at the most\n`);
      expect((await ask(served.port, { method: "HEAD", path: "/api/hello" })).status).toBe(200);
    },
    60_000,
  );
});

function memoryOf(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1]) / 1024;
}

function residentMb(pid: number): number {
  return memoryOf(pid, "VmRSS");
}

function peakMb(pid: number): number {
  return memoryOf(pid, "VmHWM");
}
