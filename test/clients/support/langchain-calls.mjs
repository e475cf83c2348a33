// Child of langchain.mjs: calls LangChain's ChatOpenAI through the daemon's translated lane.
import {
  BUDGET_MODEL,
  check,
  errorOf,
  expect,
  expectAppended,
  expectSignedTurns,
  load,
  MODEL,
  reset,
  resultTexts,
  served,
} from "./calls-kit.mjs";

const { ChatOpenAI } = await load("@langchain/openai");
const { HumanMessage, SystemMessage } = await load("@langchain/core/messages");
const { tool } = await load("@langchain/core/tools");
const { z } = await load("zod");

const chat = (more = {}) =>
  new ChatOpenAI({
    model: MODEL,
    apiKey: process.env.TOKEN,
    configuration: { baseURL: process.env.BASE_URL },
    ...more,
  });

const heard = [];
const echo = tool(
  ({ text }) => {
    heard.push(text);
    return `pong ${text}`;
  },
  { name: "echo", description: "Returns its text.", schema: z.object({ text: z.string() }) },
);

async function answers() {
  await check("invoke answers", async () => {
    await reset();
    const message = await chat().invoke([new SystemMessage("Be brief."), new HumanMessage("say hi to us")]);
    expect(message.content.includes('You said: "say hi to us"'), "the answer", message.content);
    expect(message.usage_metadata.input_tokens > 0, "the usage", message.usage_metadata);
    expect(message.response_metadata.finish_reason === "stop", "the finish", message.response_metadata);
    const [request] = await served(1);
    expect(JSON.stringify(request.body.system).includes("Be brief."), "the system prompt", request.body.system);
  });

  await check("stream gives 40 deltas and its usage", async () => {
    await reset();
    let whole;
    let deltas = 0;
    for await (const chunk of await chat().stream("tell us [[sandbox: deltas 40]]")) {
      if (chunk.content !== "") deltas++;
      whole = whole === undefined ? chunk : whole.concat(chunk);
    }
    expect(deltas === 40, `${deltas} deltas`);
    expect(whole.usage_metadata.output_tokens > 40, "the usage", whole.usage_metadata);
    expect(whole.response_metadata.finish_reason === "stop", "the finish", whole.response_metadata);
    await served(1);
  });
}

async function structured() {
  const schema = z.object({ city: z.string(), degrees: z.number() });
  for (const method of ["jsonSchema", "functionCalling"]) {
    await check(`withStructuredOutput gives an object of the schema (${method})`, async () => {
      await reset();
      const found = await chat().withStructuredOutput(schema, { name: "weather", method }).invoke("the weather?");
      expect(schema.safeParse(found).success, "the object", found);
      const [{ body }] = await served(1);
      const isAsked =
        method === "jsonSchema" ? body.output_config?.format?.type === "json_schema" : body.tools?.length === 1;
      expect(isAsked, "what was asked for", { tools: body.tools, output_config: body.output_config });
    });
  }

  await check("withStructuredOutput gives an object (jsonMode)", async () => {
    await reset();
    const question = '[[sandbox: text {"city":"Oslo","degrees":3}]] Answer as JSON.';
    const found = await chat().withStructuredOutput(schema, { method: "jsonMode" }).invoke(question);
    expect(found.city === "Oslo", "the object", found);
    await served(1);
  });
}

/** Turns with a call each; `answer` asks the model. */
async function talk(answer, rounds, directives = "") {
  await reset();
  heard.length = 0;
  const messages = [];
  for (const round of rounds) {
    messages.push(new HumanMessage(`${directives} [[sandbox: tool echo {"text":"${round}"}]]`));
    const call = await answer(messages);
    expect(call.tool_calls.length === 1 && call.tool_calls[0].args.text === round, "the call", call);
    messages.push(call, await echo.invoke(call.tool_calls[0]));
    const last = await answer(messages);
    expect(String(last.content).includes(`The tool said: pong ${round}`), "the answer", last.content);
    messages.push(last);
  }
  expect(heard.join() === rounds.join(), "the tool was called with", heard);
  const requests = await served(2 * rounds.length);
  const results = rounds.map((round) => `pong ${round}`).join();
  expect(resultTexts(requests.at(-1)).join() === results, "the results", requests.at(-1).body.messages);
  expectAppended(requests);
  return requests;
}

async function whole(stream) {
  let message;
  for await (const chunk of await stream) message = message === undefined ? chunk : message.concat(chunk);
  return message;
}

async function tools() {
  const ways = {
    invoke: (model) => (messages) => model.invoke(messages),
    stream: (model) => (messages) => whole(model.stream(messages)),
  };
  for (const [name, way] of Object.entries(ways)) {
    await check(`a tool is called and its result is understood (${name})`, async () => {
      await talk(way(chat().bindTools([echo])), ["ping-42"]);
    });
    for (const model of [MODEL, BUDGET_MODEL]) {
      await check(
        `reasoning_effort on ${model}, two turns with tools: signed thinking comes back intact (${name})`,
        async () => {
          const thinker = chat({ model, maxTokens: 8192, modelKwargs: { reasoning_effort: "high" } });
          const requests = await talk(way(thinker.bindTools([echo])), ["one", "two"], "[[sandbox: think 3]]");
          expect(requests[0].body.thinking !== undefined, "no thinking was asked for", requests[0].body);
          expectSignedTurns(requests[3], 2);
        },
      );
    }
  }
}

async function failures() {
  await check("an unknown model is an error with its name", async () => {
    const error = await errorOf(() => chat({ model: "gpt-99" }).invoke("hi"));
    expect(error.status === 404 && error.message.includes("gpt-99"), "the error", error.message);
  });

  for (const fault of ["error-event 529 at=4", "cut reset at=4", "cut clean at=4"]) {
    await check(`"${fault}" in mid-stream is an error, never a short answer`, async () => {
      const error = await errorOf(() =>
        whole(chat({ maxRetries: 0 }).stream(`[[sandbox: ${fault}]] [[sandbox: deltas 20]]`)),
      );
      return error.message.slice(0, 100);
    });
  }
}

await answers();
await structured();
await tools();
await failures();
