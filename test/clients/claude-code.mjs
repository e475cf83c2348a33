// The real Claude Code, configured by `zenthrex setup claude-code` alone, through `zenthrex serve --sandbox`.
// That the answer came through is seen twice: in what the client prints and in what the sandbox was asked.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "./support/checks.mjs";
import { checkClaudeRun } from "./support/claude-run.mjs";
import {
  closedPort,
  localToken,
  programIn,
  startDaemonBefore,
  startDaemonWithSandbox,
  startSandbox,
  zenthrex,
} from "./support/daemon.mjs";
import { clearHome, makeHome, quietEnv, runProgram } from "./support/programs.mjs";

const ANSWER_LIMIT_MS = 60_000;
/** A failure that can't be helped by waiting has to be told within this time, with the client's own retries as they are. */
const TOLD_WITHIN_SECONDS = 5;

/** What people paste as base URL, and the path that claude then asks for; undefined where claude mends it itself. */
const wrongBaseUrls = {
  "/": undefined,
  "/v1": "/v1/v1/messages",
  "/v1/": "/v1/v1/messages",
  "/v1/messages": "/v1/messages/v1/messages",
  "/v1/chat/completions": "/v1/chat/completions/v1/messages",
};

const settingsFile = (home) => join(home, ".claude", "settings.json");
const readSettings = (home) => JSON.parse(readFileSync(settingsFile(home), "utf8"));

function setBaseUrl(home, baseUrl) {
  const settings = readSettings(home);
  settings.env.ANTHROPIC_BASE_URL = baseUrl;
  writeFileSync(settingsFile(home), `${JSON.stringify(settings, null, 2)}\n`);
}

async function setUp(home, port) {
  const result = await zenthrex(["setup", "claude-code", "--yes", "--port", String(port)], { home });
  expect(result.exitCode === 0, "zenthrex setup claude-code ended with", { ...result });
}

function claudeIn(folder, home) {
  return (args, env = {}) =>
    runProgram(programIn(folder, "claude"), args, { home, env: { ...quietEnv, ...env }, limitMs: ANSWER_LIMIT_MS });
}

const messagesOf = (requests) => requests.filter((request) => /^\/v1\/messages(\?|$)/.test(request.path));

function expectAnswered(result, text) {
  expect(!result.timedOut, "it had to be ended after a minute", result.stdout + result.stderr);
  expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stdout + result.stderr);
  expect(result.stdout.includes(text), `"${text}" is not in its answer`, result.stdout);
}

function expectServed(requests) {
  const served = messagesOf(requests);
  expect(
    served.length > 0,
    "the sandbox was asked nothing",
    requests.map(({ method, path }) => `${method} ${path}`),
  );
  const bad = served.find((request) => request.status !== 200);
  expect(bad === undefined, "the sandbox refused", bad && { status: bad.status, path: bad.path });
  return served;
}

async function checkAnswers({ check, claude, daemon, home }) {
  const { sandbox } = daemon;
  const plain = async (env) => {
    await sandbox.reset();
    const result = await claude(["-p", "say hi to us"], env);
    expectAnswered(result, "sandbox");
    return { result, served: expectServed(await sandbox.requests()) };
  };

  await check("a plain prompt is answered", async () => {
    const { result, served } = await plain();
    const models = [...new Set(served.map((request) => request.model))];
    expect(models.includes("claude-opus-4-7"), "the model asked for", models);
    return `claude took ${result.seconds.toFixed(1)} s, ${served.length} request(s), ${served[0].body_bytes} bytes`;
  });

  await check("a tool round trip: Bash runs `echo` and its output comes back", async () => {
    await sandbox.reset();
    const prompt = "run echo tool-ran-ok-42";
    const result = await claude(["-p", prompt, "--allowedTools", "Bash", "--output-format", "json"]);
    expectAnswered(result, "tool-ran-ok-42");
    const answer = JSON.parse(result.stdout);
    expect(answer.is_error === false && answer.num_turns === 2, "not two turns without an error", result.stdout);
    const last = expectServed(await sandbox.requests()).at(-1);
    const results = last.body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
    const toolResult = results.find((block) => block.type === "tool_result");
    expect(
      JSON.stringify(toolResult)?.includes("tool-ran-ok-42"),
      "the tool's output didn't reach the sandbox",
      toolResult,
    );
  });

  await check("--model haiku asks for claude-haiku-4-5", async () => {
    await sandbox.reset();
    expectAnswered(await claude(["-p", "say hi to us", "--model", "haiku"]), "sandbox");
    const models = [...new Set(expectServed(await sandbox.requests()).map((request) => request.model))];
    expect(models.length === 1 && models[0] === "claude-haiku-4-5", "the models asked for", models);
  });

  await check("a shell's ANTHROPIC_API_KEY and HTTP_PROXY don't get in the way", async () => {
    const nowhere = `http://127.0.0.1:${await closedPort()}`;
    await plain({ ANTHROPIC_API_KEY: "sk-ant-api03-of-somebody-else", HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere });
    const headers = JSON.stringify((await sandbox.requests()).map((request) => request.headers));
    expect(!headers.includes("sk-ant"), "the other vendor's key went upstream");
  });

  for (const [suffix, path] of Object.entries(wrongBaseUrls)) {
    await check(
      `base URL http://127.0.0.1:<port>${suffix} is answered${path === undefined ? "" : ", and the log names the right one"}`,
      async () => {
        setBaseUrl(home, `${daemon.url}${suffix}`);
        try {
          await plain();
        } finally {
          setBaseUrl(home, daemon.url);
        }
        const said = `a tool asked for ${path}: served, but its base URL should be ${daemon.url};`;
        expect(
          path === undefined || daemon.output().includes(said),
          "the log doesn't say so",
          daemon.output().slice(-1000),
        );
      },
    );
  }
}

/** A daemon that can't serve: claude has to end at once, with our sentence. */
async function checkTold(title, { check, folder, makeDaemon, says, most }) {
  await check(`${title}: claude ends within ${TOLD_WITHIN_SECONDS} s with our message`, async () => {
    const home = makeHome();
    const { daemon, sandbox, stopAll } = await makeDaemon(home);
    try {
      await setUp(home, daemon.port);
      // Setting up proves its way by a request of its own, which costs nothing.
      const askedBySetup = sandbox === undefined ? 0 : messagesOf(await sandbox.requests()).length;
      const result = await claudeIn(folder, home)(["-p", "say hi to us"]);
      const printed = result.stdout + result.stderr;
      expect(!result.timedOut, "it had to be ended after a minute", printed);
      expect(result.exitCode !== 0, "exit code 0", printed);
      expect(says.test(printed), `its words don't match ${says}`, printed);
      expect(result.seconds <= TOLD_WITHIN_SECONDS, `it took ${result.seconds.toFixed(1)} s`, printed);
      const asked = sandbox === undefined ? 0 : messagesOf(await sandbox.requests()).length - askedBySetup;
      expect(asked <= most, `${asked} requests reached the upstream, at most ${most} should`);
      return `${result.seconds.toFixed(1)} s: ${printed.trim().split("\n").at(-1).slice(0, 160)}`;
    } finally {
      await stopAll();
      clearHome(home);
    }
  });
}

function withSandboxKey(key) {
  return async (home) => {
    const sandbox = await startSandbox(home);
    const daemon = await startDaemonBefore(sandbox.url, key, home);
    const stopAll = async () => {
      await daemon.stop();
      await sandbox.stop();
    };
    return { daemon, sandbox, stopAll };
  };
}

async function beforeClosedPort(home) {
  const daemon = await startDaemonBefore(`http://127.0.0.1:${await closedPort()}`, "zk_sandbox_anything", home);
  return { daemon, stopAll: () => daemon.stop() };
}

async function checkFailures({ check, folder }) {
  const told = (title, makeDaemon, says, most) => checkTold(title, { check, folder, makeDaemon, says, most });
  await told("the daemon's key is revoked", withSandboxKey("zk_sandbox_revoked"), /zenthrex login/, 1);
  await told("the wallet is empty", withSandboxKey("zk_sandbox_empty"), /Top up the wallet/, 1);
  await told("the daemon has no key", withSandboxKey(undefined), /zenthrex login/, 0);
  await told("--upstream names a closed port", beforeClosedPort, /--upstream/, 0);
}

async function checkUndo({ check, home }) {
  await check("setup --undo takes our settings away", async () => {
    const result = await zenthrex(["setup", "claude-code", "--undo", "--yes"], { home });
    expect(result.exitCode === 0, "it ended with", { ...result });
    const left = existsSync(settingsFile(home)) ? readFileSync(settingsFile(home), "utf8") : "";
    expect(!/ANTHROPIC_|zxl_|127\.0\.0\.1/.test(left), "this is left of them", left);
  });
}

/** Pointed here by two variables alone, it asks for a model that isn't there, in a form that the present ones refuse. */
async function checkByHand({ check, folder }) {
  await check("by hand, without ANTHROPIC_MODEL: it says what to do, and with it answers", async () => {
    const home = makeHome();
    const daemon = await startDaemonWithSandbox(home);
    try {
      const pointing = { ANTHROPIC_BASE_URL: daemon.url, ANTHROPIC_AUTH_TOKEN: await localToken(home) };
      const claude = claudeIn(folder, home);
      const told = await claude(["-p", "say hi to us"], pointing);
      expect(!told.timedOut && told.exitCode !== 0, `exit code ${told.exitCode}`, told.stdout + told.stderr);
      const words = /set ANTHROPIC_MODEL=(claude-[\w-]+)/.exec(told.stdout + told.stderr);
      expect(words !== null, "it printed", told.stdout + told.stderr);
      const asked = (await daemon.sandbox.requests()).filter(({ method }) => method === "POST");
      expect(asked.length === 0, "the sandbox was asked", asked);
      expectAnswered(await claude(["-p", "say hi to us"], { ...pointing, ANTHROPIC_MODEL: words[1] }), "sandbox");
      return told.stdout.trim();
    } finally {
      await daemon.stop();
      clearHome(home);
    }
  });
}

async function run({ folder, check }) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const isReady = await check("zenthrex setup claude-code --yes configures it", async () => {
      await setUp(home, daemon.port);
      const { env } = readSettings(home);
      expect(env.ANTHROPIC_BASE_URL === daemon.url, "the base URL is", env.ANTHROPIC_BASE_URL);
      expect(env.ANTHROPIC_AUTH_TOKEN.startsWith("zxl_"), "the token is none of ours");
    });
    if (!isReady) return;
    await checkAnswers({ check, claude: claudeIn(folder, home), daemon, home });
    await checkUndo({ check, home });
  } finally {
    await daemon.stop();
    clearHome(home);
  }
  await checkByHand({ check, folder });
  await checkFailures({ check, folder });
  await checkClaudeRun({ check, folder });
}

export default {
  configuredBy: "setup; run",
  // what `npm run test:clients` runs when no version is asked for
  versions: ["2.1.330"],
  packages: (version) => ({ "@anthropic-ai/claude-code": version }),
  run,
};
