// Child of anthropic-sdk.mjs: calls the SDK in SDK_FOLDER against BASE_URL with TOKEN and writes a JSON line a check.
// Usage: node anthropic-sdk-calls.mjs ordinary|revoked-key|empty-wallet|closed-upstream
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { SDK_FOLDER, SDK_VERSION, BASE_URL, TOKEN, SANDBOX_URL } = process.env;
const entry = createRequire(join(SDK_FOLDER, "package.json")).resolve("@anthropic-ai/sdk");
const loaded = await import(pathToFileURL(entry).href);
const Anthropic = loaded.default?.default ?? loaded.default;

const MODEL = "claude-opus-4-7";
const client = new Anthropic({ apiKey: TOKEN, baseURL: BASE_URL });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function expect(condition, message, seen) {
  if (!condition) throw new Error(`${message}${seen === undefined ? "" : `: ${JSON.stringify(seen)?.slice(0, 800)}`}`);
}

async function check(title, act) {
  const line = { title };
  const begun = performance.now();
  try {
    const remark = await act();
    if (typeof remark === "string") line.remark = remark;
  } catch (error) {
    line.failure = `${error.constructor.name}: ${error.message}`;
  }
  line.seconds = (performance.now() - begun) / 1000;
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const asked = async () => (await (await fetch(`${SANDBOX_URL}/_sandbox/requests`)).json()).requests;
const reset = () => fetch(`${SANDBOX_URL}/_sandbox/reset`, { method: "POST" });
const posts = async () => (await asked()).filter(({ method }) => method === "POST");
const prompt = (content, more = {}) => ({
  model: MODEL,
  max_tokens: 1024,
  messages: [{ role: "user", content }],
  ...more,
});
const textOf = (message) => message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");

/** The error that a call ends with. */
async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("the call succeeded");
}

async function expectError(call, ErrorClass, status, words) {
  const error = await errorOf(call);
  expect(error instanceof ErrorClass, `${error.constructor.name} is no ${ErrorClass.name}`, error.message);
  expect(error.status === status, `status ${error.status}`, error.message);
  expect(words.test(error.message), `the message doesn't match ${words}`, error.message);
  return `${error.constructor.name}: ${error.message.slice(0, 140)}`;
}

const echoTool = {
  name: "echo",
  description: "Returns its text.",
  input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
};

async function answers() {
  await check("messages.create answers", async () => {
    const message = await client.messages.create(prompt("say hi to us"));
    expect(message.type === "message" && message.stop_reason === "end_turn", "no whole message", message);
    expect(textOf(message).includes("say hi to us"), "the text is", textOf(message));
    expect(message.usage.input_tokens > 0 && message.usage.output_tokens > 0, "usage", message.usage);
  });

  await check("messages.stream gives deltas that add up to the final message", async () => {
    const stream = client.messages.stream(prompt("tell us [[sandbox: deltas 40]]"));
    const texts = [];
    stream.on("text", (text) => texts.push(text));
    const message = await stream.finalMessage();
    expect(texts.length === 40, "the number of deltas", texts.length);
    expect(texts.join("") === textOf(message), "the deltas are not the text");
  });

  await check("a raw stream ends with message_stop", async () => {
    const types = [];
    for await (const event of await client.messages.create(prompt("say hi", { stream: true }))) types.push(event.type);
    expect(types[0] === "message_start" && types.at(-1) === "message_stop", "the events", types);
  });

  await check("a tool is called and its result is understood", async () => {
    const first = await client.messages.create(
      prompt('[[sandbox: tool echo {"text":"ping-42"}]]', { tools: [echoTool] }),
    );
    const call = first.content.find((block) => block.type === "tool_use");
    expect(first.stop_reason === "tool_use" && call?.input?.text === "ping-42", "no call", first);
    const messages = [
      { role: "user", content: "call echo" },
      { role: "assistant", content: first.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "pong-42" }] },
    ];
    const second = await client.messages.create({ model: MODEL, max_tokens: 1024, tools: [echoTool], messages });
    expect(textOf(second).includes("pong-42"), "the answer is", textOf(second));
  });

  await check("a tool's input is streamed whole", async () => {
    const stream = client.messages.stream(
      prompt('[[sandbox: tool echo {"text":"ä \\"quoted\\" 東京"}]]', { tools: [echoTool] }),
    );
    const call = (await stream.finalMessage()).content.find((block) => block.type === "tool_use");
    expect(call?.input?.text === 'ä "quoted" 東京', "the input", call?.input);
  });

  await check("messages.countTokens answers without a paid call", async () => {
    await reset();
    const count = await client.messages.countTokens({
      model: MODEL,
      messages: [{ role: "user", content: "count these words" }],
    });
    expect(Number.isInteger(count.input_tokens) && count.input_tokens > 0, "the count", count);
    const paid = (await posts()).filter(({ status, path }) => status === 200 && !path.includes("count_tokens"));
    expect(paid.length === 0, "paid calls", paid.length);
    return `${count.input_tokens} tokens`;
  });

  if (client.beta.messages.toolRunner !== undefined) {
    await check(
      "beta toolRunner runs a tool (without message threads, which the hosted API doesn't document)",
      runTool,
    );
  }

  await check("models.list and models.retrieve know the model", async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids.includes(MODEL), "the models", ids);
    expect(new Set(ids).size === ids.length, "an id is twice in the list", ids);
    expect((await client.models.retrieve(MODEL)).id === MODEL, "retrieve gave another model");
    return `${ids.length} models`;
  });
}

async function runTool() {
  await reset();
  const heard = [];
  const run = (input) => {
    heard.push(input.text);
    return "pong-43";
  };
  const runner = client.beta.messages.toolRunner({
    ...prompt('[[sandbox: tool echo {"text":"ping-43"}]]', { tools: [{ ...echoTool, run, parse: (input) => input }] }),
    max_iterations: 2,
    // major 1 keeps the conversation upstream unless told not to; major 0 would send the word along
    ...(SDK_VERSION.startsWith("0.") ? {} : { thread: false }),
  });
  const message = await runner.runUntilDone();
  expect(heard.join() === "ping-43", "the tool was called with", heard);
  expect(textOf(message).includes("pong-43"), "the answer is", textOf(message));
}

async function abortAfterFirstDelta() {
  await reset();
  const controller = new AbortController();
  const stream = await client.messages.create(
    prompt("[[sandbox: deltas 500]] [[sandbox: pace 50]]", { stream: true }),
    {
      signal: controller.signal,
    },
  );
  let deltas = 0;
  for await (const event of stream) {
    if (event.type === "content_block_delta" && ++deltas === 3) controller.abort();
  }
  await expectAbortSeen();
  expect(deltas < 500, "the stream ran to its end");
}

async function expectAbortSeen() {
  for (let tries = 0; tries < 40; tries++) {
    if ((await posts()).at(-1)?.aborted === true) return;
    await wait(50);
  }
  throw new Error(
    `the upstream wasn't left within 2 s: ${JSON.stringify((await posts()).map(({ status, aborted }) => ({ status, aborted })))}`,
  );
}

async function endings() {
  await check("abort while streaming: the upstream sees it", abortAfterFirstDelta);

  await check("abort before the first byte: the upstream sees it", async () => {
    await reset();
    const controller = new AbortController();
    const call = client.messages.create(prompt("[[sandbox: stall 20 at=before]]"), { signal: controller.signal });
    const settled = errorOf(() => call);
    for (let tries = 0; tries < 40 && (await posts()).length === 0; tries++) await wait(50);
    controller.abort();
    const error = await settled;
    expect(error instanceof Anthropic.APIUserAbortError, "the error", error.message);
    await expectAbortSeen();
  });

  for (const how of ["", " boundary", " reset", " clean"]) {
    await check(`a stream that is cut raises after its first words (cut${how})`, async () => {
      const stream = client.messages.stream(prompt(`[[sandbox: deltas 9]] [[sandbox: cut${how} at=4]]`));
      const texts = [];
      stream.on("text", (text) => texts.push(text));
      const error = await errorOf(() => stream.finalMessage());
      expect(texts.length > 0 && texts.length < 9, "deltas before the end", texts.length);
      return `${texts.length} of 9 deltas, ${error.constructor.name}: ${error.message.slice(0, 100)}`;
    });
  }

  await check("an error event in the middle raises", async () => {
    const stream = client.messages.stream(prompt("[[sandbox: deltas 9]] [[sandbox: error-event 529 at=4]]"));
    const error = await errorOf(() => stream.finalMessage());
    expect(/overloaded/i.test(error.message), "the message", error.message);
  });

  await check("a wrong local token: AuthenticationError, one request, none upstream", async () => {
    await reset();
    const stranger = new Anthropic({ apiKey: "zxl_not_this_one", baseURL: BASE_URL });
    const remark = await expectError(
      () => stranger.messages.create(prompt("hi")),
      Anthropic.AuthenticationError,
      401,
      /zenthrex/,
    );
    expect((await posts()).length === 0, "the upstream was asked");
    return remark;
  });

  await check("an unknown model: NotFoundError", () =>
    expectError(
      () => client.messages.create(prompt("hi", { model: "gpt-99" })),
      Anthropic.NotFoundError,
      404,
      /gpt-99/,
    ),
  );

  await check("what the upstream refuses arrives as BadRequestError with its words", () =>
    expectError(
      () => client.messages.create(prompt("hi", { no_such_field: 1 })),
      Anthropic.BadRequestError,
      400,
      /no_such_field: Extra inputs are not permitted/,
    ),
  );

  await check("429 is retried by the SDK after retry-after, and only by it", async () => {
    await reset();
    const message = await client.messages.create(prompt("[[sandbox: error 429 after=1 times=1]] hi"));
    expect(message.stop_reason === "end_turn", "no whole message", message);
    const statuses = (await posts()).map(({ status }) => status);
    expect(statuses.join() === "429,200", "the upstream answered", statuses);
  });
}

/** One failing call: its class, its status, our words, one request upstream. */
async function refused(title, ErrorClass, status, words, upstreamRequests) {
  await check(title, async () => {
    const remark = await expectError(() => client.messages.create(prompt("hi")), ErrorClass, status, words);
    if (SANDBOX_URL !== "")
      expect((await posts()).length === upstreamRequests, "requests upstream", (await posts()).length);
    return remark;
  });
}

const groups = {
  ordinary: async () => {
    await answers();
    await endings();
  },
  "revoked-key": () =>
    refused(
      "the daemon's key is revoked: AuthenticationError with our fix, one request",
      Anthropic.AuthenticationError,
      401,
      /zenthrex login/,
      1,
    ),
  "empty-wallet": () =>
    refused(
      "the wallet is empty: APIError 402 with our fix, one request",
      Anthropic.APIError,
      402,
      /Top up the wallet/,
      1,
    ),
  "closed-upstream": () =>
    refused(
      "--upstream names a closed port: InternalServerError with our fix",
      Anthropic.InternalServerError,
      502,
      /--upstream/,
      0,
    ),
};

await groups[process.argv[2]]();
