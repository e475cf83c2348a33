import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { serializeHubRequest } from "../../src/formats/anthropic/serialize-request.ts";
import { ask, chunk, startChatRaw, startChatSandbox, streamHead } from "../support/chat-proxy.ts";
import { askResponse, createResponse, streamEvents } from "../support/responses.ts";
import { begun, once, send } from "../support/upstream-faults.ts";

type Sandboxed = Awaited<ReturnType<typeof startChatSandbox>>;

const echo = {
  type: "function",
  name: "echo",
  description: "Returns its text.",
  parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  strict: false,
} as const;

const model = "claude-haiku-4-5";
const settings = { model, tools: [echo], reasoning: { effort: "high" }, max_output_tokens: 8_192 } as const;
const question = '[[sandbox: think 2]] [[sandbox: tool echo {"text":"ping"}]]';

const posts = (chat: Sandboxed) => chat.sandbox.requests().filter(({ method }) => method === "POST");

/** A body as the upstream got it, cache marks taken out, up to the end of its last content block. */
function prefixOf(body: unknown): string {
  const bare = JSON.parse(
    JSON.stringify(body, (key, value: unknown) => (key === "cache_control" ? undefined : value)),
  ) as Parameters<typeof serializeHubRequest>[0];
  return serializeHubRequest(bare).replace(/\]\}\]\}$/, "");
}

function outputOf(call: readonly Record<string, unknown>[], output: string) {
  const { call_id } = call.find(({ type }) => type === "function_call") ?? {};
  return { type: "function_call_output", call_id: String(call_id), output };
}

describe("a conversation that goes on by previous_response_id", () => {
  it.each([true, false])(
    "reaches the upstream as the one that is sent whole, thinking signed (stream: %s)",
    async (stream) => {
      const chat = await startChatSandbox();
      const create = async (body: Record<string, unknown>) => {
        if (!stream) return await createResponse(chat, body);
        const last = (await streamEvents(chat, body)).at(-1);
        expect(last?.type).toBe("response.completed");
        return last?.response as Awaited<ReturnType<typeof createResponse>>;
      };
      const first = await create({ ...settings, input: question });
      const result = outputOf(first.output, "heard ping");
      const second = await create({ ...settings, previous_response_id: first.id, input: [result] });
      expect(second["previous_response_id"]).toBe(first.id);
      const third = await create({ ...settings, previous_response_id: second.id, input: "and now?" });
      const kept = posts(chat).map(({ body }) => body);
      expect(kept).toHaveLength(3);

      const input: unknown[] = [{ role: "user", content: question }, ...first.output, result];
      await create({ ...settings, store: false, input });
      input.push(...second.output, { role: "user", content: "and now?" });
      await create({ ...settings, store: false, input });
      const sent = posts(chat)
        .slice(3)
        .map(({ body }) => body);
      expect(sent).toEqual(kept.slice(1));
      // Each goes on from the one before, byte for byte.
      expect(prefixOf(kept[1]).startsWith(prefixOf(kept[0]))).toBe(true);
      expect(prefixOf(kept[2]).startsWith(prefixOf(kept[1]))).toBe(true);
      const { messages } = kept[2] as { messages: { role: string; content: { type: string; signature?: string }[] }[] };
      expect(messages[1]?.content[0]).toMatchObject({ type: "thinking", signature: expect.stringMatching(/./) });
      expect(third["status"]).toBe("completed");
    },
  );

  it("may branch: two answers to one", async () => {
    const chat = await startChatSandbox();
    const first = await createResponse(chat, askResponse("first"));
    await createResponse(chat, { ...askResponse("left"), previous_response_id: first.id });
    await createResponse(chat, { ...askResponse("right"), previous_response_id: first.id });
    const [, left, right] = posts(chat).map(({ body }) => JSON.stringify(body));
    expect(left).toContain("left");
    expect(right).not.toContain("left");
    expect(right).toContain("first");
  });

  it("is a 400 that says what to do where the id is not known, and nothing goes upstream", async () => {
    const chat = await startChatSandbox();
    const error = await chat
      .client()
      .responses.create({ ...askResponse("hi"), previous_response_id: "resp_never" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: "previous_response_not_found", param: "previous_response_id" });
    expect(posts(chat)).toEqual([]);
    expect(await chat.record()).toMatchObject({ status: 400, errorCode: "ZX_PREVIOUS_RESPONSE_UNKNOWN" });
  });
});

describe("a stored response", () => {
  it("is shown, listed and deleted by its id", async () => {
    const chat = await startChatSandbox();
    const { responses } = chat.client();
    const made = await responses.create({ ...askResponse("hi"), instructions: "Be brief." });
    expect(made).toMatchObject({ store: true });
    const shown = await responses.retrieve(made.id);
    expect({ ...shown, output_text: "" }).toEqual({ ...made, output_text: "" });
    const items = await responses.inputItems.list(made.id);
    expect(items.data).toMatchObject([
      { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
    ]);
    await responses.delete(made.id);
    const gone = await responses.retrieve(made.id).catch((thrown: unknown) => thrown);
    expect(gone).toBeInstanceOf(OpenAI.NotFoundError);
    expect(posts(chat)).toHaveLength(1);
    await chat.record();
    expect(chat.records).toHaveLength(1);
  });

  it("has its input items listed in pages, from either end", async () => {
    const chat = await startChatSandbox();
    const { responses } = chat.client();
    const input = ["one", "two", "three"].map((content) => ({ role: "user" as const, content }));
    const { id } = await responses.create({ model: "claude-opus-4-7", input });
    const texts: string[] = [];
    for await (const item of responses.inputItems.list(id, { limit: 2, order: "asc" })) {
      texts.push(JSON.stringify(item).match(/one|two|three/)?.[0] ?? "");
    }
    expect(texts).toEqual(["one", "two", "three"]);
    const newest = await responses.inputItems.list(id, { limit: 1 });
    expect(JSON.stringify(newest.data)).toContain("three");
    expect(newest.has_more).toBe(true);
    const bad = await chat.call("GET", `/v1/responses/${id}/input_items?limit=0`);
    expect(bad.status).toBe(400);
    // From the start again, a client that asks until there is no more would ask for ever.
    const unknown = await responses.inputItems.list(id, { after: "msg_of_another" }).catch((thrown: unknown) => thrown);
    expect(unknown).toBeInstanceOf(OpenAI.BadRequestError);
    expect(unknown).toMatchObject({ param: "after", type: "invalid_request_error" });
    const last = (await responses.inputItems.list(id, { order: "asc" })).data.at(-1)?.id ?? "";
    const behind = await responses.inputItems.list(id, { order: "asc", after: last });
    expect([behind.data, behind.has_more]).toEqual([[], false]);
  });

  it("is resolved from an item_reference", async () => {
    const chat = await startChatSandbox();
    const first = await createResponse(chat, { ...settings, input: question });
    const references = first.output.map(({ id }) => ({ type: "item_reference", id }));
    const result = outputOf(first.output, "heard ping");
    await createResponse(chat, { ...settings, input: [{ role: "user", content: question }, ...references, result] });
    await createResponse(chat, { ...settings, previous_response_id: first.id, input: [result] });
    const [, byItem, byId] = posts(chat).map(({ body }) => body);
    expect(byItem).toEqual(byId);
    const unknown = { ...askResponse("x"), input: [{ type: "item_reference", id: "msg_never" }] };
    expect((await chat.call("POST", "/v1/responses", unknown)).status).toBe(400);
  });

  it.each([
    ["GET", ""],
    ["DELETE", ""],
    ["GET", "/input_items"],
    ["POST", "/cancel"],
  ])("that nobody stored is a 404: %s %s", async (method, part) => {
    const chat = await startChatSandbox();
    const response = await chat.call(method, `/v1/responses/resp_never${part}`);
    expect(response.status).toBe(404);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
    expect(chat.records).toEqual([]);
  });

  it("is nobody else's: neither another key's, nor anybody's without a token", async () => {
    const chat = await startChatSandbox();
    const { id } = await createResponse(chat, askResponse("hi"));
    const foreign = { authorization: "Bearer zk_sandbox_other0000000000" };
    expect((await chat.call("GET", `/v1/responses/${id}`, undefined, foreign)).status).toBe(404);
    const body = { ...askResponse("more"), previous_response_id: id };
    expect((await chat.call("POST", "/v1/responses", body, foreign)).status).toBe(400);
    expect((await chat.call("GET", `/v1/responses/${id}`, undefined, { authorization: "" })).status).toBe(401);
    expect((await chat.call("GET", `/v1/responses/${id}`)).status).toBe(200);
  });

  it("can't be cancelled, as it runs for nobody but its caller", async () => {
    const chat = await startChatSandbox();
    const { id } = await createResponse(chat, askResponse("hi"));
    const response = await fetch(`${chat.url}/v1/responses/${id}/cancel`, {
      method: "POST",
      headers: { authorization: `Bearer ${chat.client().apiKey}` },
    });
    expect(response.status).toBe(400);
  });
});

describe("what is not kept", () => {
  it("is what its caller doesn't want kept", async () => {
    const chat = await startChatSandbox();
    const { id, store } = await createResponse(chat, { ...askResponse("hi"), store: false });
    expect(store).toBe(false);
    expect((await chat.call("GET", `/v1/responses/${id}`)).status).toBe(404);
  });

  it("is an answer that broke off", async () => {
    const chat = await startChatRaw(once(send(streamHead(), chunk(begun), "0\r\n\r\n")));
    const response = await chat.call("POST", "/v1/responses", { ...askResponse("hi"), stream: true });
    const id = /"id":"(resp_[^"]+)"/.exec(await response.text())?.[1];
    expect(id).toBeDefined();
    expect((await chat.call("GET", `/v1/responses/${id}`)).status).toBe(404);
  });

  it("is anything of Chat Completions", async () => {
    const chat = await startChatSandbox();
    const { id } = await chat.client().chat.completions.create({ ...ask("hi"), store: true });
    expect((await chat.call("GET", `/v1/responses/${id}`)).status).toBe(404);
  });
});
