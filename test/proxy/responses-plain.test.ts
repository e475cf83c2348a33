import { describe, expect, it } from "vitest";
import { startChatSandbox } from "../support/chat-proxy.ts";
import { askResponse, createResponse, streamEvents } from "../support/responses.ts";

const codex = "codex_exec/0.169.0 (Debian 12.0.0; x86_64) dumb (codex_exec; 0.169.0)";

describe("a plain question in Responses", () => {
  it("is answered as JSON from a Messages request that streams", async () => {
    const chat = await startChatSandbox();
    const answer = await chat.client().responses.create(askResponse("[[sandbox: text Hello there.]]"));
    expect(answer.output_text).toBe("Hello there.");
    expect(answer.status).toBe("completed");
    const [request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    expect(request).toMatchObject({ path: "/v1/messages", status: 200, body: { stream: true, max_tokens: 128_000 } });
    expect(await chat.record()).toMatchObject({
      route: "responses",
      lane: "translated",
      tool: "openai-sdk",
      outcome: "completed",
      status: 200,
      stream: false,
      modelAsked: "claude-opus-4-7",
      modelServed: "claude-opus-4-7",
      usage: { inputTokens: request?.usage?.input_tokens, outputTokens: request?.usage?.output_tokens },
    });
  });

  it("is answered as a stream, its events numbered without a gap", async () => {
    const chat = await startChatSandbox();
    const text = "Hello there, this is a stream.";
    const events = await streamEvents(chat, askResponse(`[[sandbox: text ${text}]]`));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(events[0]?.type).toBe("response.created");
    expect(events.at(-1)?.type).toBe("response.completed");
    const deltas = events.filter(({ type }) => type === "response.output_text.delta");
    expect(deltas.map(({ delta }) => delta).join("")).toBe(text);
    expect(await chat.record()).toMatchObject({ lane: "translated", outcome: "completed", stream: true });
  });

  it("is the same through the SDK's helper, and says so in its headers", async () => {
    const chat = await startChatSandbox();
    const final = await chat.client().responses.stream(askResponse("[[sandbox: text Hello there.]]")).finalResponse();
    expect(final.output_text).toBe("Hello there.");
    const response = await chat.call("POST", "/v1/responses", { ...askResponse("x"), stream: true });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    await response.text();
  });

  it.each(["/responses", "/v1/v1/responses", "/v1/responses/", "/v1/chat/completions/responses", "/openai/responses"])(
    "is answered at %s too, and the log names the right base URL",
    async (path) => {
      const chat = await startChatSandbox();
      const response = await chat.call("POST", path, askResponse("hi"), { "user-agent": codex });
      expect(response.status).toBe(200);
      expect(response.headers.get("x-zenthrex-repaired-path") ?? "/v1/responses").toBe("/v1/responses");
      expect(await chat.record()).toMatchObject({ tool: "codex", outcome: "completed" });
      const { path: asked } = chat.sandbox.requests().filter(({ method }) => method === "POST")[0] ?? {};
      expect(asked).toBe("/v1/messages");
    },
  );

  it("is refused in OpenAI's form, with a record where it passed the gate", async () => {
    const chat = await startChatSandbox();
    const wrong = async (body: unknown, headers = {}, path = "/v1/responses") => {
      const response = await chat.call("POST", path, body, headers);
      return { status: response.status, json: (await response.json()) as { error: Record<string, unknown> } };
    };
    for (const { status, json } of [
      await wrong(askResponse("hi"), { authorization: "Bearer zxl_wrong" }),
      await wrong({ ...askResponse("hi"), model: "gpt-99" }),
      await wrong("[]"),
      await wrong({ input: "hi" }),
      await wrong(askResponse("hi"), {}, "/v1/responses/compact"),
    ]) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(Object.keys(json.error).sort()).toEqual(["code", "message", "param", "type"]);
    }
    expect(chat.sandbox.requests().filter(({ method }) => method === "POST")).toEqual([]);
    await chat.record(3);
    expect(chat.records.map(({ outcome }) => outcome)).toEqual(["proxy_error", "proxy_error", "proxy_error"]);
  });

  it("tells what it loses in a header, and refuses that where it shall be strict", async () => {
    const lossy = { ...askResponse("hi"), top_logprobs: 3 };
    const chat = await startChatSandbox();
    const response = await chat.call("POST", "/v1/responses", lossy);
    expect(response.headers.get("x-zenthrex-warnings")).toContain("top_logprobs");
    await response.text();
    expect((await chat.record()).warnings).toMatchObject([{ path: "top_logprobs" }]);
    const strict = await startChatSandbox({ strict: true });
    const refused = await strict.call("POST", "/v1/responses", lossy);
    expect(refused.status).toBe(400);
    expect(strict.sandbox.requests().filter(({ method }) => method === "POST")).toEqual([]);
  });

  it("marks the prompt cache, so that the next turn reads it", async () => {
    const chat = await startChatSandbox();
    const long = { ...askResponse("hi"), instructions: "Be brief. ".repeat(2_000) };
    await createResponse(chat, long);
    const again = await createResponse(chat, long);
    expect(again["usage"]).toMatchObject({ input_tokens_details: { cached_tokens: expect.any(Number) } });
    const { cached_tokens } = (again["usage"] as { input_tokens_details: { cached_tokens: number } })
      .input_tokens_details;
    expect(cached_tokens).toBeGreaterThan(2_048);
  });
});
