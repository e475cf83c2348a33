// Child of openai-sdk.mjs: calls the OpenAI SDK's `responses` through the daemon's translated lane.
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
const { zodTextFormat, zodResponsesFunction } = await load("openai/helpers/zod");
const { z } = await load("zod");
const client = new OpenAI({ apiKey: process.env.TOKEN, baseURL: process.env.BASE_URL });
const { responses } = client;

const prompt = (input, more = {}) => ({ model: MODEL, max_output_tokens: 4096, input, ...more });
const echoTool = {
  type: "function",
  name: "echo",
  description: "Returns its text.",
  parameters: {
    type: "object",
    properties: { text: { type: "string" } },
    required: ["text"],
    additionalProperties: false,
  },
  strict: true,
};
const callEcho = (text) => `[[sandbox: tool echo ${JSON.stringify({ text })}]]`;
const resultOf = ({ call_id }, output) => ({ type: "function_call_output", call_id, output });

async function plainAnswers() {
  await check("responses.create answers", async () => {
    await reset();
    const response = await responses.create(prompt("say hi to us", { instructions: "Be brief." }));
    expect(response.object === "response" && response.status === "completed", "no whole answer", response);
    expect(response.output_text.includes('You said: "say hi to us"'), "the text is", response.output);
    const { input_tokens, output_tokens, total_tokens } = response.usage;
    expect(input_tokens > 0 && input_tokens + output_tokens === total_tokens, "the usage", response.usage);
    const [request] = await served(1);
    expect(request.model === MODEL && request.body.max_tokens === 4096, "what was asked", request.body);
    expect(JSON.stringify(request.body.system).includes("Be brief."), "the system prompt", request.body.system);
    expect(request.usage.output_tokens === output_tokens, "the sandbox counted", request.usage);
  });

  await check("responses.create with stream: 40 deltas, numbered events, one end", async () => {
    await reset();
    const stream = await responses.create(prompt("tell us [[sandbox: deltas 40]]", { stream: true }));
    const events = [];
    for await (const event of stream) events.push(event);
    const deltas = events.filter(({ type }) => type === "response.output_text.delta");
    expect(deltas.length === 40, `${deltas.length} deltas with text`);
    const isNumbered = events.every(({ sequence_number }, index) => sequence_number === index);
    expect(
      isNumbered,
      "the numbers",
      events.map(({ sequence_number }) => sequence_number),
    );
    const { type, response } = events.at(-1);
    const text = deltas.map(({ delta }) => delta).join("");
    expect(type === "response.completed" && response.output[0].content[0].text === text, "the end", events.at(-1));
    await served(1);
  });

  await check("the stream helper adds its events up to the final response", async () => {
    await reset();
    const stream = responses.stream(prompt("tell us [[sandbox: deltas 25]]"));
    let heard = "";
    stream.on("response.output_text.delta", ({ delta }) => {
      heard += delta;
    });
    const response = await stream.finalResponse();
    expect(heard.length > 100 && heard === response.output_text, "the deltas aren't the text", heard);
    await served(1);
  });

  await check("max_output_tokens ends an answer as incomplete, created and streamed", async () => {
    const short = prompt("[[sandbox: length 5000]]", { max_output_tokens: 16 });
    for (const response of [await responses.create(short), await responses.stream(short).finalResponse()]) {
      const why = response.incomplete_details?.reason;
      expect(response.status === "incomplete" && why === "max_output_tokens", "the end", response);
    }
  });
}

async function structuredAnswers() {
  const Weather = z.object({ city: z.string(), degrees: z.number(), tags: z.array(z.enum(["wet", "dry"])) });
  const text = { format: zodTextFormat(Weather, "weather") };

  await check("responses.parse gives an object of the schema, and the sandbox got the schema", async () => {
    await reset();
    const response = await responses.parse(prompt("the weather?", { text }));
    expect(Weather.safeParse(response.output_parsed).success, "what was parsed", response.output);
    const [request] = await served(1);
    expect(request.body.output_config?.format?.type === "json_schema", "the format", request.body.output_config);
  });

  await check("the stream helper parses too", async () => {
    const response = await responses.stream(prompt("the weather?", { text })).finalResponse();
    expect(Weather.safeParse(response.output_parsed).success, "what was parsed", response.output);
  });

  await check("responses.parse gives a call's arguments as an object", async () => {
    const parameters = z.object({ text: z.string() });
    const tools = [zodResponsesFunction({ name: "echo", parameters })];
    const response = await responses.parse(prompt(callEcho("ä 東京"), { tools }));
    const call = response.output.find(({ type }) => type === "function_call");
    expect(call?.parsed_arguments?.text === "ä 東京", "the call", response.output);
  });
}

async function tools() {
  await check("two calls in one answer, and their results answered", async () => {
    await reset();
    const input = [{ role: "user", content: `${callEcho("a")} ${callEcho("b")}` }];
    const first = await responses.create(prompt(input, { tools: [echoTool] }));
    const calls = first.output.filter(({ type }) => type === "function_call");
    expect(calls.length === 2, "the calls", first.output);
    input.push(...first.output, ...calls.map((call) => resultOf(call, `heard ${JSON.parse(call.arguments).text}`)));
    const second = await responses.create(prompt(input, { tools: [echoTool] }));
    expect(second.output_text.includes("heard a") && second.output_text.includes("heard b"), "the text", second.output);
    const requests = await served(2);
    expect(resultTexts(requests[1]).join() === "heard a,heard b", "the results", requests[1].body.messages);
    expectAppended(requests);
  });

  await check("a custom tool gets free text, streamed", async () => {
    await reset();
    const text = '*** Begin\n+"ü"\\ \n*** End';
    const asked = prompt(`[[sandbox: tool write ${JSON.stringify({ input: text })}]]`, {
      tools: [{ type: "custom", name: "write", description: "Takes text." }],
    });
    const stream = await responses.create({ ...asked, stream: true });
    let heard = "";
    let done;
    for await (const event of stream) {
      if (event.type === "response.custom_tool_call_input.delta") heard += event.delta;
      if (event.type === "response.output_item.done") done = event.item;
    }
    expect(heard === text && done?.type === "custom_tool_call" && done.input === text, "the call", { heard, done });
    const result = { type: "custom_tool_call_output", call_id: done.call_id, output: "written" };
    const answer = await responses.create({ ...asked, input: [{ role: "user", content: asked.input }, done, result] });
    expect(answer.output_text.includes("written"), "the answer", answer.output);
    expectAppended(await served(2));
  });

  await check("tool_choice required and parallel_tool_calls false reach the sandbox", async () => {
    await reset();
    await responses.create(prompt("x", { tools: [echoTool], tool_choice: "required", parallel_tool_calls: false }));
    const [request] = await served(1);
    const choice = request.body.tool_choice;
    expect(choice.type === "any" && choice.disable_parallel_tool_use === true, "the choice asked for", choice);
  });
}

/** Two user turns with a call each, thinking on: 4 requests. `send` makes a request of new items, and knows what went before. */
async function thinkTwice(model, send) {
  await reset();
  for (const round of ["one", "two"]) {
    const question = `Think about ${round}. [[sandbox: think 3]] ${callEcho(round)}`;
    const called = await send([{ role: "user", content: question }]);
    const call = called.output.find(({ type }) => type === "function_call");
    const reasoning = called.output.find(({ type }) => type === "reasoning");
    expect(call !== undefined && reasoning !== undefined, "the answer", called.output);
    const answered = await send([resultOf(call, `heard ${JSON.parse(call.arguments).text}`)]);
    expect(answered.output_text.includes(`The tool said: heard ${round}`), "the answer", answered.output);
  }
  const requests = await served(4);
  expectAppended(requests);
  const type = model === MODEL ? "adaptive" : "enabled";
  expect(requests[0].body.thinking?.type === type, "the thinking asked for", requests[0].body);
  expectSignedTurns(requests[3], 2);
  return `${blocksOf(requests[3], "thinking").length} signed blocks back in the last request`;
}

async function thinking() {
  const create = (body) => responses.create(body);
  const stream = (body) => responses.stream(body).finalResponse();
  const settings = (model) => ({
    model,
    max_output_tokens: 8192,
    tools: [echoTool],
    reasoning: { effort: "high", summary: "detailed" },
  });
  const stateless = (model, answer) => {
    const input = [];
    const include = ["reasoning.encrypted_content"];
    return async (items) => {
      input.push(...items);
      const response = await answer({ ...settings(model), store: false, include, input });
      input.push(...response.output);
      return response;
    };
  };
  const stored = (model, answer) => {
    let last;
    return async (input) => {
      last = await answer({ ...settings(model), previous_response_id: last?.id, input });
      return last;
    };
  };
  for (const model of [MODEL, BUDGET_MODEL]) {
    for (const [way, answer] of Object.entries({ create, stream })) {
      for (const [kind, make] of Object.entries({ "store: false": stateless, previous_response_id: stored })) {
        await check(
          `reasoning on ${model}, two turns with tools, by ${kind}: signed thinking comes back intact (${way})`,
          () => thinkTwice(model, make(model, answer)),
        );
      }
    }
  }
}

async function kept() {
  await check("a stored response is retrieved, listed and deleted", async () => {
    const made = await responses.create(prompt("keep this"));
    const shown = await responses.retrieve(made.id);
    expect(shown.id === made.id && shown.output_text === made.output_text, "what was kept", shown);
    const { data } = await responses.inputItems.list(made.id);
    expect(JSON.stringify(data).includes("keep this"), "its input", data);
    await responses.delete(made.id);
    const error = await errorOf(() => responses.retrieve(made.id));
    expect(error instanceof OpenAI.NotFoundError, "the error", error);
  });

  await check("an unknown previous_response_id is a BadRequestError that says what to do", async () => {
    const error = await errorOf(() => responses.create(prompt("hi", { previous_response_id: "resp_never" })));
    expect(error instanceof OpenAI.BadRequestError, "the error", error);
    expect(error.code === "previous_response_not_found" && error.param === "previous_response_id", "the error", error);
    return error.message.slice(0, 160);
  });
}

async function failures() {
  await check("an unknown model is a NotFoundError with the name", async () => {
    const error = await errorOf(() => responses.create(prompt("hi", { model: "gpt-99" })));
    expect(error instanceof OpenAI.NotFoundError && error.message.includes("gpt-99"), "the error", error.message);
  });

  await check("429 is retried by the SDK after retry-after, and only by it", async () => {
    await reset();
    const response = await responses.create(prompt("[[sandbox: error 429 after=1 times=1]] hi"));
    expect(response.status === "completed", "no whole answer", response);
    const statuses = (await posts()).map(({ status }) => status);
    expect(statuses.join() === "429,200", "the upstream answered", statuses);
  });

  for (const fault of ["error-event 529", "cut", "cut reset", "cut clean", "cut boundary", "cut half"]) {
    for (const [way, call] of Object.entries({ create: createWhole, stream: streamed, helper: helped })) {
      await check(`"${fault}" in mid-answer is an error, never a short answer (${way})`, async () => {
        const error = await errorOf(() => call(prompt(`[[sandbox: ${fault} at=4]] [[sandbox: deltas 20]]`)));
        expect(error instanceof OpenAI.OpenAIError, `${error.constructor.name} is none of the SDK's`, error.message);
        return `${error.constructor.name}: ${error.message.slice(0, 100)}`;
      });
    }
  }

  await check("abort while streaming: the upstream sees it", async () => {
    await reset();
    const controller = new AbortController();
    const body = prompt("[[sandbox: deltas 500]] [[sandbox: pace 50]]", { stream: true });
    const stream = await responses.create(body, { signal: controller.signal });
    let deltas = 0;
    for await (const { type } of stream)
      if (type === "response.output_text.delta" && ++deltas === 3) controller.abort();
    await expectAbortSeen();
    expect(deltas < 500, "the stream ran to its end");
  });
}

const createWhole = (body) => responses.create(body, { maxRetries: 0 });
async function streamed(body) {
  for await (const event of await responses.create({ ...body, stream: true }, { maxRetries: 0 })) void event;
}
const helped = (body) => responses.stream(body, { maxRetries: 0 }).finalResponse();

await plainAnswers();
await structuredAnswers();
await tools();
await thinking();
await kept();
await failures();
