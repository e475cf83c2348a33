import { describe, expect, it } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import { anthropicError } from "../../src/formats/anthropic/errors.ts";
import { readFailure } from "../../src/formats/anthropic/read-failure.ts";
import { serializeHubRequest } from "../../src/formats/anthropic/serialize-request.ts";
import { openaiError } from "../../src/formats/openai/errors.ts";
import { headersFromHub } from "../../src/formats/openai/headers.ts";
import { ThinkingCache } from "../../src/formats/openai/thinking-cache.ts";
import { chatFromHub } from "../../src/formats/openai-chat/response.ts";
import { chatState, streamed, toHub } from "../support/chat-context.ts";
import { asHubMessage, chunksOf, dataOf } from "../support/hub-streams.ts";
import { schemaErrors } from "../support/schema-validator.ts";
import {
  bodyOf,
  casesOf,
  fitsPattern,
  mismatches,
  type Outcome,
  streams,
  valueAt,
} from "../support/translation-cases.ts";

type Fields = Record<string, unknown>;

/** Cases that are about sockets and paths, not about translation: tests of the proxy's. */
const provedByTheProxy: Readonly<Record<string, string>> = {
  S16: "a client that leaves aborts the upstream call: sockets",
  E04: "mis-shaped paths are repaired: routing",
};

/** Cases that we decide differently. None. */
const decidedDifferently: Readonly<Record<string, string>> = {};

const isOurs = ({ id }: { id: string }): boolean =>
  provedByTheProxy[id] === undefined && decidedDifferently[id] === undefined;

/** The answer before the request of T68: the cache has it. */
function cacheWithAnswer(): ThinkingCache {
  const cache = new ThinkingCache({ now: () => 0 });
  const content = [
    { type: "thinking", thinking: "hm", signature: "S1" },
    { type: "tool_use", id: "toolu_9", name: "f", input: {} },
  ];
  const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content, stop_reason: "tool_use" };
  const request = {
    model: "m",
    max_tokens: 1,
    messages: [{ role: "user" as const, content: [{ type: "text" as const, text: "q" }] }],
  };
  cache.remember(request, asHubMessage({ ...message, stop_sequence: null, usage: {} }));
  return cache;
}

function translated(input: unknown): Outcome {
  const hasSetup = (input as Fields)["setup"] !== undefined;
  try {
    const { request, warnings } = toHub(bodyOf(input), hasSetup ? { recallThinking: cacheWithAnswer().recall } : {});
    return { body: JSON.parse(serializeHubRequest(request)), status: 200, warnings };
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    // The proxy renders it from the table; its status and type are the row's.
    return { body: { error: { type: "invalid_request_error", param: error.param } }, status: 400, warnings: [] };
  }
}

describe("a Chat Completions request", () => {
  it.each(casesOf("c2m").filter(isOurs))("$id $title", ({ input, expect: expectation }) => {
    const outcome = translated(input);
    expect(mismatches(outcome, expectation as Fields)).toEqual([]);
    if (outcome.status === 200) expect(schemaErrors("anthropic.MessageCreateParams", outcome.body)).toEqual([]);
  });
});

describe("an upstream message", () => {
  it.each(casesOf("m2c").filter(isOurs))("$id $title", ({ input, expect: expectation }) => {
    const { body, warnings } = chatFromHub({ message: asHubMessage(input), inputTexts: [] }, chatState());
    expect(mismatches({ body, warnings, status: 200 }, expectation as Fields)).toEqual([]);
    expect(schemaErrors("openai.CreateChatCompletionResponse", body)).toEqual([]);
  });
});

/** Checks of `sc` cases whose expectation is an object. */
const streamChecks: Readonly<Record<string, (chunks: Fields[], expected: never, bytes: string) => void>> = {
  every_chunk_before_last_has: (chunks, expected: Fields) => {
    for (const chunk of chunks.slice(0, -1)) expect(chunk).toMatchObject(expected);
  },
  last: (chunks, expected: Fields) => expect(chunks.at(-1)).toMatchObject(expected),
  no_key_any_chunk: (chunks, keys: string[]) => {
    for (const chunk of chunks) for (const key of keys) expect(chunk).not.toHaveProperty(key);
  },
  tool_index_sequence: (chunks, expected: number[]) => {
    const indexes = chunks
      .map((chunk) => valueAt(chunk, "choices[0].delta.tool_calls[0].index"))
      .filter((index) => index !== undefined);
    expect([...new Set(indexes)]).toEqual(expected);
  },
  concatenated_arguments: (chunks, expected: string) => {
    const pieces = chunks.map((chunk) => valueAt(chunk, "choices[0].delta.tool_calls[0].function.arguments") ?? "");
    expect(pieces.join("")).toBe(expected);
  },
  bytes_match: (_chunks, pattern: string, bytes) => expect(bytes).toMatch(new RegExp(pattern)),
  reasoning_content_joined: (chunks, expected: string) => {
    expect(chunks.map((chunk) => valueAt(chunk, "choices[0].delta.reasoning_content") ?? "").join("")).toBe(expected);
  },
  content_chunks_after_reasoning: (chunks) => {
    const has = (key: string) => (chunk: Fields) => Boolean(valueAt(chunk, `choices[0].delta.${key}`));
    expect(chunks.findIndex(has("content"))).toBeGreaterThan(chunks.findLastIndex(has("reasoning_content")));
  },
  no_text_in_content_or_reasoning_content: (chunks, texts: string[]) => {
    expect(
      mismatches({ body: chunks, status: 200, warnings: [] }, { no_text_in_content_or_reasoning_content: texts }),
    ).toEqual([]);
  },
  constant: (chunks, keys: string[]) => {
    for (const key of keys) expect(new Set(chunks.map((chunk) => chunk[key])).size).toBe(1);
  },
  object: (chunks, expected: string) => {
    for (const chunk of chunks) expect(chunk["object"]).toBe(expected);
  },
  finish_reason: (chunks, expected: string) => {
    expect(
      chunks.map((chunk) => valueAt(chunk, "choices[0].finish_reason")).filter((reason) => reason !== null),
    ).toEqual([expected]);
  },
};

describe("an upstream stream", () => {
  const withStreams = casesOf("sc")
    .filter(isOurs)
    .filter(({ id }) => id !== "S15");

  it.each(withStreams)("$id $title", ({ id, expect: expectation }) => {
    const { events, includeUsage } = streams[id] ?? { events: [], includeUsage: false };
    const bytes = streamed(events, { includeUsage });
    const chunks = chunksOf(bytes);
    for (const chunk of chunks.filter((one) => one["error"] === undefined)) {
      expect(schemaErrors("openai.CreateChatCompletionStreamResponse", chunk)).toEqual([]);
    }
    if (!Array.isArray(expectation)) {
      for (const [key, expected] of Object.entries(expectation as Fields)) {
        const check = streamChecks[key];
        expect(check, key).toBeDefined();
        check?.(chunks, expected as never, bytes);
      }
      return;
    }
    const patterns = (expectation as string[]).filter((pattern) => !pattern.startsWith("close"));
    const data = dataOf(bytes).filter((text) => !text.startsWith(":"));
    // A case may stop describing before the stream ends, one with "close" may not.
    const described = id === "S05" ? data.slice(1, 1 + patterns.length) : data;
    expect(described.length).toBe(patterns.length);
    for (const [index, pattern] of patterns.entries()) {
      expect(fitsPattern(described[index] as string, pattern), `${described[index]} is not ${pattern}`).toBe(true);
    }
    if (patterns.length < expectation.length) expect(bytes).not.toMatch(/"finish_reason":"|\[DONE\]/);
  });

  it("S15 HTTP error before first byte keeps HTTP status (never 200 + SSE)", () => {
    const failure = readFailure(
      429,
      JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "slow down" } }),
    );
    const { status, body } = openaiError(failure);
    expect(status).toBe(429);
    expect(schemaErrors("openai.ErrorResponse", body)).toEqual([]);
    expect(headersFromHub(["retry-after", "7"], 0)).toEqual(["retry-after", "7"]);
  });
});

function pairs(list: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (let index = 0; index < list.length; index += 2) out[list[index] as string] = list[index + 1] as string;
  return out;
}

describe("an upstream error", () => {
  it.each(casesOf("err").filter(isOurs))("$id $title", ({ input, expect: expectation }) => {
    const { status, headers = {}, body } = input as { status: number; headers?: Record<string, string>; body: unknown };
    const failure = readFailure(status, JSON.stringify(body));
    const upstream = headersFromHub(Object.entries(headers).flat(), 0);
    const asOutcome = (error: ReturnType<typeof openaiError>): Outcome => ({
      body: { ...error.body, body: error.body },
      status: error.status,
      warnings: [],
      headers: pairs([...upstream, ...error.headers]),
    });
    const openai = openaiError(failure);
    const anthropic = anthropicError(failure);
    const { openai: ofOpenai = {}, anthropic: ofAnthropic = {}, ...ofBoth } = expectation as Record<string, Fields>;
    expect(mismatches(asOutcome(openai), { ...ofBoth, ...ofOpenai })).toEqual([]);
    expect(mismatches(asOutcome(anthropic), ofAnthropic)).toEqual([]);
    expect(schemaErrors("openai.ErrorResponse", openai.body)).toEqual([]);
    // The SDK's union has no request_too_large; Anthropic's own documentation of errors does.
    if (failure.type !== "request_too_large") {
      expect(schemaErrors("anthropic.ErrorResponse.lenient", anthropic.body)).toEqual([]);
    }
  });
});

describe("the list of cases", () => {
  it("is read by an interpreter that says no: an empty answer meets only the cases that ask for absence", () => {
    const empty: Outcome = { body: {}, status: 500, warnings: [], headers: {} };
    const met = casesOf("c2m").filter(
      ({ expect: expectation }) => mismatches(empty, expectation as Fields).length === 0,
    );
    expect(met.map(({ id }) => id)).toEqual(["T19", "T47", "T66", "T67"]);
    const messages = casesOf("m2c").filter(
      ({ expect: expectation }) => mismatches(empty, expectation as Fields).length === 0,
    );
    expect(messages).toEqual([]);
  });

  it("is whole: every case of these directions is proved here, by the proxy, or named as decided differently", () => {
    const all = (["c2m", "m2c", "sc", "err"] as const).flatMap((direction) => casesOf(direction));
    expect(all.length).toBe(96);
    expect(all.filter(isOurs).length).toBe(all.length - Object.keys(provedByTheProxy).length);
    for (const { id } of casesOf("sc").filter(isOurs)) expect(id === "S15" || streams[id] !== undefined, id).toBe(true);
  });
});
