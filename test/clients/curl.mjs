// The real curl: the commands that `zenthrex setup curl` prints, and those of the hosted API's documentation.
import { spawnSync } from "node:child_process";
import { MODEL } from "./support/agent.mjs";
import { expect } from "./support/checks.mjs";
import { localToken, startDaemonWithSandbox, zenthrex } from "./support/daemon.mjs";
import { clearHome, makeHome, runProgram } from "./support/programs.mjs";

const LIMIT_MS = 20_000;
const HOSTED = "https://api.zentherixapi.xyz";

/**
 * Source: hosted API documentation, section "curl", blocks "Anthropic format" and "OpenAI format", verbatim. The address and the
 * key's variable are all that a check changes.
 */
const documented = {
  "the Anthropic block of the documentation": `curl https://api.zentherixapi.xyz/v1/messages \\
  -H "x-api-key: $ZENTHREX_KEY" \\
  -H "anthropic-version: 2023-06-01" \\
  -H "content-type: application/json" \\
  -d '{
    "model": "claude-opus-4-7",
    "max_tokens": 1024,
    "messages": [{"role":"user","content":"hi"}]
  }'`,
  "the OpenAI block of the documentation": `curl https://api.zentherixapi.xyz/v1/chat/completions \\
  -H "Authorization: Bearer $ZENTHREX_KEY" \\
  -H "content-type: application/json" \\
  -d '{
    "model": "claude-opus-4-7",
    "messages": [{"role":"user","content":"hi"}]
  }'`,
};

/** The text of an answer, in either format, whole. */
function textOf(body) {
  if (body.type === "message") {
    expect(body.stop_reason === "end_turn" && body.usage.output_tokens > 0, "the message", body);
    return body.content[0].text;
  }
  expect(body.object === "chat.completion" && body.usage.completion_tokens > 0, "the completion", body);
  expect(body.choices[0].finish_reason === "stop", "the choice", body.choices);
  return body.choices[0].message.content;
}

async function checkCommand({ check, home, daemon }, title, command, env) {
  await check(`${title} is answered`, async () => {
    await daemon.sandbox.reset();
    const result = await runProgram("sh", ["-c", command], { home, env, limitMs: LIMIT_MS });
    expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stderr);
    const text = textOf(JSON.parse(result.stdout));
    expect(text.includes('You said: "hi"'), "the answer", text);
    const seen = (await daemon.sandbox.requests()).map(({ path, status, model }) => [path, status, model].join(" "));
    expect(seen.join() === `/v1/messages 200 ${MODEL}`, "the sandbox saw", seen);
  });
}

async function run({ check, notRun }) {
  const version = spawnSync("curl", ["--version"], { encoding: "utf8" }).stdout?.split(" ").slice(0, 2).join(" ");
  const title = "the printed and the documented commands";
  if (version === undefined) return notRun(title, "there is no curl here");
  if (process.platform === "win32") return notRun(title, "they are for a POSIX shell");
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const context = { check, home, daemon };
    let printed = [];
    await check(`zenthrex setup curl prints a command for each format (${version})`, async () => {
      const result = await zenthrex(["setup", "curl", "--port", String(daemon.port)], { home });
      expect(result.exitCode === 0 && !result.stdout.includes("zxl_"), "it ended with", { ...result });
      printed = result.stdout.match(/^curl [\s\S]*?^ {2}\}'$/gm) ?? [];
      expect(printed.length === 2, "it printed", result.stdout);
    });
    for (const command of printed) await checkCommand(context, `the printed ${/\/v1\/\S+/.exec(command)}`, command, {});
    const env = { ZENTHREX_KEY: await localToken(home) };
    for (const [name, command] of Object.entries(documented))
      await checkCommand(context, name, command.replace(HOSTED, daemon.url), env);
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}

export default {
  // a program of the system: its version is what there is
  versions: ["system"],
  packages: () => ({}),
  run,
};
