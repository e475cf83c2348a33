// Child of openai-sdk.mjs: calls the OpenAI SDK through the daemon's translated lane.
import {
  BUDGET_MODEL,
  blocksOf,
  check,
  errorOf,
  expect,
  expectAbortSeen,
  expectAppended,
  expectSignedTurns,
  load,
  MODEL,
  posts,
  reset,
  resultTexts,
  served,
} from "./calls-kit.mjs";

const { default: OpenAI } = await load("openai");
const { zodResponseFormat, zodFunction } = await load("openai/helpers/zod");
const { z } = await load("zod");
const client = new OpenAI({ apiKey: process.env.TOKEN, baseURL: process.env.BASE_URL });
const completions = client.chat.completions;

const prompt = (content, more = {}) => ({
  model: MODEL,
  max_tokens: 4096,
  messages: [{ role: "user", content }],
  ...more,
});
const echoParameters = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
const echoTool = {
  type: "function",
  function: { name: "echo", description: "Returns its text.", parameters: echoParameters },
};
const callEcho = (text) => `[[sandbox: tool echo ${JSON.stringify({ text })}]]`;

async function plainAnswers() {
  await check("create answers", async () => {
    await reset();
    const completion = await completions.create(prompt("say hi to us"));
    const [choice] = completion.choices;
    expect(completion.object === "chat.completion" && choice.finish_reason === "stop", "no whole answer", completion);
    expect(choice.message.content.includes('You said: "say hi to us"'), "the text is", choice.message);
    const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
    expect(prompt_tokens > 0 && prompt_tokens + completion_tokens === total_tokens, "the usage", completion.usage);
    const [request] = await served(1);
    expect(request.model === MODEL && request.body.max_tokens === 4096, "what was asked", request.body);
    expect(request.usage.output_tokens === completion_tokens, "the sandbox counted", request.usage);
  });

  await check("create with stream: 40 deltas, one finish, usage in the last chunk", async () => {
    await reset();
    const stream = await completions.create(
      prompt("tell us [[sandbox: deltas 40]]", { stream: true, stream_options: { include_usage: true } }),
    );
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").filter((text) => text !== "");
    expect(texts.length === 40, `${texts.length} deltas with text`);
    const reasons = chunks.flatMap(({ choices }) => choices.map((one) => one.finish_reason)).filter(Boolean);
    expect(reasons.join() === "stop", "the finish reasons", reasons);
    expect(chunks.at(-1).choices.length === 0 && chunks.at(-1).usage.total_tokens > 0, "the last", chunks.at(-1));
    expect(
      chunks.slice(0, -1).every(({ usage }) => usage === null),
      "usage of an earlier chunk isn't null",
    );
    await served(1);
  });

  await check("the stream helper adds its deltas up to the final completion", async () => {
    await reset();
    const stream = completions.stream(prompt("tell us [[sandbox: deltas 25]]"));
    let heard = "";
    stream.on("content", (delta) => {
      heard += delta;
    });
    const completion = await stream.finalChatCompletion();
    expect(heard.length > 100 && heard === completion.choices[0].message.content, "the deltas aren't the text", heard);
    expect(completion.choices[0].finish_reason === "stop", "the finish", completion.choices[0]);
    await served(1);
  });

  await check("max_tokens ends an answer with finish_reason length, a stop word with stop", async () => {
    const cut = await completions.create(prompt("[[sandbox: length 5000]]", { max_tokens: 16 }));
    expect(cut.choices[0].finish_reason === "length", "the finish", cut.choices[0]);
    const stopped = await completions.create(prompt("[[sandbox: text one two HALT three]]", { stop: ["HALT"] }));
    expect(stopped.choices[0].finish_reason === "stop", "the finish", stopped.choices[0]);
    expect(stopped.choices[0].message.content === "one two ", "the text", stopped.choices[0].message.content);
  });

  await check("models.list and models.retrieve know the model", async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids.includes(MODEL) && new Set(ids).size === ids.length, "the models", ids);
    expect((await client.models.retrieve(MODEL)).id === MODEL, "retrieve gave another model");
    return `${ids.length} models`;
  });
}

async function structuredAnswers() {
  const Weather = z.object({ city: z.string(), degrees: z.number(), tags: z.array(z.enum(["wet", "dry"])) });

  await check("parse gives an object of the schema, and the sandbox got the schema", async () => {
    await reset();
    const completion = await completions.parse(
      prompt("the weather?", { response_format: zodResponseFormat(Weather, "weather") }),
    );
    const { parsed } = completion.choices[0].message;
    expect(Weather.safeParse(parsed).success, "what was parsed", completion.choices[0].message);
    const [request] = await served(1);
    const { format } = request.body.output_config;
    expect(format.type === "json_schema" && "degrees" in format.schema.properties, "the format asked for", format);
  });

  await check("the stream helper parses too", async () => {
    await reset();
    const said = { city: "Oslo", degrees: -3.5, tags: ["wet"] };
    const stream = completions.stream(
      prompt(`[[sandbox: say-json ${JSON.stringify(said)}]]`, {
        response_format: zodResponseFormat(Weather, "weather"),
      }),
    );
    const { parsed } = (await stream.finalChatCompletion()).choices[0].message;
    expect(JSON.stringify(parsed) === JSON.stringify(said), "what was parsed", parsed);
    await served(1);
  });

  await check("parse reads the arguments of a strict tool", async () => {
    await reset();
    const tool = zodFunction({ name: "weather", parameters: z.object({ city: z.string() }) });
    const completion = await completions.parse(
      prompt('[[sandbox: tool weather {"city":"Bergen"}]]', { tools: [tool] }),
    );
    const [call] = completion.choices[0].message.tool_calls;
    expect(call.function.parsed_arguments?.city === "Bergen", "the call", call);
    const [request] = await served(1);
    expect(request.body.tools[0].strict === true, "the tool asked for", request.body.tools[0]);
  });

  await check("json_object answers with JSON alone", async () => {
    await reset();
    const completion = await completions.create(
      prompt('[[sandbox: text ```json\n{"a":1}\n```]] as JSON', { response_format: { type: "json_object" } }),
    );
    const { content } = completion.choices[0].message;
    expect(JSON.parse(content).a === 1, "the text is", content);
    await served(1);
  });
}

async function tools() {
  await check("a tool is called and its result is understood", async () => {
    await reset();
    const first = await completions.create(prompt(callEcho("ping-42"), { tools: [echoTool] }));
    const [{ message, finish_reason }] = first.choices;
    expect(finish_reason === "tool_calls" && message.tool_calls.length === 1, "no call", first.choices);
    expect(JSON.parse(message.tool_calls[0].function.arguments).text === "ping-42", "the call", message);
    const messages = [
      { role: "user", content: "call echo" },
      message,
      { role: "tool", tool_call_id: message.tool_calls[0].id, content: "pong-42" },
    ];
    const second = await completions.create({ model: MODEL, tools: [echoTool], messages });
    expect(second.choices[0].message.content.includes("The tool said: pong-42"), "the answer", second.choices);
    const [, request] = await served(2);
    expect(resultTexts(request).join() === "pong-42", "the results that the sandbox got", request.body.messages);
  });

  await check("two calls at once stream their arguments by pieces, numbered from 0", async () => {
    await reset();
    const long = `ä "quoted" 東京 ${"x".repeat(300)}`;
    const stream = await completions.create(
      prompt(`${callEcho("first")} ${callEcho(long)}`, { tools: [echoTool], stream: true }),
    );
    const calls = [];
    const pieces = [0, 0];
    for await (const { choices } of stream) {
      for (const { index, id, function: part } of choices[0]?.delta.tool_calls ?? []) {
        calls[index] ??= { id: "", text: "" };
        calls[index].id += id ?? "";
        calls[index].text += part?.arguments ?? "";
        pieces[index]++;
      }
    }
    expect(calls.length === 2 && new Set(calls.map(({ id }) => id)).size === 2, "the calls", calls);
    expect(calls.map(({ text }) => JSON.parse(text).text).join("|") === `first|${long}`, "the arguments", calls);
    expect(pieces[1] > 3, "the long arguments came in one piece", pieces);
    await served(1);
  });

  for (const stream of [false, true]) {
    await check(`runTools runs a tool and answers${stream ? ", streaming" : ""}`, async () => {
      await reset();
      const heard = [];
      const tool = {
        type: "function",
        function: {
          name: "echo",
          description: "Returns its text.",
          parameters: echoParameters,
          parse: JSON.parse,
          function: ({ text }) => {
            heard.push(text);
            return "pong-43";
          },
        },
      };
      const runner = completions.runTools(prompt(callEcho("ping-43"), { tools: [tool], stream }));
      const content = await runner.finalContent();
      expect(heard.join() === "ping-43", "the tool was called with", heard);
      expect(content.includes("The tool said: pong-43"), "the answer is", content);
      const requests = await served(2);
      expect(resultTexts(requests[1]).join() === "pong-43", "the results", requests[1].body.messages);
      expectAppended(requests);
    });
  }

  await check("a required tool is called, and parallel calls can be forbidden", async () => {
    await reset();
    const completion = await completions.create(
      prompt(`${callEcho("a")} ${callEcho("b")}`, {
        tools: [echoTool],
        tool_choice: "required",
        parallel_tool_calls: false,
      }),
    );
    expect(completion.choices[0].message.tool_calls.length === 1, "the calls", completion.choices[0].message);
    const [request] = await served(1);
    const choice = request.body.tool_choice;
    expect(choice.type === "any" && choice.disable_parallel_tool_use === true, "the choice asked for", choice);
  });
}

/** What a client that knows nothing of thinking keeps of an answer. */
const plainOf = ({ role, content, tool_calls }) => ({ role, content, tool_calls });

/** Two user turns with a call each, thinking on: 4 requests. `answer` makes a request, `keep` says what is sent back of its answer. */
async function thinkTwice({ model, answer, keep }) {
  await reset();
  const messages = [];
  const thoughts = [];
  let text;
  for (const round of ["one", "two"]) {
    messages.push({ role: "user", content: `Think about ${round}. [[sandbox: think 3]] ${callEcho(round)}` });
    for (const step of ["call", "answer"]) {
      const { completion, reasoning } = await answer({ model, reasoning_effort: "high", tools: [echoTool], messages });
      const [{ message, finish_reason }] = completion.choices;
      expect(finish_reason === (step === "call" ? "tool_calls" : "stop"), "the finish", completion);
      messages.push(keep(message));
      if (step === "answer") text = message.content;
      else {
        thoughts.push({ reasoning, details: message.reasoning_details });
        const [{ id, function: called }] = message.tool_calls;
        messages.push({ role: "tool", tool_call_id: id, content: `heard ${JSON.parse(called.arguments).text}` });
      }
    }
    expect(text.includes(`The tool said: heard ${round}`), "the answer", text);
  }
  const requests = await served(4);
  expectAppended(requests);
  const { thinking } = requests[0].body;
  expect(thinking?.type === (model === MODEL ? "adaptive" : "enabled"), "the thinking asked for", requests[0].body);
  const signed = expectSignedTurns(requests[3], 2);
  for (const [index, { reasoning, details }] of thoughts.entries()) {
    const block = signed[index];
    expect(reasoning === block.thinking, "the reasoning isn't what the sandbox got back", { reasoning, block });
    const isTold = details?.some(({ signature }) => signature === block.signature);
    expect(isTold, "the signature isn't what the sandbox got back", { details, block });
  }
  return `${blocksOf(requests[3], "thinking").length} signed blocks back in the last request`;
}

async function thinking() {
  const create = async (body) => {
    const completion = await completions.create({ max_tokens: 8192, ...body });
    return { completion, reasoning: completion.choices[0].message.reasoning_content };
  };
  // of a field that it doesn't know the helper keeps the last piece only: the pieces are added up here
  const stream = async (body) => {
    let reasoning = "";
    const helper = completions.stream({ max_tokens: 8192, ...body });
    helper.on("chunk", ({ choices }) => {
      reasoning += choices[0]?.delta.reasoning_content ?? "";
    });
    return { completion: await helper.finalChatCompletion(), reasoning };
  };
  const ways = [
    ["create, answers sent back whole", create, (message) => message],
    ["create, only the standard fields sent back", create, plainOf],
    ["the stream helper, answers sent back whole", stream, (message) => message],
    ["the stream helper, only the standard fields sent back", stream, plainOf],
  ];
  for (const model of [MODEL, BUDGET_MODEL]) {
    for (const [way, answer, keep] of ways) {
      await check(
        `reasoning_effort on ${model}, two turns with tools: signed thinking comes back intact (${way})`,
        () => thinkTwice({ model, answer, keep }),
      );
    }
  }

  await check("runTools with reasoning_effort: signed thinking comes back intact", async () => {
    await reset();
    const tool = { ...echoTool.function, parse: JSON.parse, function: () => "pong-44" };
    const runner = completions.runTools(
      prompt(`[[sandbox: think 2]] ${callEcho("ping-44")}`, {
        model: BUDGET_MODEL,
        max_tokens: 8192,
        reasoning_effort: "medium",
        tools: [{ type: "function", function: tool }],
      }),
    );
    expect((await runner.finalContent()).includes("pong-44"), "the answer");
    const requests = await served(2);
    expectSignedTurns(requests[1], 1);
    expectAppended(requests);
  });
}

async function failures() {
  await check("an unknown model is a NotFoundError with the name", async () => {
    const error = await errorOf(() => completions.create(prompt("hi", { model: "gpt-99" })));
    expect(error instanceof OpenAI.NotFoundError && error.message.includes("gpt-99"), "the error", error.message);
    return error.message.slice(0, 140);
  });

  await check("what can't be done is a BadRequestError that names the parameter", async () => {
    const error = await errorOf(() => completions.create(prompt("hi", { n: 3 })));
    expect(error instanceof OpenAI.BadRequestError && error.param === "n", "the error", error);
    return error.message.slice(0, 140);
  });

  await check("429 is retried by the SDK after retry-after, and only by it", async () => {
    await reset();
    const completion = await completions.create(prompt("[[sandbox: error 429 after=1 times=1]] hi"));
    expect(completion.choices[0].finish_reason === "stop", "no whole answer", completion);
    const statuses = (await posts()).map(({ status }) => status);
    expect(statuses.join() === "429,200", "the upstream answered", statuses);
  });

  const faults = ["error-event 529 at=4", "cut at=4", "cut reset at=4", "cut clean at=4", "cut boundary at=4"];
  for (const fault of faults) {
    for (const isStream of [true, false]) {
      await check(`"${fault}" in mid-answer is an error, never a short answer (${isStream ? "stream" : "JSON"})`, () =>
        expectBroken(`[[sandbox: ${fault}]] [[sandbox: deltas 20]]`, isStream),
      );
    }
  }

  await check("abort while streaming: the upstream sees it", async () => {
    await reset();
    const controller = new AbortController();
    const body = prompt("[[sandbox: deltas 500]] [[sandbox: pace 50]]", { stream: true });
    const stream = await completions.create(body, { signal: controller.signal });
    let deltas = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++deltas === 3) controller.abort();
    await expectAbortSeen();
    expect(deltas < 500, "the stream ran to its end");
  });
}

async function expectBroken(content, isStream) {
  const error = await errorOf(async () => {
    const answer = await completions.create(prompt(content, { stream: isStream }), { maxRetries: 0 });
    if (isStream) for await (const chunk of answer) void chunk;
  });
  expect(error instanceof OpenAI.APIError, `${error.constructor.name} is none of the SDK's errors`, error.message);
  return `${error.constructor.name}: ${error.message.slice(0, 100)}`;
}

await plainAnswers();
await structuredAnswers();
await tools();
await thinking();
await failures();
