import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { estimateTokens } from "../../src/catalog/estimate-tokens.ts";
import { modelOrNewest } from "../../src/catalog/models.ts";
import type { SandboxRequest } from "../../src/sandbox/options.ts";
import { ask, type ChatProxy, startChatSandbox } from "../support/chat-proxy.ts";

const model = modelOrNewest("claude-opus-4-7");
const sentence = "The agent reads the project's files before it changes them, and says in one sentence what it did. ";

/** Prose of about this many tokens. */
function prose(tokens: number): string {
  const perSentence = estimateTokens(sentence.repeat(100), model.tokenizer) / 100;
  return sentence.repeat(Math.round(tokens / perSentence));
}

const tools: OpenAI.ChatCompletionTool[] = ["read", "write", "search", "run"].map((name) => ({
  type: "function",
  function: {
    name,
    description: `${name}: ${sentence}`,
    parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  },
}));

type Mark = { cache_control?: { type: "ephemeral" } };
type Message = OpenAI.ChatCompletionMessageParam & Mark;

/** Where a client that marks by itself puts its breakpoints; changes the messages of one request. */
type Marking = (messages: Message[], turn: number) => Message[];

const turns = 20;
const stablePrefix = prose(30_000);

/** Dollars that the input of a request cost at list prices. */
function inputUsd({ usage }: SandboxRequest): number {
  if (usage === null) return 0;
  const { input, cacheWrite5m, cacheRead } = model.prices;
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = usage;
  return (
    (input_tokens * input + cache_creation_input_tokens * cacheWrite5m + cache_read_input_tokens * cacheRead) / 1e6
  );
}

/** An agent of 20 turns: each answer calls a tool, each result is 400 tokens. Shape: dollars of the input side. */
async function agentBill(autoCache: boolean, marking: Marking = (messages) => messages): Promise<number> {
  const chat = await startChatSandbox({ autoCache });
  const reply = `[[sandbox: text ${prose(200)}]] [[sandbox: tool read {"path":"src/index.ts"}]]`;
  const { completions } = chat.client({ headers: { "x-sandbox-reply": reply } }).chat;
  const messages: Message[] = [
    { role: "system", content: stablePrefix },
    { role: "user", content: "Mend the build." },
  ];
  for (let turn = 0; turn < turns; turn++) {
    const body = { model: model.id, max_tokens: 300, tools, messages: marking([...messages], turn) };
    const { message } = (await completions.create(body)).choices[0] as OpenAI.ChatCompletion.Choice;
    messages.push(
      { role: "assistant", content: message.content, tool_calls: message.tool_calls ?? [] },
      { role: "tool", tool_call_id: message.tool_calls?.[0]?.id ?? "", content: `${turn}: ${prose(400)}` },
    );
  }
  const requests = chat.sandbox.requests().filter(({ method }) => method === "POST");
  expect(requests.map(({ status }) => status)).toEqual(Array.from({ length: turns }, () => 200));
  expect(requests.every(({ usage }) => (usage?.output_tokens ?? 0) <= 300)).toBe(true);
  const told = chat.records.map(({ usage }) => (usage?.cacheReadTokens ?? 0) + (usage?.cacheWrite5mTokens ?? 0));
  expect(told).toEqual(
    requests.map(({ usage }) => (usage?.cache_read_input_tokens ?? 0) + (usage?.cache_creation_input_tokens ?? 0)),
  );
  return requests.reduce((sum, request) => sum + inputUsd(request), 0);
}

/** A breakpoint on the system prompt, which a client filled with the time: no two requests begin alike. */
const behindTheTime: Marking = ([_system, ...rest], turn) => [
  { role: "system", content: `It is 12:${turn} o'clock. ${stablePrefix}`, cache_control: { type: "ephemeral" } },
  ...rest,
];

/** A breakpoint that stays on the first question: all that came since is paid in full every time. */
const onTheFirstQuestion: Marking = ([system, first, ...rest]) => [
  ...(system === undefined ? [] : [system]),
  ...(first === undefined ? [] : [{ ...first, cache_control: { type: "ephemeral" } } as Message]),
  ...rest,
];

describe("an agent of 20 turns with a stable prefix of 30,000 tokens", () => {
  it("pays at most a fifth of its input with automatic caching, and more where a client marks the wrong place", async () => {
    const plain = await agentBill(false);
    const automatic = await agentBill(true);
    const tooEarly = await agentBill(true, onTheFirstQuestion);
    const volatile = await agentBill(true, behindTheTime);
    expect(plain).toBeGreaterThan(turns * 30_000 * (model.prices.input / 1e6) * 0.95);
    expect(automatic / plain).toBeLessThanOrEqual(0.2);
    expect(tooEarly).toBeGreaterThan(automatic * 1.2);
    expect(volatile).toBeGreaterThan(plain);
  });
});

async function cachedTokens(chat: ChatProxy, messages: Message[], more: object = {}): Promise<number | undefined> {
  const answer = await chat.client().chat.completions.create({ model: model.id, messages, ...more });
  return answer.usage?.prompt_tokens_details?.cached_tokens;
}

const conversation: Message[] = [
  { role: "system", content: prose(4_000) },
  { role: "user", content: "x" },
];

describe("automatic caching", () => {
  it("reads in the second turn what the first one wrote, and says so", async () => {
    const chat = await startChatSandbox();
    expect(await cachedTokens(chat, conversation)).toBe(0);
    const longer: Message[] = [...conversation, { role: "assistant", content: "y" }, { role: "user", content: "z" }];
    expect(await cachedTokens(chat, longer)).toBeGreaterThan(3_900);
    const [first, second] = [await chat.record(1), await chat.record(2)];
    expect(first.usage?.cacheWrite5mTokens).toBeGreaterThan(3_900);
    expect(second.usage?.cacheReadTokens).toBe(first.usage?.cacheWrite5mTokens);
    expect(second.costUsd).toBeLessThan((first.costUsd ?? 0) / 4);
  });

  it("is told in the last chunk of a stream, and in prompt_tokens", async () => {
    const chat = await startChatSandbox();
    await cachedTokens(chat, conversation);
    const stream = chat.client().chat.completions.stream({
      ...ask("x"),
      messages: conversation,
      stream_options: { include_usage: true },
    });
    const usage = await stream.totalUsage();
    const [, request] = chat.sandbox.requests().filter(({ method }) => method === "POST");
    const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = request?.usage ?? {};
    expect(usage.prompt_tokens_details?.cached_tokens).toBe(cache_read_input_tokens);
    expect(usage.prompt_tokens).toBe(
      (input_tokens ?? 0) + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0),
    );
  });

  it("doesn't happen where it is switched off", async () => {
    const chat = await startChatSandbox({ autoCache: false });
    await cachedTokens(chat, conversation);
    expect(await cachedTokens(chat, conversation)).toBe(0);
    expect(JSON.stringify(chat.sandbox.requests())).not.toContain("cache_control");
  });

  it("leaves the places to a client that marks its own, with its lifetime", async () => {
    const chat = await startChatSandbox();
    const marked = [
      { ...conversation[0], cache_control: { type: "ephemeral", ttl: "1h" } },
      conversation[1],
    ] as Message[];
    await cachedTokens(chat, marked);
    expect(await cachedTokens(chat, marked)).toBeGreaterThan(3_900);
    const { usage } = await chat.record(1);
    expect(usage).toMatchObject({ cacheWrite5mTokens: 0 });
    expect(usage?.cacheWrite1hTokens).toBeGreaterThan(3_900);
    expect((await chat.record(1)).costUsd).toBeCloseTo(
      chat.sandbox.requests().find(({ method }) => method === "POST")?.cost_usd ?? 0,
      6,
    );
  });
});
