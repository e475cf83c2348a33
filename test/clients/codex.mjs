// Codex, which speaks Responses only, configured by `zenthrex setup codex` alone. What it prints and what the sandbox was asked have to agree.
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runAgent } from "./support/agent.mjs";
import { expect } from "./support/checks.mjs";
import {
  closedPort,
  programIn,
  startDaemonBefore,
  startDaemonWithSandbox,
  startSandbox,
  zenthrex,
} from "./support/daemon.mjs";
import { cleanEnv, clearHome, makeHome, runProgram } from "./support/programs.mjs";
import { setUpBy } from "./support/set-up.mjs";

const PROMPT_LIMIT_MS = 90_000;
const PROVIDER = "zenthrex";

/** Retries of its own are few here: what is looked at is what it says in the end. */
const fewRetries = [
  ...["-c", `model_providers.${PROVIDER}.stream_max_retries=1`],
  ...["-c", `model_providers.${PROVIDER}.request_max_retries=1`],
];

const existing = `# mine
model_reasoning_effort = "low" # not much

[model_providers.other]
name = "Other"
base_url = "http://127.0.0.1:9/v1"
`;

const setUp = setUpBy("codex", {
  file: ".codex/zenthrex.config.toml",
  existing,
  beside: [".codex/zenthrex.models.json"],
});

const codexIn =
  ({ folder, home }) =>
  (args) =>
    runProgram(programIn(folder, "codex"), ["exec", "--profile", PROVIDER, "--skip-git-repo-check", ...args], {
      home,
      limitMs: PROMPT_LIMIT_MS,
    });

const makePrompt =
  (target) =>
  (text, { tools = false, thinking = false, resume = false, options = [] } = {}) =>
    codexIn(target)([
      // Its own sandbox needs rights that a test machine needn't give; there is nothing here that it could harm.
      ...(tools ? ["--sandbox", "danger-full-access"] : []),
      ...["-c", "model_reasoning_summary=detailed"],
      ...(thinking ? ["-c", "model_reasoning_effort=high"] : []),
      ...options,
      ...(resume ? ["resume", "--last"] : []),
      text,
    ]);

const messagesOf = async (sandbox) => (await sandbox.requests()).filter(({ method }) => method === "POST");

/** Starts a daemon, configures Codex for it, and ends both behind the check. */
async function withCodex({ folder, makeDaemon }, act) {
  const home = makeHome();
  const { daemon, sandbox, stopAll } = await makeDaemon(home);
  try {
    const done = await zenthrex(["setup", "codex", "--yes", "--port", String(daemon.port)], { home });
    expect(done.exitCode === 0, "zenthrex setup codex ended with", { ...done });
    // Setting up proves its way by a request of its own.
    await sandbox?.reset();
    const target = { folder, home };
    return await act({ ...target, sandbox, daemon, prompt: makePrompt(target) });
  } finally {
    await stopAll();
    clearHome(home);
  }
}

async function sandboxed(home) {
  const daemon = await startDaemonWithSandbox(home);
  return { daemon, sandbox: daemon.sandbox, stopAll: () => daemon.stop() };
}

/** What setup and run bring of the models is enough for Codex. */
function expectKnown({ stdout, stderr }) {
  expect(!/metadata/i.test(stdout + stderr), "Codex misses something about the model", stderr);
}

/** Each level that our list names arrives as the model takes it; without one Codex takes the list's default. */
const levels = [
  [[], { effort: "medium" }, "adaptive"],
  [["-c", "model_reasoning_effort=xhigh"], { effort: "xhigh" }, "adaptive"],
  [["-c", "model_reasoning_effort=max"], { effort: "max" }, "adaptive"],
  [["-m", "claude-opus-4-6", "-c", "model_reasoning_effort=low"], { effort: "low" }, "adaptive"],
  [["-m", "claude-haiku-4-5", "-c", "model_reasoning_effort=high"], undefined, "enabled"],
];

async function checkLevels({ check, folder }) {
  await check("the models of setup's list are known, and levels of reasoning arrive as each takes them", () =>
    withCodex({ folder, makeDaemon: sandboxed }, async ({ sandbox, prompt, daemon }) => {
      for (const [options, outputConfig, thinking] of levels) {
        await sandbox.reset();
        const result = await prompt("say hi to us", { options });
        expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stdout + result.stderr);
        expectKnown(result);
        const [{ body }] = await messagesOf(sandbox);
        const isSame = JSON.stringify(body.output_config) === JSON.stringify(outputConfig);
        expect(isSame && body.thinking?.type === thinking, `${options}`, [body.output_config, body.thinking]);
      }
      expect(!/web_search/.test(daemon.output()), "a tool was left out", daemon.output());
      return `${levels.length} settings`;
    }),
  );
}

async function checkPatch({ check, folder }) {
  await check("apply_patch, a tool of free text: the patch is applied and its result comes back", () =>
    withCodex({ folder, makeDaemon: sandboxed }, async ({ home, sandbox, prompt }) => {
      const input = '*** Begin Patch\n*** Add File: made.txt\n+grün "und" gut \\ 1\n*** End Patch\n';
      const text = `[[sandbox: think 1]] [[sandbox: tool apply_patch ${JSON.stringify({ input })}]]`;
      const result = await prompt(text, { tools: true, thinking: true });
      expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stdout + result.stderr);
      expectKnown(result);
      const made = readFileSync(join(home, "project", "made.txt"), "utf8");
      expect(made === 'grün "und" gut \\ 1\n', "the file", made);
      const requests = await messagesOf(sandbox);
      const tool = requests[0].body.tools.find(({ name }) => name === "apply_patch");
      expect(
        tool !== undefined,
        "the tools",
        requests[0].body.tools.map(({ name }) => name),
      );
      expect(
        Object.keys(tool.input_schema.properties).join() === "input",
        "its input isn't free text",
        tool.input_schema,
      );
      const [call, answer] = requests
        .at(-1)
        .body.messages.slice(-2)
        .map(({ content }) => content);
      const isSame = call.some(
        (block) => block.name === "apply_patch" && JSON.stringify(block.input) === JSON.stringify({ input }),
      );
      expect(isSame && call[0].type === "thinking", "the call that came back", call);
      expect(/made\.txt/.test(JSON.stringify(answer)), "its result", answer);
      return `${requests.length} requests, ${requests[0].body.tools.length} tools`;
    }),
  );
}

async function checkRun({ check, folder }) {
  await check("zenthrex run codex needs no settings at all, and leaves none", async () => {
    const home = makeHome();
    const daemon = await startDaemonWithSandbox(home);
    try {
      const program = ["run", "--port", String(daemon.port), "codex", "--", "exec", "--skip-git-repo-check"];
      const env = { PATH: [join(folder, "node_modules", ".bin"), cleanEnv(home).PATH].join(delimiter) };
      const result = await zenthrex([...program, "run echo tool-ran-ok-45", "--sandbox", "danger-full-access"], {
        home,
        env,
        limitMs: PROMPT_LIMIT_MS,
      });
      expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stdout + result.stderr);
      expect(/The tool said:[\s\S]*tool-ran-ok-45/.test(result.stdout), "it printed", result.stdout);
      expectKnown(result);
      const [first] = await messagesOf(daemon.sandbox);
      const names = first.body.tools.map(({ name }) => name);
      expect(
        names.includes("apply_patch") && first.body.output_config?.effort === "medium",
        "it was asked with",
        names,
      );
      for (const name of ["zenthrex.config.toml", "zenthrex.models.json"])
        expect(!existsSync(join(home, ".codex", name)), `it left ${name} behind`);
      return `${result.seconds.toFixed(1)} s`;
    } finally {
      await daemon.stop();
      clearHome(home);
    }
  });
}

async function checkHistory({ check, folder }) {
  await check("a conversation is compacted by Codex itself: no route that we lack is asked for", () =>
    withCodex({ folder, makeDaemon: sandboxed }, async ({ daemon, sandbox, prompt }) => {
      const options = ["-c", "model_auto_compact_token_limit=3000"];
      for (const resume of [false, true, true]) {
        const result = await prompt("[[sandbox: length 4000]] say more", { options, resume });
        expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stdout + result.stderr);
      }
      const requests = await messagesOf(sandbox);
      expect(requests.length > 3, `${requests.length} requests: nothing was compacted`);
      expect(!/responses\/compact/.test(daemon.output()), "the log", daemon.output());
      return `${requests.length} requests for 3 prompts`;
    }),
  );
}

async function checkWebSocket({ check, folder }) {
  await check("told to use a WebSocket it goes on over HTTP at once", () =>
    withCodex({ folder, makeDaemon: sandboxed }, async ({ sandbox, prompt }) => {
      const options = ["-c", `model_providers.${PROVIDER}.supports_websockets=true`];
      const result = await prompt("say hi to us", { options });
      expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stdout + result.stderr);
      const printed = result.stdout + result.stderr;
      expect(!/Reconnecting/.test(printed), "it tried again", printed);
      expect((await messagesOf(sandbox)).length === 1, "requests", await messagesOf(sandbox));
      return `${result.seconds.toFixed(1)} s`;
    }),
  );
}

const faults = {
  "an error event": "error-event 529",
  "a cut inside of a frame": "cut",
  "a cut between two frames": "cut boundary",
  "a reset": "cut reset",
  "a clean early end": "cut clean",
  "a clean end inside of a frame": "cut half",
  "a clean end before message_stop": "cut clean at=end",
};

async function checkFault({ sandbox, prompt }, directive) {
  await sandbox.reset();
  const text = `[[sandbox: text one two three four five six]] [[sandbox: ${directive}]]`;
  const result = await prompt(text, { options: fewRetries });
  const printed = result.stdout + result.stderr;
  expect(!result.timedOut && result.exitCode !== 0, `exit code ${result.exitCode}`, printed);
  expect(result.stdout.trim() === "", "it printed an answer", result.stdout);
  expect(/ERROR: /.test(printed), "it says no error", printed);
  const requests = await messagesOf(sandbox);
  expect(requests.length === 2, `${requests.length} requests, not 2`);
  return printed.trim().split("\n").at(-1).slice(0, 160);
}

async function checkFaults({ check, folder }) {
  await withCodex({ folder, makeDaemon: sandboxed }, async (codex) => {
    for (const [title, directive] of Object.entries(faults)) {
      await check(`${title} in mid-stream: it reports an error, and takes nothing for whole`, () =>
        checkFault(codex, directive),
      );
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

async function checkTold({ check, folder }, title, makeDaemon, says) {
  await check(`${title}: it ends with our message`, () =>
    withCodex({ folder, makeDaemon }, async ({ prompt }) => {
      const result = await prompt("say hi to us", { options: fewRetries });
      const printed = result.stdout + result.stderr;
      expect(!result.timedOut && result.exitCode !== 0, `exit code ${result.exitCode}`, printed);
      expect(says.test(printed), `its words don't match ${says}`, printed);
      return `${result.seconds.toFixed(1)} s: ${printed.trim().split("\n").at(-1).slice(0, 200)}`;
    }),
  );
}

/** Codex waits for ever for a daemon that is not there, and says so: what counts is that it then goes on. */
async function checkDown({ check, folder }) {
  await check("the daemon is down: it says that it waits, and goes on when the daemon is back", () =>
    withCodex({ folder, makeDaemon: sandboxed }, async ({ home, daemon, prompt }) => {
      await daemon.stop();
      const running = prompt("say hi to us");
      await new Promise((resolve) => setTimeout(resolve, 4000));
      const again = await startDaemonWithSandbox(home, daemon.port);
      try {
        const result = await running;
        const printed = result.stdout + result.stderr;
        expect(result.exitCode === 0, `exit code ${result.exitCode}`, printed);
        expect(/Reconnecting\.\.\. waiting for network/.test(printed), "it doesn't say that it waits", printed);
        expect(result.stdout.includes("This is the zenthrex sandbox"), "it printed", result.stdout);
        return `${result.seconds.toFixed(1)} s`;
      } finally {
        await again.stop();
      }
    }),
  );
}

async function run(context) {
  await runAgent(
    {
      ...setUp,
      name: "codex",
      makePrompt,
      tool: "exec_command",
      resumes: true,
      input: (command) => ({ cmd: command }),
    },
    context,
  );
  await checkRun(context);
  await checkPatch(context);
  await checkLevels(context);
  await checkHistory(context);
  await checkWebSocket(context);
  await checkFaults(context);
  await checkTold(context, "the daemon's key is revoked", withSandboxKey("zk_sandbox_revoked"), /zenthrex login/);
  await checkTold(context, "the wallet is empty", withSandboxKey("zk_sandbox_empty"), /Top up the wallet/);
  await checkTold(context, "the daemon has no key", withSandboxKey(undefined), /zenthrex login/);
  await checkTold(context, "--upstream names a closed port", beforeClosedPort, /--upstream/);
  await checkDown(context);
}

export default {
  configuredBy: "setup; run",
  versions: ["0.169.0"],
  packages: (version) => ({ "@openai/codex": version }),
  run,
};
