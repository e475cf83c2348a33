import { request as httpRequest } from "node:http";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { ask, daemonKey, localToken, startChatSandbox } from "../support/chat-proxy.ts";
import { createFakeClock } from "../support/fake-clock.ts";

/** The status and the bytes of an answer. */
async function bytesOf(origin: string, key: string, body: object): Promise<{ status: number; bytes: string }> {
  return await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const request = httpRequest(
      `${origin}/v1/chat/completions`,
      { method: "POST", agent: false, headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(chunks).toString("hex") }),
        );
        answer.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

const start = () => startChatSandbox({ chat: "upstream" }, { clock: createFakeClock() });

const tool = {
  type: "function",
  function: { name: "Bash", parameters: { type: "object", properties: { command: { type: "string" } } } },
};

describe("Chat Completions forwarded to the upstream's own mirror", () => {
  it.each<[string, object]>([
    ["a JSON answer", ask("hello")],
    ["another model", { ...ask("hello"), model: "claude-haiku-4-5", temperature: 1.5 }],
    ["a stream with its usage", { ...ask("hällo \u{1f600}"), stream: true, stream_options: { include_usage: true } }],
    ["a tool call", { ...ask("run echo hi"), stream: true, tools: [tool] }],
    ["thinking", { ...ask("hello"), stream: true, reasoning_effort: "high" }],
    ["a refused field", { ...ask("hello"), temperature: 3 }],
    ["an error", ask("[[sandbox: error 502]]")],
    ["an error in mid-stream", { ...ask("[[sandbox: error-event 529 at=2]]"), stream: true }],
    ["comments", { ...ask("[[sandbox: ping 3]]"), stream: true }],
  ])("passes %s on byte for byte", async (_, body) => {
    const chat = await start();
    const through = await bytesOf(chat.url, localToken, body);
    const [sent] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    expect(sent).toMatchObject({ path: "/v1/chat/completions", body });
    expect(Object.fromEntries(sent?.headers ?? [])["authorization"]).toBe(
      `Bearer ${daemonKey.slice(0, 3)}...${daemonKey.slice(-4)}`,
    );
    chat.sandbox.reset();
    expect(through).toEqual(await bytesOf(chat.sandbox.url, daemonKey, body));
  });

  it.each([true, false])("records the usage of the mirror (streaming: %s)", async (stream) => {
    const chat = await start();
    const body = { ...ask("hello"), model: "gpt-4o", ...(stream ? { stream_options: { include_usage: true } } : {}) };
    await bytesOf(chat.url, localToken, { ...body, stream });
    const [sent] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    expect(await chat.record()).toMatchObject({
      ...{ lane: "raw", route: "chat-completions", outcome: "completed", status: 200, stream },
      ...{ modelServed: "claude-opus-4-7", upstreamRequestId: sent?.id },
      usage: { inputTokens: sent?.usage?.input_tokens, outputTokens: sent?.usage?.output_tokens },
      costUsd: expect.closeTo(sent?.cost_usd ?? 0, 9),
    });
  });

  it.each(["cut", "cut boundary", "cut clean", "cut half", "cut reset", "cut clean at=end", "error-event 502"])(
    "lets the SDK raise for a stream with the fault %s",
    async (fault) => {
      const chat = await start();
      const at = fault.includes("at=") ? "" : " at=4";
      const stream = await chat.client().chat.completions.create({
        ...ask(`[[sandbox: deltas 10]] [[sandbox: ${fault}${at}]]`),
        stream: true,
      });
      let text = "";
      const read = (async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      })();
      await expect(read).rejects.toThrow(OpenAI.APIError);
      expect(text.length).toBeGreaterThan(10);
      const record = await chat.record();
      expect([record.status, record.outcome]).not.toEqual([200, "completed"]);
    },
  );
});
