import { spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask, toolHeaders } from "../proxy/support/client.ts";
import { realKey } from "../proxy/support/test-proxy.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { type SeededRandom, seededRandom } from "../support/seeded-random.ts";
import type { ServedProcess } from "./support/serve.ts";
import { sayControl, startUnderAttack } from "./support/under-attack.ts";

const isFull = process.env["ZENTHREX_PROPERTY_RUNS"] === "full";

/** Writes bytes, and gives what came until the daemon closed, or for as long as it takes to see that nothing does. */
function send(port: number, bytes: string | Buffer, quietMs = 150): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    let timer = setTimeout(finish, 5_000);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      // Heads have a length here: a whole answer is waited for no longer.
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0 && length !== undefined && text.length >= end + 4 + Number(length)) finish();
      clearTimeout(timer);
      timer = setTimeout(finish, quietMs);
    });
    socket.on("error", finish);
    socket.on("close", finish);
    socket.write(bytes, () => undefined);
  });
}

/** Sends many, some at a time. */
async function sendAll(port: number, requests: readonly (string | Buffer)[]): Promise<string[]> {
  const answers: string[] = [];
  const queue = [...requests];
  const work = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) answers.push(await send(port, next));
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return answers;
}

const methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];
const paths = [
  "/v1/messages",
  "/v1/chat/completions",
  "/v1/models",
  "/v1/whoami",
  "/v1/messages/count_tokens",
  "/v1/v1/messages",
  "/chat/completions",
  "/api/config",
  "/healthz",
  "/admin/stop",
  "/../../etc/passwd",
  "/%2e%2e/v1/messages",
  "//evil.example/v1/messages",
  "http://evil.example/v1/messages",
  "*",
];
const hosts = [
  "127.0.0.1:P",
  "localhost:P",
  "[::1]:P",
  "evil.example",
  "127.0.0.1.evil.example:P",
  "0.0.0.0:P",
  "127.1:P",
  "",
];
const origins = [
  undefined,
  "null",
  "https://evil.example",
  "http://127.0.0.1:P",
  "http://localhost:P",
  "file://",
  "chrome-extension://x",
];
const sites = [undefined, "cross-site", "same-site", "same-origin", "none"];
const types = [
  undefined,
  "application/json",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
];
const body = '{"model":"claude-haiku-4-5","max_tokens":1,"messages":[{"role":"user","content":"hostile"}]}';

/** Credentials that are none. */
function credentials({ localToken }: ServedProcess): (string | undefined)[] {
  return [
    undefined,
    "x-api-key: wrong",
    `x-api-key: ${localToken.slice(0, -1)}`,
    `x-api-key: ${localToken}x`,
    `x-api-key: ${localToken.toUpperCase()}`,
    `authorization: Basic ${Buffer.from(`u:${localToken}`).toString("base64")}`,
    "authorization: Bearer ' OR 1=1 --",
    "authorization: Bearer sk-ant-api03-0123456789",
    `cookie: token=${localToken}`,
    `x-local-token: ${localToken}`,
  ];
}

function hostileRequest(random: SeededRandom, served: ServedProcess): string {
  const at = (text: string): string => text.replace("P", String(served.port));
  const method = random.one(methods);
  const origin = random.one(origins);
  const site = random.one(sites);
  const type = random.one(types);
  const credential = random.one(credentials(served));
  const lines = [
    `${method} ${random.one(paths)} HTTP/1.1`,
    `Host: ${at(random.one(hosts))}`,
    ...(origin === undefined ? [] : [`Origin: ${at(origin)}`]),
    ...(site === undefined ? [] : [`Sec-Fetch-Site: ${site}`]),
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...(credential === undefined ? [] : [credential]),
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

describe("callers without the token", () => {
  const { numRuns } = propertyRuns(50_000);

  it(`reach nothing and learn nothing, in ${numRuns} requests of any form [T1 T2 T3 T4 T5 T7]`, async () => {
    const { served, report } = await startUnderAttack();
    const random = seededRandom(7);
    const requests = Array.from({ length: numRuns }, () => hostileRequest(random, served));
    const upgrades = [undefined, "https://evil.example", `http://127.0.0.1:${served.port}`].map(
      (origin) =>
        `GET /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n${origin ? `Origin: ${origin}\r\n` : ""}\r\n`,
    );
    const answers = await sendAll(served.port, [...requests, ...upgrades]);
    const control = await report();
    expect(control.foreign).toEqual([]);
    expect(control.failures).toEqual([]);
    expect(answers).toHaveLength(numRuns + upgrades.length);
    const statuses = new Set(answers.map((answer) => answer.slice(9, 12)));
    for (const open of ["101", "201", "500", "502"]) expect(statuses).not.toContain(open);
    // 200 is what the routes without a fact in them say, and they say nothing.
    expect(
      answers.filter(
        (answer) => /^HTTP\/1\.1 200/.test(answer) && !/\r\n\r\n$/.test(answer) && !answer.includes('"proof"'),
      ),
    ).toEqual([]);
    const all = answers.join("\n");
    expect(all).not.toMatch(/access-control-|private-network/i);
    for (const secret of [served.localToken, realKey, served.home, "node_modules", "at Object."])
      expect(all).not.toContain(secret);
    sayControl(`${numRuns} hostile requests`, control);
  }, 300_000);

  it(`are told 401 whatever they send for a token: ${propertyRuns(100_000).numRuns} values [T23]`, async () => {
    const { served, report } = await startUnderAttack();
    const { numRuns: values } = propertyRuns(100_000);
    const random = seededRandom(23);
    const value = (): string => {
      const text = random.text(1 + random.below(60)).replaceAll(/[^\x21-\x7e]/g, "a");
      return (
        random.one([
          text,
          `Bearer ${text}`,
          served.localToken.slice(0, random.below(served.localToken.length)),
          `Bearer zk-${text}`,
        ]) || "x"
      );
    };
    const statuses = new Map<string, number>();
    for (let done = 0; done < values; done += 500) {
      const batch = Array.from({ length: Math.min(500, values - done) }, (_value, index) => {
        const isLast = index === Math.min(500, values - done) - 1;
        return (
          `GET /v1/whoami HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\nAuthorization: ${value()}\r\n` +
          `${isLast ? "Connection: close\r\n" : ""}\r\n`
        );
      });
      const text = await untilClosed(served.port, batch.join(""));
      for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
        statuses.set(status ?? "", (statuses.get(status ?? "") ?? 0) + 1);
      }
    }
    expect([...statuses]).toEqual([["401", values]]);
    const control = await report();
    expect(control.foreign).toEqual([]);
    expect(control.failures).toEqual([]);
    sayControl(`${values} credentials`, control);
  }, 300_000);
});

function untilClosed(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    socket.write(bytes);
  });
}

describe("bodies made to hurt", () => {
  it("deep JSON and bombs are refused where they would be parsed, and nobody beside them waits [F13 T18 T19]", async () => {
    const { served, report } = await startUnderAttack();
    const headers = { ...toolHeaders, "x-api-key": served.localToken };
    const chat = { path: "/v1/chat/completions" };
    for (const depth of [513, 5_000, 100_000, 1_000_000, 5_000_000]) {
      for (const [open, close] of [
        ["[", "]"],
        ['{"a":', "}"],
      ] as const) {
        const deep = `{"model":"claude-haiku-4-5","messages":${open.repeat(depth)}1${close.repeat(depth)}}`;
        const { status, text } = await ask(served.port, { ...chat, body: deep, headers });
        expect([depth, status]).toEqual([depth, 400]);
        expect(text).toContain("levels");
      }
    }
    const gigabyte = gzipSync(Buffer.alloc(256 * 1024 ** 2));
    const layered = [1, 2, 3, 4, 5].reduce((bytes: Buffer) => deflateRawSync(bytes), gigabyte);
    for (const [encoding, bomb, status] of [
      ["gzip", gigabyte, 413],
      ["gzip, deflate, deflate, deflate, deflate, deflate", layered, 415],
      ["deflate", layered, 400],
    ] as const) {
      const answer = await ask(served.port, {
        ...chat,
        body: bomb,
        headers: { ...headers, "content-encoding": encoding },
      });
      expect([encoding, answer.status]).toEqual([encoding, status]);
    }
    const control = await report();
    expect([control.foreign, control.failures]).toEqual([[], []]);
    sayControl("deep JSON and bombs", control);
  }, 60_000);
});

/** Where the program is: on the PATH, or where a variable says. */
const slowhttptest = process.env["ZENTHREX_SLOWHTTPTEST"] ?? "slowhttptest";
const hasSlowhttptest = spawnSync(slowhttptest, ["-h"]).error === undefined;

describe("slowhttptest with 1,000 connections", () => {
  it.runIf(isFull && hasSlowhttptest).each([
    ["slow heads", ["-H", "-i", "5"]],
    ["slow bodies", ["-B", "-i", "5", "-s", "8192", "-f", "application/json"]],
    ["slow reading", ["-X", "-n", "5", "-k", "3"]],
  ])(
    "%s: others are served [T19 F8]",
    async (name, options) => {
      const { served, report } = await startUnderAttack();
      const common = ["-c", "1000", "-r", "500", "-l", "30", "-p", "3", "-u", `${served.url}/v1/messages`];
      const attack = spawn(slowhttptest, [...options, ...common], { stdio: "ignore" });
      await new Promise((resolve) => attack.once("close", resolve));
      const control = await report();
      expect([control.foreign, control.failures]).toEqual([[], []]);
      sayControl(`slowhttptest, ${name}`, control);
    },
    120_000,
  );
});
