import { describe, expect, it } from "vitest";
import { addedUp, askChat, type ChatClient, openChat, shellTool } from "../support/chat-client.ts";
import { type Parsed, rawRequest } from "../support/sandbox-client.ts";

const soon = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 5));
const contentChunks = (chunks: readonly Parsed[]): number =>
  chunks.filter(({ choices }) => (choices[0]?.delta.content ?? "") !== "").length;

/** Moves time until the answer is there. */
async function throughTime<T>(client: ChatClient, answer: Promise<T>, stepMs: number): Promise<T> {
  let arrived = false;
  const watched = answer.finally(() => {
    arrived = true;
  });
  while (!arrived) {
    await soon();
    client.clock.advance(stepMs);
  }
  return await watched;
}

describe("answers of the mirror that are errors", () => {
  it.each([
    [400, 400, "invalid_request_error", "invalid_request_error"],
    [401, 401, "authentication_error", "invalid_api_key"],
    [402, 402, "insufficient_credits", "insufficient_credits"],
    [403, 403, "permission_error", "permission_denied"],
    [404, 404, "not_found", "wrong_base_url"],
    [413, 413, "request_too_large", "request_too_large"],
    [429, 429, "rate_limit_exceeded", "rate_limit_exceeded"],
    [500, 500, "api_error", "api_error"],
    [502, 502, "upstream_error", "upstream_error"],
    [503, 503, "overloaded_error", "overloaded"],
    [504, 504, "upstream_timeout", "upstream_timeout"],
    // OpenAI's clients know no 529.
    [529, 503, "overloaded_error", "overloaded"],
  ])("steered to %i: a %i %s, streaming or not", async (steered, status, type, code) => {
    const { chat, chatStream, sandbox } = await openChat();
    const json = await chat(askChat(`[[sandbox: error ${steered}]]`));
    expect([json.status, json.body.error]).toEqual([status, { message: expect.any(String), type, param: null, code }]);
    const streamed = await chatStream(askChat(`[[sandbox: error ${steered}]]`));
    expect([streamed.status, streamed.headers["content-type"], streamed.text]).toEqual([
      ...[status, "application/json", json.text],
    ]);
    expect(sandbox.requests().map((one) => one.status)).toEqual([status, status]);
  });

  it("carry retry-after and a message, as often as asked for", async () => {
    const { chat } = await openChat();
    const { headers, body } = await chat(askChat("[[sandbox: error 429 after=7 slow down]]"));
    expect([headers["retry-after"], body.error.message]).toEqual(["7", "slow down"]);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++)
      statuses.push((await chat(askChat("[[sandbox: error 502 times=2]]"))).status);
    expect(statuses).toEqual([502, 502, 200]);
  });

  it("can be a login page, a redirect, nothing at all", async () => {
    const { chatStream } = await openChat();
    const html = await chatStream(askChat("[[sandbox: html 502]]"));
    expect([html.status, html.headers["content-type"]]).toEqual([502, "text/html; charset=utf-8"]);
    expect((await chatStream(askChat("[[sandbox: redirect]]"))).status).toBe(307);
    expect(await chatStream(askChat("[[sandbox: empty]]"))).toMatchObject({ status: 200, text: "", ended: true });
  });
});

describe("streams of the mirror that fail", () => {
  it.each([
    ["start", 0],
    ["0", 0],
    ["4", 4],
    ["end", 10],
    ["99", 10],
  ])("an error at %s comes in OpenAI's form behind %i deltas, and nothing behind it", async (at, deltas) => {
    const { chatStream } = await openChat();
    const answer = await chatStream(askChat(`[[sandbox: error-event 502 at=${at}]] [[sandbox: deltas 10]]`));
    expect([answer.status, contentChunks(answer.chunks), answer.done, answer.ended]).toEqual([
      200,
      deltas,
      false,
      true,
    ]);
    const error = { message: "Upstream returned 5xx.", type: "upstream_error", param: null, code: "upstream_error" };
    expect(answer.text.endsWith(`data: ${JSON.stringify({ error })}\n\n`)).toBe(true);
    // Only the end is behind the reason why it ends.
    expect(addedUp(answer.chunks).finish).toBe(deltas === 10 ? "stop" : null);
  });

  it.each([
    ["cut", false, true],
    ["cut reset", false, true],
    ["cut boundary", false, false],
    ["cut clean", true, false],
    ["cut half", true, true],
  ])("[[sandbox: %s]] ends it whole: %s, inside a frame: %s", async (fault, ended, isInside) => {
    const { chatStream } = await openChat();
    const answer = await chatStream(askChat(`[[sandbox: ${fault} at=4]] [[sandbox: deltas 10]]`));
    expect([contentChunks(answer.chunks), answer.ended, answer.done, answer.rest !== ""]).toEqual([
      ...[4, ended, false, isInside],
    ]);
  });

  it("can lack nothing but [DONE]", async () => {
    const { chatStream } = await openChat();
    const usage = { stream_options: { include_usage: true } };
    const answer = await chatStream(askChat("[[sandbox: cut clean at=end]]", usage));
    expect([addedUp(answer.chunks).finish, answer.chunks.at(-1).choices, answer.done]).toEqual(["stop", [], false]);
  });

  it("cost the part that was sent, as on the Messages route", async () => {
    const client = await openChat();
    const body = { model: "claude-opus-4-7", messages: [{ role: "user", content: "x" }] };
    for (const steering of ["cut clean at=3", "error-event 529 at=1", "cut clean at=end", "tool Bash {}"]) {
      const header = { "x-sandbox-reply": `[[sandbox: deltas 10]] [[sandbox: ${steering}]]` };
      await client.chatStream(body, header);
      await client.stream({ ...body, max_tokens: 128_000 }, header);
    }
    const costs = client.sandbox.requests().map((one) => one.cost_usd);
    expect(costs.filter((_, index) => index % 2 === 0)).toEqual(costs.filter((_, index) => index % 2 === 1));
    expect(new Set(costs).size).toBeGreaterThan(2);
  });

  it("in a tool call are counted by the same deltas", async () => {
    const { chatStream } = await openChat();
    const steering = '[[sandbox: tool Bash {"command":"echo one two three"}]] [[sandbox: cut clean at=2]]';
    const { chunks } = await chatStream(askChat(steering, { tools: [shellTool] }));
    // The first delta of a call is empty: of two, one says something.
    expect(addedUp(chunks).calls[0].arguments.length).toBeGreaterThan(0);
    expect(chunks).toHaveLength(3);
  });

  it("answer JSON callers with an error instead of an error event, and break in the middle of a body", async () => {
    const { chat, raw } = await openChat();
    expect((await chat(askChat("[[sandbox: error-event 504]]"))).body.error.type).toBe("upstream_timeout");
    const headers = { authorization: "Bearer zk_sandbox_a", "content-type": "application/json" };
    const cut = await raw("POST", "/v1/chat/completions", headers, JSON.stringify(askChat("[[sandbox: cut]]")));
    expect([cut.status, cut.ended, cut.text.startsWith('{"id":"chatcmpl-')]).toEqual([200, false, true]);
  });
});

describe("silence in the mirror", () => {
  it("is given up on after 600 s: a 504 before the first byte, an error chunk behind it", async () => {
    const client = await openChat();
    const before = await throughTime(client, client.chat(askChat("[[sandbox: stall 700 at=before]]")), 100_000);
    expect([before.status, before.body.error.type]).toEqual([504, "upstream_timeout"]);
    const late = await throughTime(client, client.chatStream(askChat("[[sandbox: stall 601 at=2]]")), 100_000);
    expect([contentChunks(late.chunks), late.errors[0].error.type, late.done]).toEqual([2, "upstream_timeout", false]);
    const whole = await throughTime(client, client.chatStream(askChat("[[sandbox: stall 599 at=2]]")), 100_000);
    expect([whole.done, whole.errors]).toEqual([true, []]);
  });

  it("can be filled with comments, which are no data", async () => {
    const client = await openChat();
    const { comments, done } = await client.chatStream(askChat("[[sandbox: ping 3 at=1]]"));
    expect([comments, done]).toEqual([[": ping", ": ping", ": ping"], true]);
  });

  it("ends with a client that leaves, and is noted", async () => {
    const client = await openChat();
    for (const at of ["before", "2"]) {
      client.sandbox.reset();
      const controller = new AbortController();
      const body = JSON.stringify(askChat(`[[sandbox: stall 60 at=${at}]]`, { stream: true }));
      const headers = { authorization: "Bearer zk_sandbox_a", "content-type": "application/json" };
      const asked = fetch(`${client.sandbox.url}/v1/chat/completions`, {
        ...{ method: "POST", signal: controller.signal, headers, body },
      }).then((answer) => answer.text());
      const failed = expect(asked).rejects.toThrow();
      while (client.clock.pending() === 0) await soon();
      controller.abort();
      await failed;
      while (client.sandbox.requests()[0]?.aborted !== true) await soon();
      expect(client.sandbox.requests()[0]).toMatchObject({ status: at === "2" ? 200 : null, aborted: true });
      expect(client.clock.pending()).toBe(0);
    }
  });
});

describe("a body over 32 MB", () => {
  it("is refused in OpenAI's form", async () => {
    const { sandbox } = await openChat();
    const headers = { authorization: "Bearer zk_sandbox_a", "content-type": "application/json" };
    const large = Buffer.alloc(32 * 1024 * 1024 + 1, 0x20);
    const answer = await rawRequest(sandbox.url, "POST", "/v1/chat/completions", headers, large);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text).error).toMatchObject({ type: "request_too_large", code: "request_too_large" });
  });
});
