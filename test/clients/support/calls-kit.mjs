// For children that call an SDK: they get SDK_FOLDER, SDK_VERSION, BASE_URL, TOKEN, SANDBOX_URL and write a JSON line a check.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { SDK_FOLDER, SANDBOX_URL } = process.env;

/** What the checks ask for: it thinks when it likes to (adaptive). */
export const MODEL = "claude-opus-4-7";
/** It thinks within a budget of tokens: signed blocks that are missing in mid-turn are refused. */
export const BUDGET_MODEL = "claude-haiku-4-5";

// A module in the client's folder imports as a program that lives there would: ESM, by the packages' own export maps.
const loader = join(SDK_FOLDER, "load.mjs");
writeFileSync(loader, "export const load = (specifier) => import(specifier);\n");

/** Imports a package, or an entry of it, from the client's folder. */
export const { load } = await import(pathToFileURL(loader).href);

/** Throws with a message that quotes what there was. */
export function expect(condition, message, seen) {
  if (!condition) throw new Error(`${message}${seen === undefined ? "" : `: ${JSON.stringify(seen)?.slice(0, 1200)}`}`);
}

/** Runs a check and reports it. */
export async function check(title, act) {
  const line = { title };
  const begun = performance.now();
  try {
    const remark = await act();
    if (typeof remark === "string") line.remark = remark;
  } catch (error) {
    line.failure = `${error?.constructor?.name}: ${error?.message ?? error}`;
  }
  line.seconds = (performance.now() - begun) / 1000;
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Makes the sandbox forget what it was asked. */
export const reset = () => fetch(`${SANDBOX_URL}/_sandbox/reset`, { method: "POST" });

/** What the sandbox was asked to answer, oldest first. */
export async function posts() {
  const { requests } = await (await fetch(`${SANDBOX_URL}/_sandbox/requests`)).json();
  return requests.filter(({ method }) => method === "POST");
}

/** The requests since the last reset: so many, all of them Messages requests that were answered. */
export async function served(count) {
  const requests = await posts();
  const seen = requests.map(({ path, status }) => `${path} ${status}`);
  expect(
    requests.every(({ path, status }) => path.split("?")[0] === "/v1/messages" && status === 200),
    "the sandbox saw",
    seen,
  );
  expect(requests.length === count, `the sandbox was asked ${requests.length} times, not ${count}`, seen);
  return requests;
}

/** The blocks of one type in the messages of a request, oldest first. */
export function blocksOf(request, type) {
  const blocks = request.body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return blocks.filter((block) => block.type === type);
}

/** The tool results that a request carries, as text. */
export function resultTexts(request) {
  return blocksOf(request, "tool_result").map(({ content }) =>
    typeof content === "string" ? content : (content ?? []).map(({ text }) => text ?? "").join(""),
  );
}

/** Assistant turns that call a tool have to begin with the signed thinking that came with the call. */
export function expectSignedTurns(request, count) {
  const turns = request.body.messages.filter(
    ({ role, content }) =>
      role === "assistant" && Array.isArray(content) && content.some(({ type }) => type === "tool_use"),
  );
  expect(turns.length === count, `turns with a call: ${turns.length}, not ${count}`, request.body.messages);
  for (const { content } of turns) {
    const [first] = content;
    const isSigned = first.type === "thinking" && typeof first.signature === "string" && first.signature !== "";
    expect(isSigned, "a turn with a call doesn't begin with its signed thinking", content);
  }
  return turns.map(({ content }) => content[0]);
}

const withoutMarks = (value) => JSON.stringify(value, (key, inner) => (key === "cache_control" ? undefined : inner));

/** Each request has to begin with all the messages of the one before: else the prompt cache is lost, and signatures with it. */
export function expectAppended(requests) {
  for (const [index, request] of requests.entries()) {
    const before = requests[index - 1]?.body.messages ?? [];
    for (const [place, message] of before.entries()) {
      const now = request.body.messages[place];
      // neighbouring user messages may be told apart or not: what counts is that nothing earlier changed
      expect(
        withoutMarks(now) === withoutMarks(message),
        `message ${place} of request ${index + 1} isn't what it was`,
        { before: message, now },
      );
    }
  }
}

/** The error that a call ends with. */
export async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("the call succeeded");
}

/** Waits until the sandbox has seen its caller leave. */
export async function expectAbortSeen() {
  for (let tries = 0; tries < 40; tries++) {
    if ((await posts()).at(-1)?.aborted === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seen = (await posts()).map(({ status, aborted }) => ({ status, aborted }));
  throw new Error(`the upstream wasn't left within 2 s: ${JSON.stringify(seen)}`);
}
