import { describe, expect, it } from "vitest";
import { ask, bashTool, openSandbox, type Parsed, rawRequest, type SandboxClient } from "../support/sandbox-client.ts";

const mark = { cache_control: { type: "ephemeral" } };
const hour = { cache_control: { type: "ephemeral", ttl: "1h" } };
const long = "The cache holds this sentence, which is long enough when it is said often enough. ".repeat(100);
const text = (content: string, more: object = {}): object => ({ type: "text", text: content, ...more });
const system = [text(long, mark)];

/** What of a prompt was read, written for 5 minutes, written for an hour; and the rest. */
interface Counts {
  read: number;
  short: number;
  hour: number;
  rest: number;
}

async function count(client: SandboxClient, body: object, headers: Record<string, string> = {}): Promise<Counts> {
  const { body: message, status } = await client.post(body, headers);
  if (status !== 200) throw new Error(JSON.stringify(message));
  return countsOf(message.usage);
}

function countsOf(usage: Parsed): Counts {
  const { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long1h } = usage.cache_creation;
  expect(usage.cache_creation_input_tokens).toBe(short + long1h);
  return { read: usage.cache_read_input_tokens, short, hour: long1h, rest: usage.input_tokens };
}

describe("the prompt cache", () => {
  it("writes a prefix once and reads it afterwards, and the rest stays input", async () => {
    const client = await openSandbox();
    const plain = await count(client, ask("hi", { system: [text(long)] }));
    const first = await count(client, ask("hi", { system }));
    const second = await count(client, ask("hello again", { system }));
    expect(plain).toMatchObject({ read: 0, short: 0, hour: 0 });
    expect(first).toMatchObject({ read: 0, hour: 0, rest: 17 });
    expect(first.short + first.rest).toBe(plain.rest);
    expect(second).toMatchObject({ read: first.short, short: 0, hour: 0 });
  });

  it("makes the bill follow", async () => {
    const client = await openSandbox();
    const first = await client.post(ask("hi", { system }));
    const afterWrite = (await client.whoami()).total_spent_usd;
    const second = await client.post(ask("hi", { system }));
    const afterRead = (await client.whoami()).total_spent_usd;
    const of = ({ body: { usage } }: Parsed): number =>
      usage.input_tokens * 5 +
      usage.cache_creation_input_tokens * 6.25 +
      usage.cache_read_input_tokens * 0.5 +
      usage.output_tokens * 25;
    expect(afterWrite).toBeCloseTo(of(first) / 1e6, 6);
    expect(afterRead - afterWrite).toBeCloseTo(of(second) / 1e6, 6);
    expect(of(second)).toBeLessThan(of(first) / 2);
  });

  it("extends a conversation: reads what was written, writes what is new", async () => {
    const client = await openSandbox();
    const turn = { role: "user", content: [text(long, mark)] };
    const first = await count(client, { ...ask(""), messages: [turn] });
    const unmarked = { role: "user", content: [text(long)] };
    const answer = { role: "assistant", content: "fine" };
    const next = { role: "user", content: [text(`more ${long}`, mark)] };
    const second = await count(client, { ...ask(""), messages: [unmarked, answer, next] });
    expect(second.read).toBe(first.short);
    expect(second.short).toBeGreaterThan(first.short);
    const third = await count(client, { ...ask(""), messages: [unmarked, answer, next] });
    expect(third).toEqual({ read: second.read + second.short, short: 0, hour: 0, rest: 8 });
  });

  it.each([
    ["claude-opus-4-7", 2_048],
    ["claude-opus-4-6", 4_096],
    ["claude-haiku-4-5", 4_096],
  ])("caches nothing below the minimum of %s", async (model, minimum) => {
    const client = await openSandbox();
    const sizes = [0.9, 1.1].map((share) =>
      "abcd ".repeat((minimum * share * (model === "claude-opus-4-7" ? 2.4 : 3.1)) / 5),
    );
    const [below = "", above = ""] = sizes;
    const run = async (content: string): Promise<Counts> =>
      await count(client, ask("hi", { model, system: [text(content, mark)] }));
    expect(await run(below)).toMatchObject({ read: 0, short: 0 });
    expect(await run(below)).toMatchObject({ read: 0, short: 0 });
    const written = await run(above);
    expect(written.short).toBeGreaterThanOrEqual(minimum);
    expect(await run(above)).toMatchObject({ read: written.short, short: 0 });
  });

  it("lives five minutes from its last reading", async () => {
    const client = await openSandbox();
    const { short } = await count(client, ask("hi", { system }));
    client.clock.advance(299_000);
    expect(await count(client, ask("hi", { system }))).toMatchObject({ read: short });
    client.clock.advance(299_000);
    expect(await count(client, ask("hi", { system }))).toMatchObject({ read: short });
    client.clock.advance(300_000);
    expect(await count(client, ask("hi", { system }))).toMatchObject({ read: 0, short });
  });

  it("lives an hour where that is asked for", async () => {
    const client = await openSandbox();
    const first = await count(client, ask("hi", { system: [text(long, hour)] }));
    expect(first).toMatchObject({ short: 0 });
    expect(first.hour).toBeGreaterThan(2_048);
    client.clock.advance(3_599_000);
    expect(await count(client, ask("hi", { system: [text(long, hour)] }))).toMatchObject({ read: first.hour });
    client.clock.advance(3_600_000);
    expect(await count(client, ask("hi", { system: [text(long, hour)] }))).toMatchObject({ read: 0, hour: first.hour });
  });

  it("bills an hour up to its mark and five minutes behind it", async () => {
    const client = await openSandbox();
    const both = ask([text(long, mark)], { system: [text(long, hour)] });
    const first = await count(client, both);
    expect(first.hour).toBeGreaterThan(2_048);
    expect(first.short).toBeGreaterThan(2_048);
    client.clock.advance(600_000);
    expect(await count(client, both)).toEqual({ read: first.hour, short: first.short, hour: 0, rest: first.rest });
  });

  it("looks back over 20 positions and not over 21", async () => {
    const rounds = (count: number): object[] => Array.from({ length: count }, (_, index) => text(`block ${index}`));
    for (const [added, isRead] of [
      [18, true],
      [19, false],
    ] as const) {
      const client = await openSandbox();
      const { short } = await count(client, ask([text(long, mark)]));
      const later = await count(client, ask([text(long), ...rounds(added), text("end", mark)]));
      expect(later.read).toBe(isRead ? short : 0);
    }
  });

  it.each<[string, object]>([
    ["the model", { model: "claude-opus-4-7-1m" }],
    ["the tools", { tools: [{ ...bashTool, description: "another" }] }],
    ["the system text before it", { system: [text("x"), text(long, mark)] }],
    ["one byte of it", { system: [text(`${long}.`, mark)] }],
  ])("is lost with a change of %s", async (_, change) => {
    const client = await openSandbox();
    const base = { system, tools: [bashTool] };
    await count(client, ask("hi", base));
    expect((await count(client, ask("hi", base))).read).toBeGreaterThan(0);
    expect((await count(client, ask("hi", { ...base, ...change }))).read).toBe(0);
  });

  it("keeps tools and system when tool_choice or thinking changes, and loses the messages", async () => {
    const client = await openSandbox();
    const body = { system, tools: [bashTool] };
    const first = await count(client, ask([text(long, mark)], body));
    const whole = await count(client, ask([text(long, mark)], body));
    expect(whole.read).toBe(first.short);
    const changed = await count(client, ask([text(long, mark)], { ...body, tool_choice: { type: "auto" } }));
    expect(changed.read).toBeGreaterThan(2_048);
    expect(changed.read).toBeLessThan(whole.read);
    const thinking = await count(client, ask([text(long, mark)], { ...body, thinking: { type: "adaptive" } }));
    expect(thinking.read).toBe(changed.read);
  });

  it("is the same for a text and for a block with it, and wherever the marks are", async () => {
    const client = await openSandbox();
    const first = await count(client, ask(long, mark));
    expect(first.short).toBeGreaterThan(2_048);
    expect((await count(client, ask([text(long, mark)]))).read).toBe(first.short);
  });

  it("marks the last block by itself where the request says so", async () => {
    const client = await openSandbox();
    const messages = [
      { role: "user", content: long },
      { role: "assistant", content: "fine" },
      { role: "user", content: "go on" },
    ];
    const first = await count(client, { ...ask(""), ...mark, messages });
    expect(first.rest).toBe(8);
    const longer = [...messages, { role: "assistant", content: "and on" }, { role: "user", content: "end" }];
    expect((await count(client, { ...ask(""), ...mark, messages: longer })).read).toBe(first.short);
  });

  it("caches up to a mark inside a tool result", async () => {
    const client = await openSandbox();
    const messages = [
      { role: "user", content: "q" },
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "Bash", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [text(long, mark)] }] },
    ];
    const first = await count(client, { ...ask(""), tools: [bashTool], messages });
    expect(first.short).toBeGreaterThan(2_048);
    expect((await count(client, { ...ask(""), tools: [bashTool], messages })).read).toBe(first.short);
  });

  it("belongs to a key", async () => {
    const client = await openSandbox();
    await count(client, ask("hi", { system }));
    expect((await count(client, ask("hi", { system }), { "x-api-key": "zk_sandbox_other" })).read).toBe(0);
  });

  it("can be read only when the answer that writes it has begun", async () => {
    const client = await openSandbox();
    const headers = {
      "x-api-key": "zk_sandbox_test",
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
    };
    const slow = JSON.stringify(ask("[[sandbox: stall 10 at=before]]", { system }));
    const answer = rawRequest(client.sandbox.url, "POST", "/v1/messages", headers, slow);
    while (client.clock.pending() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const early = await count(client, ask("hi", { system }));
    expect(early.read).toBe(0);
    client.clock.advance(10_000);
    // Meanwhile the second answer has written it: the first one, which starts only now, reads it.
    expect(countsOf(JSON.parse((await answer).text).usage).read).toBe(early.short);
    expect((await count(client, ask("hi", { system }))).read).toBe(early.short);
  });

  it("is warmed by max_tokens 0, which answers nothing", async () => {
    const client = await openSandbox();
    const { body } = await client.post(ask("hi", { system, max_tokens: 0 }));
    expect([body.content, body.stop_reason, body.usage.output_tokens]).toEqual([[], "max_tokens", 0]);
    expect((await count(client, ask("hi", { system }))).read).toBe(body.usage.cache_creation_input_tokens);
  });

  it("says the same in a stream as in JSON", async () => {
    const client = await openSandbox();
    await count(client, ask("hi", { system }));
    const { events } = await client.stream(ask("hi", { system }));
    const start = events[0].message.usage;
    const delta = events.find((event) => event.type === "message_delta").usage;
    expect(start.cache_read_input_tokens).toBeGreaterThan(2_048);
    expect(delta).toMatchObject({
      ...{ input_tokens: start.input_tokens, cache_read_input_tokens: start.cache_read_input_tokens },
      cache_creation_input_tokens: 0,
    });
  });
});
