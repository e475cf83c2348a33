import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { ask, type ChatProxy, chunk, lastChunk, startChatRaw, streamHead } from "../support/chat-proxy.ts";
import { messageEnd, messageStart, textBlock } from "../support/hub-streams.ts";
import { thrown } from "../support/thrown.ts";
import {
  begun,
  earlyFaults,
  end,
  eofHead,
  frames,
  lateFaults,
  once,
  send,
  thenDo,
  whole,
} from "../support/upstream-faults.ts";

async function streamed(chat: ChatProxy): Promise<{ text: string; finish: string | null | undefined }> {
  let text = "";
  let finish: string | null | undefined;
  const stream = await chat.client().chat.completions.create({ ...ask("x"), stream: true });
  for await (const part of stream) {
    text += part.choices[0]?.delta.content ?? "";
    finish = part.choices[0]?.finish_reason ?? finish;
  }
  return { text, finish };
}

describe.each(lateFaults)("with %s in mid-stream [F32 F33 F34 F36 F41 F42]", (_name, act) => {
  it("the SDK raises for a stream, and for its helper", async () => {
    const chat = await startChatRaw(once(act));
    expect(await thrown(streamed(chat))).toBeInstanceOf(OpenAI.APIError);
    const helper = chat.client().chat.completions.stream(ask("x"));
    expect(await thrown(helper.finalChatCompletion())).toBeInstanceOf(OpenAI.OpenAIError);
    expect(chat.upstream.requests.filter(({ method }) => method === "POST")).toHaveLength(2);
    expect(await chat.record(2)).toMatchObject({ outcome: "upstream_error", status: 200, stream: true });
  });

  it("the stream holds all words that came, then one error, and no end", async () => {
    const chat = await startChatRaw(once(act));
    const response = await chat.post({ ...ask("x"), stream: true });
    expect(response.status).toBe(200);
    const text = await response.text();
    const data = text.split("\n\n").filter((frame) => frame.startsWith("data: "));
    const last = JSON.parse(data.at(-1)?.slice("data: ".length) ?? "") as { error: Record<string, unknown> };
    expect(Object.keys(last.error).sort()).toEqual(["code", "message", "param", "type"]);
    expect(text).toContain('"content":"Hi from "');
    expect(text).not.toContain("[DONE]");
    expect(text).not.toMatch(/"finish_reason":"/);
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", usage: { inputTokens: 10 } });
  });

  it("the SDK raises a status for JSON", async () => {
    const chat = await startChatRaw(once(act));
    const error = await thrown(chat.client().chat.completions.create(ask("x")));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(chat.upstream.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
    const record = await chat.record();
    expect(record).toMatchObject({ outcome: "upstream_error", stream: false, usage: { inputTokens: 10 } });
    expect(record.status).toBeGreaterThanOrEqual(500);
  });
});

describe.each(earlyFaults)("with %s", (_name, act, status) => {
  it.each([true, false])(`the caller gets the status ${status} (stream: %s) [F30 F47 F52]`, async (stream) => {
    const chat = await startChatRaw(once(act));
    const response = await chat.post({ ...ask("x"), stream });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-should-retry")).toBeNull();
    const body = (await response.json()) as { error: Record<string, unknown> };
    expect(Object.keys(body.error).sort()).toEqual(["code", "message", "param", "type"]);
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", status });
    expect(chat.upstream.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});

describe("a stream that only looks odd [F37 F38 F40]", () => {
  const same = { text: "Hi from here", finish: "stop" };

  it("is whole with every byte in a packet of its own", async () => {
    const chat = await startChatRaw(
      once(async (connection) => {
        await connection.write(streamHead());
        for (const byte of Buffer.from(whole)) await connection.write(chunk(Buffer.from([byte])));
        await connection.write(lastChunk);
      }),
    );
    expect(await streamed(chat)).toEqual(same);
  });

  it.each(["\r\n", "\r"])("is whole with other line ends", async (eol) => {
    const chat = await startChatRaw(
      once(send(streamHead(), chunk(whole.replaceAll("\n", eol)), chunk(`: x${eol}`), lastChunk)),
    );
    expect(await streamed(chat)).toEqual(same);
  });

  it("is whole with a byte order mark, comments, unknown events and unknown fields", async () => {
    const odd = `\u00ef\u00bb\u00bf: hello\n\n${frames({ type: "vertex_event" })}id: 7\nretry: 10\n${whole}`;
    const chat = await startChatRaw(once(send(streamHead(), chunk(odd), lastChunk)));
    expect(await streamed(chat)).toEqual(same);
  });

  it("is whole without a length, at the upstream's end [F46]", async () => {
    const chat = await startChatRaw(once(thenDo(send(eofHead, whole), end)));
    expect(await streamed(chat)).toEqual(same);
  });

  it("is whole where the upstream says no content type", async () => {
    const chat = await startChatRaw(
      once(send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk(whole), lastChunk)),
    );
    expect(await streamed(chat)).toEqual(same);
  });

  it("ends with message_stop, though the upstream doesn't", async () => {
    const chat = await startChatRaw(once(send(streamHead(), chunk(whole))));
    expect(await streamed(chat)).toEqual(same);
    const answer = await chat.client().chat.completions.create(ask("x"));
    expect(answer.choices[0]?.message.content).toBe("Hi from here");
  });

  it("keeps characters that lie across packets", async () => {
    const text = "Grüße, 日本語 und 🎉";
    const bytes = frames(messageStart(), ...textBlock(0, text), ...messageEnd("end_turn"));
    const chat = await startChatRaw(
      once(async (connection) => {
        await connection.write(streamHead());
        for (let at = 0; at < bytes.length; at += 3) await connection.write(chunk(bytes.slice(at, at + 3)));
        await connection.write(lastChunk);
      }),
    );
    expect((await streamed(chat)).text).toBe(text);
  });

  it("takes an event of 20 MB, streamed and whole [F39]", async () => {
    const text = "long ".repeat(4_000_000);
    const bytes = Buffer.from(frames(messageStart(), ...textBlock(0, text), ...messageEnd("end_turn")));
    const chat = await startChatRaw(once(send(streamHead(), chunk(bytes), lastChunk)));
    expect((await streamed(chat)).text.length).toBe(text.length);
    const answer = await chat.client().chat.completions.create(ask("x"));
    expect(answer.choices[0]?.message.content?.length).toBe(text.length);
  });

  it.each([true, false])("refuses an event of more than 64 MiB (stream: %s) [F39]", async (stream) => {
    const piece = chunk(Buffer.alloc(4 * 1024 * 1024, 0x61));
    const chat = await startChatRaw(
      once(async (connection) => {
        await connection.write(streamHead());
        await connection.write(chunk(begun));
        await connection.write(chunk('event: content_block_delta\ndata: {"type":"content_block_delta","x":"'));
        for (let sent = 0; sent < 17; sent++) await connection.write(piece);
      }),
    );
    const error = await thrown(stream ? streamed(chat) : chat.client().chat.completions.create(ask("x")));
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect((error as Error).message).toMatch(/64 MiB/);
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error", errorCode: "ZX_UPSTREAM_CUT" });
  });
});
