import OpenAI from "openai";
import { afterEach } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { LogEvent, ProxyOptions, RequestRecord, RunningProxy } from "../../src/proxy/options.ts";
import { startProxy } from "../../src/proxy/start-proxy.ts";
import type { RunningSandbox, SandboxOptions } from "../../src/sandbox/options.ts";
import { startSandbox } from "../../src/sandbox/start-sandbox.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import type { FakeClock } from "./fake-clock.ts";
import { type RawConnection, type RawUpstream, startRawUpstream } from "./raw-upstream.ts";

/** The token that tools send, and the key that stays inside. */
export const localToken = "zxl_test_0000000000000000";
export const daemonKey = "zk_sandbox_daemon0000000000";

/** A proxy of one test and what it told. */
export interface ChatProxy {
  readonly proxy: RunningProxy;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly records: RequestRecord[];
  readonly logs: LogEvent[];
  /** The official SDK, pointed at it; it never retries. */
  client(options?: {
    readonly apiKey?: string;
    readonly headers?: Record<string, string>;
    maxRetries?: number;
  }): OpenAI;
  /** POST /v1/chat/completions with the local token; `headers` replace the usual ones. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Any request with the local token; `headers` replace the usual ones. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Resolves with the n-th record (from 1) once it is there. */
  record(count?: number): Promise<RequestRecord>;
}

const running: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

/** Waits until a condition holds. Throws: after 10 s. */
export async function until(condition: () => boolean, what = "a condition"): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Closes a proxy; its clock may stand still. */
export async function closeProxy(proxy: RunningProxy, clock?: Clock): Promise<void> {
  let isClosed = false;
  const closing = proxy.close(0).finally(() => {
    isClosed = true;
  });
  const fake = clock as Partial<FakeClock> | undefined;
  if (fake?.advance !== undefined) {
    await until(() => {
      fake.advance?.(1);
      return isClosed;
    }, "the proxy to close");
  }
  await closing;
}

/** Starts a proxy before an upstream; it is closed behind the test. */
export async function startChatProxy(
  upstreamUrl: string,
  options: Partial<ProxyOptions> & { readonly upstreamClock?: Clock } = {},
): Promise<ChatProxy> {
  const records: RequestRecord[] = [];
  const logs: LogEvent[] = [];
  const upstream = createUpstreamClient({ origin: upstreamUrl, clock: systemClock });
  const proxy = await startProxy({
    port: 0,
    addresses: ["127.0.0.1"],
    allowNetwork: false,
    upstream,
    apiKey: () => daemonKey,
    localToken: () => localToken,
    aliases: () => ({}),
    sonnetDefault: () => undefined,
    allowedHosts: () => [],
    allowedOrigins: () => [],
    sink: { started: () => undefined, ended: (record) => void records.push(record) },
    log: (event) => void logs.push(event),
    clock: systemClock,
    version: "0.0.0",
    chat: "translate",
    strict: false,
    autoCache: true,
    ...options,
  });
  running.push(async () => {
    await closeProxy(proxy, options.clock);
    await upstream.close();
  });
  const url = `http://127.0.0.1:${proxy.port}`;
  const call: ChatProxy["call"] = (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${localToken}`, "content-type": "application/json", ...headers },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" || Buffer.isBuffer(body) ? (body as string) : JSON.stringify(body) }),
    });
  return {
    proxy,
    url,
    records,
    logs,
    client: ({ apiKey = localToken, headers = {}, maxRetries = 0 } = {}) =>
      new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries, defaultHeaders: headers }),
    post: (body, headers = {}) => call("POST", "/v1/chat/completions", body, headers),
    call,
    async record(count = 1) {
      await until(() => records.length >= count, `record ${count}`);
      return records[count - 1] as RequestRecord;
    },
  };
}

/** A sandbox and a proxy before it. */
export async function startChatSandbox(
  options: Parameters<typeof startChatProxy>[1] = {},
  sandboxOptions: SandboxOptions = {},
): Promise<ChatProxy & { readonly sandbox: RunningSandbox }> {
  const sandbox = await startSandbox(sandboxOptions);
  running.push(() => sandbox.stop());
  return { ...(await startChatProxy(sandbox.url, options)), sandbox };
}

/** A scripted upstream and a proxy before it. `script` is run for each POST; connections that only warm up wait. */
export async function startChatRaw(
  script: (connection: RawConnection) => Promise<void> | void,
  options: Parameters<typeof startChatProxy>[1] = {},
): Promise<ChatProxy & { readonly upstream: RawUpstream }> {
  const upstream = await startRawUpstream(script);
  running.push(() => upstream.close());
  return { ...(await startChatProxy(upstream.url, options)), upstream };
}

/** The head of an SSE answer in chunks. */
export const streamHead = (extra = "", status = "200 OK"): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_upstream_1\r\n${extra}transfer-encoding: chunked\r\n\r\n`;

/** Bytes as one chunk of a chunked answer. */
export function chunk(bytes: string | Buffer): Buffer {
  const body = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")]);
}

/** The last chunk. */
export const lastChunk = "0\r\n\r\n";

/** A question of one line, with nothing said of streaming. */
export function ask(content: string): { model: string; messages: OpenAI.ChatCompletionMessageParam[] } {
  return { model: "claude-opus-4-7", messages: [{ role: "user", content }] };
}
