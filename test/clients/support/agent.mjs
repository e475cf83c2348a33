// Agent programs: one prompt, one answer on stdout. What they print and what the sandbox was asked have to agree.
import { expect } from "./checks.mjs";
import { localToken, startDaemonWithSandbox } from "./daemon.mjs";
import { clearHome, makeHome } from "./programs.mjs";

/** The model that every agent is configured for. */
export const MODEL = "claude-opus-4-7";

const PLAIN_PROMPT = "say hi to us";
const TOOL_WORD = "tool-ran-ok-42";
const COMMAND = `echo ${TOOL_WORD}`;
const COMMAND_PROMPT = `run ${COMMAND}`;

const decorations = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, "g");
const printedBy = (result) => result.stdout.replaceAll(decorations, "");

function expectEnded(result, daemon) {
  const all = result.stdout + result.stderr;
  const hint = `${all}\n${daemon.output()}`.slice(-1200);
  expect(!result.timedOut, `it had to be ended after ${result.seconds.toFixed(0)} s`, hint);
  expect(result.exitCode === 0, `exit code ${result.exitCode}`, hint);
}

/** The requests at the sandbox: all of them Messages requests for our model that were answered. */
async function expectServed(sandbox) {
  const requests = (await sandbox.requests()).filter(({ method }) => method === "POST");
  const seen = requests.map(({ method, path, status, model }) => `${method} ${path} ${status} ${model}`);
  expect(requests.length > 0, "the sandbox was asked nothing");
  const isGood = ({ path, status, model }) =>
    path.split("?")[0] === "/v1/messages" && status === 200 && model === MODEL;
  expect(requests.every(isGood), "the sandbox saw", seen);
  return requests;
}

const blocksOf = ({ content }) => (Array.isArray(content) ? content : [{ type: "text", text: content }]);

/** The exchange of one tool call in a request: the call, and the result that follows it. */
function roundTripIn(request, toolName) {
  const blocks = request.body.messages.flatMap(blocksOf);
  const call = blocks.find((block) => block.type === "tool_use" && block.name === toolName);
  const result = blocks.find((block) => block.type === "tool_result" && block.tool_use_id === call?.id);
  return call === undefined || result === undefined ? undefined : { call, result };
}

async function checkPlain({ check, prompt, daemon }) {
  await check("a plain prompt is answered", async () => {
    await daemon.sandbox.reset();
    const result = await prompt(PLAIN_PROMPT);
    expectEnded(result, daemon);
    const printed = printedBy(result);
    expect(printed.includes("This is the zenthrex sandbox"), "it printed", printed);
    const requests = await expectServed(daemon.sandbox);
    const asked = requests.find(
      ({ body }) => JSON.stringify(body.messages).includes(PLAIN_PROMPT) && body.tools?.length > 0,
    );
    expect(
      asked !== undefined,
      "no request has the prompt and tools",
      requests.map(({ body }) => Object.keys(body)),
    );
    expect(asked.body.stream === true, "the upstream wasn't asked to stream");
    const marked = JSON.stringify(asked.body).includes('"cache_control"');
    expect(marked, "no place for the prompt cache is marked");
    return `${result.seconds.toFixed(1)} s, ${requests.length} request(s), ${asked.body.tools.length} tools, ${asked.body_bytes} bytes`;
  });
}

/** What was written to the prompt cache by the request that got the call has to be read by the one that brings its result. */
function cacheRemark(before, now) {
  const { cache_creation_input_tokens: written, cache_read_input_tokens: readBefore } = before.usage;
  const read = now.usage.cache_read_input_tokens;
  expect(read >= written + readBefore, `of ${written + readBefore} cached tokens only ${read} were read`, now.usage);
  return written + readBefore === 0 ? "a prompt too short for the cache" : `${read} tokens read from the cache`;
}

/** A turn that calls a tool has to begin with the signed thinking that came with the call. */
function expectSigned(request, toolName) {
  const isCall = (block) => block.type === "tool_use" && block.name === toolName;
  const turn = request.body.messages.find((message) => blocksOf(message).some(isCall));
  const [first] = blocksOf(turn);
  expect(first.type === "thinking" && first.signature?.length > 0, "the turn with the call begins with", first);
}

/** Ways to a call of the tool that runs commands: in a newcomer's words, and told exactly. */
const trips = [
  { title: '"run echo ..." calls it and its output comes back', text: () => COMMAND_PROMPT, thinking: false },
  {
    title: "with thinking on: the signed block comes back with its output",
    text: ({ tool, input }) => `[[sandbox: think 2]] [[sandbox: tool ${tool} ${JSON.stringify(input(COMMAND))}]]`,
    thinking: true,
  },
];

async function checkToolTrip({ check, prompt, daemon, tool, input }, { title, text, thinking }) {
  await check(`a round trip of the tool ${tool}, ${title}`, async () => {
    await daemon.sandbox.reset();
    const result = await prompt(text({ tool, input }), { tools: true, thinking });
    expectEnded(result, daemon);
    const requests = await expectServed(daemon.sandbox);
    const place = requests.findIndex((request) => roundTripIn(request, tool) !== undefined);
    expect(place > 0, `no request brings the result of ${tool}`, printedBy(result));
    const trip = roundTripIn(requests[place], tool);
    expect(JSON.stringify(trip.result.content).includes(TOOL_WORD), "the result that came back", trip.result);
    const [property, value] = Object.entries(input(COMMAND))[0];
    expect(JSON.stringify(trip.call.input[property]) === JSON.stringify(value), "the tool was called with", trip.call);
    expect(trip.result.is_error !== true, "the tool failed", trip.result);
    if (thinking) expectSigned(requests[place], tool);
    const printed = printedBy(result);
    expect(/The tool said:[\s\S]*tool-ran-ok-42/.test(printed), "the answer to the result isn't printed", printed);
    const before = requests.slice(0, place).findLast(({ body }) => body.tools?.length > 0);
    return `${result.seconds.toFixed(1)} s, ${requests.length} requests, ${cacheRemark(before, requests[place])}`;
  });
}

/**
 * Configures an agent and runs its checks.
 * Shape: `configure({ home, baseUrl, token })` writes its files; `makePrompt(...)(text, { tools, thinking })` runs it once;
 * `tool` runs commands, and `input` makes its input of a command.
 */
export async function runAgent({ configure, makePrompt, tool, input }, { folder, version, check }) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const target = { folder, version, home, baseUrl: `${daemon.url}/v1`, token: await localToken(home) };
    await configure(target);
    const context = { check, prompt: makePrompt(target), daemon, tool, input };
    await checkPlain(context);
    for (const trip of trips) await checkToolTrip(context, trip);
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}
