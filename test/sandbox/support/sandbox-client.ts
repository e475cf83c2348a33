import { request as httpRequest } from "node:http";
import { afterEach } from "vitest";
import type { RunningSandbox, SandboxOptions } from "../../../src/sandbox/options.ts";
import { startSandbox } from "../../../src/sandbox/start-sandbox.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { checkAnswer, checkEvent } from "./answer-schemas.ts";

/** Anything that JSON.parse makes, for tests that look into it. */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
export type Parsed = any;

/** An answer as it arrived. `ended` is false where the connection broke before the answer was complete. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly ended: boolean;
}

/** A JSON answer, already checked against the schemas. */
export interface Answer extends RawAnswer {
  readonly body: Parsed;
}

/** A stream, already checked event by event. `rest` is what came behind the last whole frame. */
export interface StreamAnswer extends RawAnswer {
  readonly events: readonly Parsed[];
  readonly rest: string;
}

/** A sandbox on a clock that stands still, and ways to ask it. */
export interface SandboxClient {
  readonly sandbox: RunningSandbox;
  readonly clock: FakeClock;
  raw(method: string, path: string, headers?: Record<string, string>, body?: string | Buffer): Promise<RawAnswer>;
  /** POST /v1/messages with the key `zk_sandbox_test`; `headers` replace the usual ones, an empty value removes one. */
  post(body: object, headers?: Record<string, string>): Promise<Answer>;
  stream(body: object, headers?: Record<string, string>): Promise<StreamAnswer>;
  whoami(key?: string): Promise<Parsed>;
}

const running: RunningSandbox[] = [];
afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.stop();
});

const usualHeaders = {
  "x-api-key": "zk_sandbox_test",
  "anthropic-version": "2023-06-01",
  "content-type": "application/json",
};

/** One request over a connection of its own. */
export async function rawRequest(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return await new Promise<RawAnswer>((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const finish = (ended: boolean): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          text: Buffer.concat(chunks).toString("utf8"),
          ended,
        });
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => finish(true));
      response.on("error", () => finish(false));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Splits a stream into its frames and checks each. Throws where a frame isn't `event: x\ndata: {...}`. */
export function readFrames(text: string): { events: Parsed[]; rest: string } {
  const frames = text.split("\n\n");
  const rest = frames.pop() ?? "";
  const events = frames.map((frame) => {
    const [, name, data] = /^event: (\w+)\ndata: (\{.*\})$/.exec(frame) ?? [];
    if (name === undefined || data === undefined) throw new Error(`not a frame: ${JSON.stringify(frame)}`);
    const event = JSON.parse(data);
    if (event.type !== name) throw new Error(`the frame of ${name} holds a ${event.type}`);
    checkEvent(event);
    return event;
  });
  return { events, rest };
}

/** Starts a sandbox for one test; it is stopped behind it. */
export async function openSandbox(options: SandboxOptions = {}): Promise<SandboxClient> {
  const clock = createFakeClock(Date.UTC(2026, 10, 22, 12));
  const sandbox = await startSandbox({ clock, ...options });
  running.push(sandbox);
  const raw: SandboxClient["raw"] = (method, path, headers, body) =>
    rawRequest(sandbox.url, method, path, headers, body);
  const send = async (body: object, headers: Record<string, string>): Promise<RawAnswer> => {
    const all = Object.entries({ ...usualHeaders, ...headers }).filter(([, value]) => value !== "");
    return await raw("POST", "/v1/messages", Object.fromEntries(all), JSON.stringify(body));
  };
  return {
    sandbox,
    clock,
    raw,
    async post(body, headers = {}) {
      const answer = await send(body, headers);
      const parsed = JSON.parse(answer.text);
      checkAnswer(answer.status, parsed);
      return { ...answer, body: parsed };
    },
    async stream(body, headers = {}) {
      const answer = await send({ ...body, stream: true }, headers);
      const isJson = answer.headers["content-type"] === "application/json";
      if (isJson && answer.text !== "") checkAnswer(answer.status, JSON.parse(answer.text));
      return { ...answer, ...readFrames(answer.text) };
    },
    async whoami(key = "zk_sandbox_test") {
      return JSON.parse((await raw("GET", "/v1/whoami", { authorization: `Bearer ${key}` })).text);
    },
  };
}

/** A Messages request that asks opus-4-7 this; `more` replaces or adds fields. */
export function ask(content: unknown, more: object = {}): object {
  return { model: "claude-opus-4-7", max_tokens: 4_000, messages: [{ role: "user", content }], ...more };
}

/** A shell tool as agents offer it. */
export const bashTool = {
  name: "Bash",
  description: "Executes a command",
  input_schema: {
    type: "object",
    properties: { command: { type: "string" }, description: { type: "string" }, timeout: { type: "number" } },
    required: ["command"],
    additionalProperties: false,
  },
};

/** The text of an answer. */
export function textIn(message: Parsed): string {
  return message.content.map((block: Parsed) => block.text ?? "").join("");
}
