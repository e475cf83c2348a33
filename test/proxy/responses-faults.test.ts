import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { type ChatProxy, chunk, lastChunk, startChatRaw, streamHead } from "../support/chat-proxy.ts";
import { messageEnd, messageStart, textBlock, toolBlock } from "../support/hub-streams.ts";
import { askResponse, eventsOf } from "../support/responses.ts";
import { thrown } from "../support/thrown.ts";
import { begun, earlyFaults, end, frames, lateFaults, once, send, thenDo, whole } from "../support/upstream-faults.ts";

async function streamed(chat: ChatProxy): Promise<{ text: string; status: string | undefined }> {
  let text = "";
  let status: string | undefined;
  const stream = await chat.client().responses.create({ ...askResponse("x"), stream: true });
  for await (const event of stream) {
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type === "response.completed") status = event.response.status;
  }
  return { text, status };
}

describe.each(lateFaults)("with %s in mid-stream", (_name, act) => {
  it("the SDK raises for a stream, and for its helper", async () => {
    const chat = await startChatRaw(once(act));
    expect(await thrown(streamed(chat))).toBeInstanceOf(OpenAI.APIError);
    expect(await thrown(chat.client().responses.stream(askResponse("x")).finalResponse())).toBeInstanceOf(
      OpenAI.OpenAIError,
    );
    expect(chat.upstream.requests.filter(({ method }) => method === "POST")).toHaveLength(2);
    expect(await chat.record(2)).toMatchObject({ outcome: "upstream_error", status: 200, stream: true });
  });

  it("the stream holds all words that came, then response.failed, and no other end", async () => {
    const chat = await startChatRaw(once(act));
    const response = await chat.call("POST", "/v1/responses", { ...askResponse("x"), stream: true });
    expect(response.status).toBe(200);
    const events = eventsOf(await response.text());
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
    expect(types.filter((type) => type === "response.failed")).toHaveLength(1);
    expect(types).not.toContain("response.completed");
    expect(types).not.toContain("response.incomplete");
    // The item under way is never said to be whole: Codex takes an item that is done into its history.
    expect(types).not.toContain("response.output_item.done");
    // The SDK raises on the one and needs no more; Codex only knows the other.
    expect(types.slice(-2)).toEqual(["error", "response.failed"]);
    const failed = events.find(({ type }) => type === "response.failed")?.response;
    expect(failed).toMatchObject({ status: "failed", error: { message: expect.stringMatching(/./) } });
    expect(events.some(({ delta }) => delta === "Hi from ")).toBe(true);
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", usage: { inputTokens: 10 } });
  });

  it("the SDK raises a status for JSON", async () => {
    const chat = await startChatRaw(once(act));
    const error = await thrown(chat.client().responses.create(askResponse("x")));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(chat.upstream.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", stream: false });
  });
});

describe.each(earlyFaults)("with %s", (_name, act, status) => {
  it.each([true, false])(`the caller gets the status ${status} (stream: %s)`, async (stream) => {
    const chat = await startChatRaw(once(act));
    const response = await chat.call("POST", "/v1/responses", { ...askResponse("x"), stream });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json");
    const body = (await response.json()) as { error: Record<string, unknown> };
    expect(Object.keys(body.error).sort()).toEqual(["code", "message", "param", "type"]);
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", status });
    expect(chat.upstream.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});

describe("a stream that is cut", () => {
  const answer = frames(
    messageStart(),
    ...textBlock(0, "Hé", "llo"),
    ...toolBlock(1, "toolu_1", "f", '{"a"', ":1}"),
    ...messageEnd("tool_use"),
  );

  it("behind any byte is an error, and never taken for whole by the SDK", async () => {
    const chat = await startChatRaw(async (connection) => {
      for (;;) {
        const { method, body } = await connection.readRequest();
        if (method !== "POST") continue;
        const length = Number(/cut behind (\d+)/.exec(body.toString())?.[1]);
        const cut = length === 0 ? [] : [chunk(answer.slice(0, length))];
        await connection.write(Buffer.concat([Buffer.from(streamHead()), ...cut, Buffer.from(lastChunk)]));
      }
    });
    const client = chat.client();
    const outcomeOf = async (length: number): Promise<string> => {
      const stream = client.responses.stream(askResponse(`cut behind ${length}`));
      return await stream.finalResponse().then(
        ({ status }) => String(status),
        (error: unknown) => (error instanceof OpenAI.OpenAIError ? "raised" : String(error)),
      );
    };
    // What Codex goes by: response.completed is the only good end, response.failed tells it why.
    const endOf = async (length: number): Promise<string> => {
      const body = { ...askResponse(`cut behind ${length}`), stream: true };
      const response = await chat.call("POST", "/v1/responses", body);
      if (response.status >= 400) return "refused";
      return eventsOf(await response.text()).at(-1)?.type ?? "nothing";
    };
    const outcomes: string[] = [];
    const ends: string[] = [];
    for (let from = 0; from <= answer.length; from += 32) {
      const lengths = Array.from({ length: Math.min(32, answer.length + 1 - from) }, (_, index) => from + index);
      outcomes.push(...(await Promise.all(lengths.map(outcomeOf))));
      ends.push(...(await Promise.all(lengths.map(endOf))));
    }
    // The last byte ends the frame of message_stop.
    expect(outcomes.at(-1)).toBe("completed");
    expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(["raised"]));
    expect(ends.at(-1)).toBe("response.completed");
    expect(new Set(ends.slice(0, -1))).toEqual(new Set(["refused", "response.failed"]));
  }, 120_000);
});

describe("a stream that only looks odd", () => {
  it("is whole with every byte in a packet of its own", async () => {
    const chat = await startChatRaw(
      once(async (connection) => {
        await connection.write(streamHead());
        for (const byte of Buffer.from(whole)) await connection.write(chunk(Buffer.from([byte])));
        await connection.write(lastChunk);
      }),
    );
    expect(await streamed(chat)).toEqual({ text: "Hi from here", status: "completed" });
  });

  it("ends with message_stop, though the upstream doesn't", async () => {
    const chat = await startChatRaw(once(send(streamHead(), chunk(whole))));
    expect(await streamed(chat)).toEqual({ text: "Hi from here", status: "completed" });
    expect((await chat.client().responses.create(askResponse("x"))).output_text).toBe("Hi from here");
  });

  it("is whole at the upstream's end, without a length", async () => {
    const head = "HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    const chat = await startChatRaw(once(thenDo(send(head, whole), end)));
    expect(await streamed(chat)).toEqual({ text: "Hi from here", status: "completed" });
  });

  // Its text goes out five times, as the protocol wants it.
  it("takes an event of 8 MB, streamed and whole", async () => {
    const text = "long ".repeat(1_600_000);
    const bytes = Buffer.from(frames(messageStart(), ...textBlock(0, text), ...messageEnd("end_turn")));
    const chat = await startChatRaw(once(send(streamHead(), chunk(bytes), lastChunk)));
    expect((await streamed(chat)).text.length).toBe(text.length);
    expect((await chat.client().responses.create(askResponse("x"))).output_text.length).toBe(text.length);
  }, 60_000);

  it.each([true, false])("is an error with an event of more than 64 MiB (stream: %s)", async (stream) => {
    const piece = chunk(Buffer.alloc(4 * 1024 * 1024, 0x61));
    const chat = await startChatRaw(
      once(async (connection) => {
        await connection.write(streamHead());
        await connection.write(chunk(begun));
        await connection.write(chunk('event: content_block_delta\ndata: {"type":"content_block_delta","x":"'));
        for (let sent = 0; sent < 17; sent++) await connection.write(piece);
      }),
    );
    const error = await thrown(stream ? streamed(chat) : chat.client().responses.create(askResponse("x")));
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect((error as Error).message).toMatch(/64 MiB/);
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_CUT" });
  });
});
