import { describe, expect, it } from "vitest";
import { chunk, closeProxy, lastChunk, streamHead, until } from "../support/chat-proxy.ts";
import { blockStart, delta, messageEnd, messageStart, textBlock } from "../support/hub-streams.ts";
import { type Listening, listen, moment, quiet } from "../support/quiet-chat.ts";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { askResponse, eventsOf } from "../support/responses.ts";
import { frames } from "../support/upstream-faults.ts";

const to = { path: "/v1/responses", body: askResponse("x") };
const whole = frames(messageStart(), ...textBlock(0, "Hello"), ...messageEnd("end_turn"));
const begun = frames(
  messageStart(),
  blockStart(0, { type: "text", text: "" }),
  delta(0, { type: "text_delta", text: "Hel" }),
);
const rest = whole.slice(whole.indexOf("event: content_block_stop"));

const comments = (answer: Listening): number => answer.text().split(": ping\n\n").length - 1;
/** Beside the one that belongs to every stream. */
const repeated = (answer: Listening): number => answer.text().split("event: response.in_progress\n").length - 2;

function expectNumbered(answer: Listening) {
  const events = eventsOf(answer.text());
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  return events;
}

describe("silence in a Responses stream", () => {
  it("of an upstream without a status is answered with comments, and a late answer is whole", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true, to);
    const upstream = await posted();
    clock.advance(45_001);
    await until(() => comments(answer) === 1);
    clock.advance(15_000);
    await until(() => comments(answer) === 2);
    await upstream.write(Buffer.concat([Buffer.from(streamHead()), chunk(whole), Buffer.from(lastChunk)]));
    await until(answer.ended);
    expect(expectNumbered(answer).at(-1)?.type).toBe("response.completed");
    expect(await chat.record()).toMatchObject({ outcome: "completed", stream: true });
  });

  it("in mid-stream is answered with events, which Codex's idle timer counts", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true, to);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await until(() => answer.text().includes("Hel"));
    clock.advance(14_900);
    await moment();
    expect(repeated(answer)).toBe(0);
    clock.advance(200);
    await until(() => repeated(answer) === 1);
    clock.advance(15_000);
    await until(() => repeated(answer) === 2);
    await upstream.write(chunk(rest));
    await until(answer.ended);
    expect(expectNumbered(answer).at(-1)?.type).toBe("response.completed");
    expect(comments(answer)).toBe(0);
  });

  it.each([
    ["an error", jsonAnswer({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, 529)],
    ["a page", "HTTP/1.1 503 X\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"],
    ["a redirect", "HTTP/1.1 302 X\r\nlocation: https://elsewhere.invalid/\r\ncontent-length: 0\r\n\r\n"],
    ["an answer that is no stream", jsonAnswer({ type: "message" })],
  ])("that ends with %s is ended with response.failed and an error", async (_name, bytes) => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true, to);
    const upstream = await posted();
    clock.advance(45_001);
    await until(() => comments(answer) === 1);
    await upstream.write(bytes);
    await until(answer.ended);
    const events = expectNumbered(answer);
    expect(events.map(({ type }) => type)).toEqual(["error", "response.failed"]);
    expect(events[1]?.response).toMatchObject({ status: "failed", error: { message: expect.stringMatching(/./) } });
    expect(await chat.record()).toMatchObject({ outcome: "upstream_error" });
  });

  it("of 630 s ends the open stream with an error", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true, to);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await until(() => answer.text().includes("Hel"));
    for (let seconds = 0; seconds < 630; seconds += 15) {
      clock.advance(15_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(answer.ended);
    expect(expectNumbered(answer).at(-2)).toMatchObject({ type: "error", code: "upstream_timeout" });
    await upstream.closed;
  });
});

describe("a Responses caller that leaves", () => {
  it.each([true, false])("ends the call upstream (stream: %s)", async (stream) => {
    const { chat, posted } = await quiet();
    const answer = listen(chat, stream, to);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await moment();
    answer.leave();
    await upstream.closed;
    expect(await chat.record()).toMatchObject({ outcome: "client_aborted", usage: { inputTokens: 10 } });
    expect(chat.upstream.requests).toHaveLength(1);
  });
});

describe("a proxy that closes", () => {
  it("ends a Responses stream with an error", async () => {
    const { chat, clock, posted } = await quiet();
    const answer = listen(chat, true, to);
    const upstream = await posted();
    await upstream.write(streamHead());
    await upstream.write(chunk(begun));
    await until(() => answer.text().includes("Hel"));
    await closeProxy(chat.proxy, clock);
    await until(answer.ended);
    const events = expectNumbered(answer);
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["error", "response.failed"]);
    expect((await chat.record()).outcome).toBe("interrupted");
  });
});
