import OpenAI, { type ClientOptions } from "openai";
import type { SandboxOptions } from "../../../src/sandbox/options.ts";
import { schemaErrors } from "../../support/schema-validator.ts";
import { type Answer, openSandbox, type Parsed, type RawAnswer, type SandboxClient } from "./sandbox-client.ts";

/** A stream of chunks, already checked. `comments` are frames without data, `rest` is what came behind the last whole frame. */
export interface ChatStreamAnswer extends RawAnswer {
  readonly chunks: readonly Parsed[];
  readonly errors: readonly Parsed[];
  readonly comments: readonly string[];
  readonly done: boolean;
  readonly rest: string;
}

/** A sandbox that is asked in Chat Completions. */
export interface ChatClient extends SandboxClient {
  /** POST /v1/chat/completions with the bearer `zk_sandbox_test`; `headers` replace the usual ones, an empty value removes one. */
  chat(body: object, headers?: Record<string, string>): Promise<Answer>;
  chatStream(body: object, headers?: Record<string, string>): Promise<ChatStreamAnswer>;
  /** The official SDK. It never retries. */
  sdk(options?: ClientOptions): OpenAI;
}

function check(schema: string, value: unknown): void {
  const [error] = schemaErrors(schema, value);
  if (error !== undefined) throw new Error(`not a valid ${schema}: ${error}\n${JSON.stringify(value).slice(0, 2_000)}`);
}

/** Throws where an error lacks one of its four keys, or has another beside them. */
function checkError(body: Parsed): void {
  check("openai.ErrorResponse", body);
  const keys = [...Object.keys(body), ...Object.keys(body.error)].sort();
  if (keys.join() !== "code,error,message,param,type") throw new Error(`an error with the keys ${keys.join()}`);
}

function checkChatAnswer(status: number, body: Parsed): void {
  if (status === 200) check("openai.CreateChatCompletionResponse", body);
  else checkError(body);
}

/** Splits a stream into its frames and checks each. Throws where one is neither a chunk, an error, a comment nor `[DONE]`. */
export function readChatFrames(text: string): Omit<ChatStreamAnswer, keyof RawAnswer> {
  const frames = text.split("\n\n");
  const rest = frames.pop() ?? "";
  const chunks: Parsed[] = [];
  const errors: Parsed[] = [];
  const comments: string[] = [];
  let done = false;
  for (const frame of frames) {
    if (done) throw new Error(`behind [DONE]: ${frame}`);
    if (frame.startsWith(":")) comments.push(frame);
    else if (frame === "data: [DONE]") done = true;
    else {
      const [, data] = /^data: (\{.*\})$/.exec(frame) ?? [];
      if (data === undefined) throw new Error(`not a frame: ${JSON.stringify(frame)}`);
      const value = JSON.parse(data);
      if (value.error === undefined) {
        check("openai.CreateChatCompletionStreamResponse", value);
        chunks.push(value);
      } else {
        checkError(value);
        errors.push(value);
      }
    }
  }
  return { chunks, errors, comments, done, rest };
}

const usualHeaders = { authorization: "Bearer zk_sandbox_test", "content-type": "application/json" };

/** Starts a sandbox for one test; it is stopped behind it. */
export async function openChat(options: SandboxOptions = {}): Promise<ChatClient> {
  const client = await openSandbox(options);
  const send = async (body: object, headers: Record<string, string>): Promise<RawAnswer> => {
    const all = Object.entries({ ...usualHeaders, ...headers }).filter(([, value]) => value !== "");
    return await client.raw("POST", "/v1/chat/completions", Object.fromEntries(all), JSON.stringify(body));
  };
  return {
    ...client,
    async chat(body, headers = {}) {
      const answer = await send(body, headers);
      const parsed = JSON.parse(answer.text);
      checkChatAnswer(answer.status, parsed);
      return { ...answer, body: parsed };
    },
    async chatStream(body, headers = {}) {
      const answer = await send({ ...body, stream: true }, headers);
      const isStream = answer.headers["content-type"] === "text/event-stream; charset=utf-8";
      if (answer.headers["content-type"] === "application/json" && answer.text !== "")
        checkChatAnswer(answer.status, JSON.parse(answer.text));
      return { ...answer, ...readChatFrames(isStream ? answer.text : "") };
    },
    sdk: (more = {}) =>
      new OpenAI({ baseURL: `${client.sandbox.url}/v1`, apiKey: "zk_sandbox_sdk", maxRetries: 0, ...more }),
  };
}

/** A Chat Completions request that asks opus-4-7 this; `more` replaces or adds fields. */
export function askChat<More extends object>(
  content: string,
  more?: More,
): { model: string; messages: OpenAI.ChatCompletionMessageParam[] } & More {
  return { model: "claude-opus-4-7", messages: [{ role: "user", content }], ...(more as More) };
}

/** A shell tool as OpenAI's clients offer it. */
export const shellTool = {
  type: "function" as const,
  function: {
    name: "Bash",
    description: "Executes a command",
    parameters: {
      type: "object",
      properties: { command: { type: "string" } },
      required: ["command"],
      additionalProperties: false,
    },
  },
};

/** The message that the chunks of a stream add up to, as far as tests look at it. */
export function addedUp(chunks: readonly Parsed[]): Parsed {
  const message: Parsed = { content: "", reasoning: "", calls: [], finish: null };
  for (const { choices } of chunks) {
    const [choice] = choices;
    if (choice === undefined) continue;
    message.content += choice.delta.content ?? "";
    message.reasoning += choice.delta.reasoning_content ?? "";
    message.finish = choice.finish_reason ?? message.finish;
    for (const call of choice.delta.tool_calls ?? []) {
      message.calls[call.index] ??= { id: call.id, name: call.function.name, arguments: "" };
      message.calls[call.index].arguments += call.function.arguments ?? "";
    }
  }
  return message;
}
