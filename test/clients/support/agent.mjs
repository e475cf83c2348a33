// Agent programs: one prompt, one answer on stdout. What they print and what the sandbox was asked have to agree.
import { expect } from "./checks.mjs";
import { localToken, startDaemonWithSandbox } from "./daemon.mjs";
import { clearHome, makeHome } from "./programs.mjs";

/** The model that every agent is configured for. */
export const MODEL = "claude-opus-4-7";

const PLAIN_PROMPT = "say hi to us";

const decorations = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, "g");
const printedBy = (result) => result.stdout.replaceAll(decorations, "");

function expectEnded(result, daemon) {
  const all = result.stdout + result.stderr;
  const hint = `${all}\n${daemon.output()}`.slice(-1200);
  expect(!result.timedOut, `it had to be ended after ${result.seconds.toFixed(0)} s`, hint);
  expect(result.exitCode === 0, `exit code ${result.exitCode}`, hint);
}

/** The small model that setup names for titles and the like. */
const SMALL_MODEL = "claude-haiku-4-5";

/** The requests at the sandbox: all of them Messages requests for our models that were answered. */
async function expectServed(sandbox) {
  const requests = (await sandbox.requests()).filter(({ method }) => method === "POST");
  const seen = requests.map(({ method, path, status, model }) => `${method} ${path} ${status} ${model}`);
  expect(requests.length > 0, "the sandbox was asked nothing");
  const isGood = ({ path, status, model }) =>
    path.split("?")[0] === "/v1/messages" && status === 200 && [MODEL, SMALL_MODEL].includes(model);
  expect(requests.every(isGood), "the sandbox saw", seen);
  return requests;
}

const blocksOf = ({ content }) => (Array.isArray(content) ? content : [{ type: "text", text: content }]);

async function checkPlain({ check, prompt, daemon, name }) {
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
    expect(name === undefined || daemon.output().includes(`"tool":"${name}"`), `the log doesn't say ${name}`);
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

/** Whether a request ends with the result of a call of the tool. */
function endsWithResult(request, toolName, word) {
  const [turn, results] = request.body.messages.slice(-2).map(blocksOf);
  const call = turn?.find((block) => block.type === "tool_use" && block.name === toolName);
  const result = results?.find((block) => block.type === "tool_result" && block.tool_use_id === call?.id);
  return result !== undefined && JSON.stringify([call.input, result.content]).includes(word);
}

/** The way of one command: a call, its output in a result, the answer to that on the screen. Returns what was asked last. */
async function expectTrip({ result, daemon, tool, input }, word) {
  expectEnded(result, daemon);
  const requests = await expectServed(daemon.sandbox);
  const place = requests.findLastIndex((request) => endsWithResult(request, tool, word));
  const printed = printedBy(result);
  expect(place > 0, `no request ends with the result of ${tool}`, printed);
  const [turn, results] = requests[place].body.messages.slice(-2).map(blocksOf);
  const call = turn.find((block) => block.type === "tool_use" && block.name === tool);
  const answer = results.find((block) => block.tool_use_id === call.id);
  const [property, value] = Object.entries(input(`echo ${word}`))[0];
  expect(JSON.stringify(call.input[property]) === JSON.stringify(value), "the tool was called with", call);
  expect(answer.is_error !== true && JSON.stringify(answer.content).includes(word), "the result", answer);
  const said = printed.slice(printed.lastIndexOf("The tool said:"));
  expect(printed.includes("The tool said:") && said.includes(word), "the answer to the result isn't printed", printed);
  const before = requests.slice(0, place).findLast(({ body }) => body.tools?.length > 0);
  return { request: requests[place], requests, before };
}

async function checkNewcomer({ check, prompt, daemon, tool, input }) {
  await check(`"run echo ..." calls ${tool}, and its output comes back`, async () => {
    await daemon.sandbox.reset();
    const result = await prompt("run echo tool-ran-ok-42", { tools: true });
    const { request, requests, before } = await expectTrip({ result, daemon, tool, input }, "tool-ran-ok-42");
    return `${result.seconds.toFixed(1)} s, ${requests.length} requests, ${cacheRemark(before, request)}`;
  });
}

/** Turns that call a tool have to begin with the signed thinking that came with the call. */
function expectSignedTurns(request, toolName, count) {
  const isCall = (block) => block.type === "tool_use" && block.name === toolName;
  const turns = request.body.messages.map(blocksOf).filter((blocks) => blocks.some(isCall));
  expect(turns.length === count, `turns with a call: ${turns.length}, not ${count}`, request.body.messages);
  const bare = turns.find(([first]) => first.type !== "thinking" || !(first.signature?.length > 0));
  expect(bare === undefined, "a turn with a call doesn't begin with signed thinking", bare);
}

async function checkThinking({ check, prompt, daemon, tool, input, resumes }) {
  const words = ["tool-ran-ok-43", ...(resumes ? ["tool-ran-ok-44"] : [])];
  const title = resumes ? "two turns of a session, each" : "a turn";
  await check(`${title} with thinking on and a call of ${tool}: signed blocks come back intact`, async () => {
    await daemon.sandbox.reset();
    let seconds = 0;
    let remark;
    for (const [index, word] of words.entries()) {
      const call = JSON.stringify(input(`echo ${word}`));
      const steered = `[[sandbox: think 2]] [[sandbox: tool ${tool} ${call}]]`;
      const result = await prompt(steered, { tools: true, thinking: true, resume: index > 0 });
      const { request, before, requests } = await expectTrip({ result, daemon, tool, input }, word);
      expectSignedTurns(request, tool, index + 1);
      remark = `${requests.length} requests, ${cacheRemark(before, request)}`;
      seconds += result.seconds;
    }
    return `${seconds.toFixed(1)} s, ${remark}`;
  });
}

/**
 * Configures an agent and runs its checks.
 * Shape: `name`: how the daemon's log calls it; `configure({ home, baseUrl, port, token, check })` writes its files; `undo` (may be absent) takes them back; `makePrompt(...)(text, { tools, thinking, resume })` runs it once;
 * `tool` runs commands, and `input` makes its input of a command; `resumes`: it can go on with its last session.
 */
export async function runAgent({ configure, makePrompt, ...agent }, { folder, version, check }) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const { port, url } = daemon;
    const target = { folder, version, home, port, baseUrl: `${url}/v1`, token: await localToken(home), check };
    await configure(target);
    const context = { ...agent, check, prompt: makePrompt(target), daemon };
    await checkPlain(context);
    await checkNewcomer(context);
    await checkThinking(context);
    await agent.undo?.(target);
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}
