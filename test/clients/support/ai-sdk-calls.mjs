// Child of ai-sdk.mjs and ai-sdk-openai.mjs: calls the AI SDK through the daemon's translated lane, by AI_SDK_PROVIDER with
// @ai-sdk/openai-compatible (Chat Completions) or @ai-sdk/openai (Responses).
import {
  BUDGET_MODEL,
  check,
  errorOf,
  expect,
  expectAbortSeen,
  expectAppended,
  expectSignedTurns,
  load,
  MODEL,
  reset,
  resultTexts,
  served,
} from "./calls-kit.mjs";

// its hints about its own use go to stdout, where the results are
globalThis.AI_SDK_LOG_WARNINGS = false;

const { generateText, isStepCount, Output, stepCountIs, streamText, tool } = await load("ai");
const { z } = await load("zod");

const isOpenai = process.env.AI_SDK_PROVIDER === "openai";
const target = { baseURL: process.env.BASE_URL, apiKey: process.env.TOKEN };

async function makeProvider() {
  if (isOpenai) return (await load("@ai-sdk/openai")).createOpenAI(target);
  const { createOpenAICompatible } = await load("@ai-sdk/openai-compatible");
  return createOpenAICompatible({ ...target, name: "zenthrex", includeUsage: true, supportsStructuredOutputs: true });
}

const provider = await makeProvider();
const isStored = process.env.AI_SDK_STORE !== "false";
// It knows only OpenAI's own models as reasoning ones.
const reasoning = { forceReasoning: true, reasoningSummary: "detailed" };
const providerOptions = isOpenai
  ? { openai: { reasoningEffort: "high", ...reasoning, ...(isStored ? {} : { store: false }) } }
  : { zenthrex: { reasoningEffort: "high" } };
const model = provider(MODEL);
const afterSteps = isStepCount ?? stepCountIs;

function echoTool(heard) {
  return tool({
    description: "Returns its text.",
    inputSchema: z.object({ text: z.string() }),
    execute: ({ text }) => {
      heard.push(text);
      return `pong-${heard.length}`;
    },
  });
}

async function answers() {
  await check("generateText answers", async () => {
    await reset();
    const { text, finishReason, usage } = await generateText({ model, prompt: "say hi to us", system: "Be brief." });
    expect(text.includes('You said: "say hi to us"') && finishReason === "stop", "the answer", { text, finishReason });
    expect(usage.inputTokens > 0 && usage.outputTokens > 0, "the usage", usage);
    const [request] = await served(1);
    expect(request.model === MODEL && JSON.stringify(request.body.system).includes("Be brief."), "asked", request.body);
  });

  await check("streamText streams 40 deltas, then its usage", async () => {
    await reset();
    const result = streamText({ model, prompt: "tell us [[sandbox: deltas 40]]" });
    const deltas = [];
    for await (const delta of result.textStream) deltas.push(delta);
    expect(deltas.length === 40 && deltas.join("") === (await result.text), `${deltas.length} deltas`);
    expect((await result.finishReason) === "stop", "the finish", await result.finishReason);
    expect((await result.usage).outputTokens > 40, "the usage", await result.usage);
    await served(1);
  });

  await check("Output.object gives an object of the schema", async () => {
    await reset();
    const schema = z.object({ city: z.string(), degrees: z.number(), isWet: z.boolean() });
    const { output } = await generateText({ model, prompt: "the weather?", output: Output.object({ schema }) });
    expect(schema.safeParse(output).success, "the object", output);
    const [request] = await served(1);
    expect(
      request.body.output_config?.format?.type === "json_schema",
      "the format asked for",
      request.body.output_config,
    );
  });
}

async function tools() {
  await check("generateText runs two tools in one step and answers", async () => {
    await reset();
    const heard = [];
    const { text, steps } = await generateText({
      model,
      prompt: '[[sandbox: tool echo {"text":"a"}]] [[sandbox: tool echo {"text":"b"}]]',
      tools: { echo: echoTool(heard) },
      stopWhen: afterSteps(3),
    });
    expect(heard.join() === "a,b" && steps.length === 2, "the calls", { heard, steps: steps.length });
    expect(text.includes("pong-1") && text.includes("pong-2"), "the answer", text);
    const requests = await served(2);
    expect(resultTexts(requests[1]).length === 2, "the results", requests[1].body.messages);
    expectAppended(requests);
  });

  await check("streamText runs a tool and answers", async () => {
    await reset();
    const heard = [];
    const result = streamText({
      model,
      prompt: '[[sandbox: tool echo {"text":"ä 東京"}]]',
      tools: { echo: echoTool(heard) },
      stopWhen: afterSteps(3),
    });
    const types = new Set();
    for await (const part of result.fullStream) types.add(part.type);
    expect(types.has("tool-input-delta") && !types.has("error"), "the parts", [...types]);
    expect(heard.join() === "ä 東京" && (await result.text).includes("pong-1"), "the answer", await result.text);
    const requests = await served(2);
    expect(resultTexts(requests[1]).join() === "pong-1", "the results", requests[1].body.messages);
    expectAppended(requests);
  });
}

async function thinkTwice(modelName, isStream) {
  await reset();
  const heard = [];
  const messages = [];
  const reasonings = [];
  for (const round of ["one", "two"]) {
    messages.push({ role: "user", content: `[[sandbox: think 3]] [[sandbox: tool echo {"text":"${round}"}]]` });
    const call = {
      model: provider(modelName),
      messages,
      tools: { echo: echoTool(heard) },
      maxOutputTokens: 8192,
      stopWhen: afterSteps(3),
      providerOptions,
    };
    const result = isStream ? streamText(call) : await generateText(call);
    if (isStream) await result.consumeStream();
    expect((await result.text).includes(`The tool said: pong-${heard.length}`), "the answer", await result.text);
    const [first] = await result.steps;
    reasonings.push(first.reasoningText);
    messages.push(...(await result.responseMessages));
  }
  expect(heard.join() === "one,two", "the calls", heard);
  const requests = await served(4);
  expectAppended(requests);
  const signed = expectSignedTurns(requests[3], 2);
  for (const [index, { thinking }] of signed.entries()) {
    expect(reasonings[index] === thinking, "the reasoning isn't what was sent back", { reasonings, thinking });
  }
}

async function thinking() {
  for (const modelName of [MODEL, BUDGET_MODEL]) {
    for (const way of ["generateText", "streamText"]) {
      await check(
        `reasoningEffort on ${modelName}, two turns with tools: signed thinking comes back intact (${way})`,
        () => thinkTwice(modelName, way === "streamText"),
      );
    }
  }
}

async function failures() {
  await check("an unknown model is an error with its name, not retried", async () => {
    const error = await errorOf(() => generateText({ model: provider("gpt-99"), prompt: "hi" }));
    expect(error.statusCode === 404 && error.message.includes("gpt-99"), "the error", error.message);
  });

  for (const fault of ["error-event 529 at=4", "cut at=4", "cut reset at=4", "cut clean at=4"]) {
    await check(`"${fault}" in mid-stream is an error, never a short answer`, async () => {
      const errors = [];
      const result = streamText({
        model,
        prompt: `[[sandbox: ${fault}]] [[sandbox: deltas 20]]`,
        maxRetries: 0,
        onError: ({ error }) => errors.push(error),
      });
      let reason;
      for await (const part of result.fullStream) if (part.type === "finish") reason = part.finishReason;
      expect(errors.length > 0 && reason !== "stop", "no error", { reason });
      return String(errors[0]?.message ?? errors[0]).slice(0, 100);
    });
  }

  await check("abort while streaming: the upstream sees it", async () => {
    await reset();
    const controller = new AbortController();
    const result = streamText({
      model,
      prompt: "[[sandbox: deltas 500]] [[sandbox: pace 50]]",
      abortSignal: controller.signal,
    });
    let deltas = 0;
    for await (const part of result.fullStream) if (part.type === "text-delta" && ++deltas === 3) controller.abort();
    await expectAbortSeen();
    expect(deltas < 500, "the stream ran to its end");
  });
}

await answers();
await tools();
await thinking();
await failures();
