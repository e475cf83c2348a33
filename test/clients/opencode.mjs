// opencode with the AI SDK's provider for OpenAI-compatible servers, which it brings along.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";

const PROMPT_LIMIT_MS = 120_000;

function configure({ home, baseUrl, token }) {
  const folder = join(home, ".config", "opencode");
  mkdirSync(folder, { recursive: true });
  const provider = {
    npm: "@ai-sdk/openai-compatible",
    name: "zenthrex",
    options: { baseURL: baseUrl, apiKey: token },
    models: { [MODEL]: { name: MODEL, reasoning: true } },
  };
  writeFileSync(join(folder, "opencode.json"), JSON.stringify({ provider: { zenthrex: provider } }, null, 2));
}

const quiet = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_SHARE: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
};

const makePrompt =
  ({ folder, home }) =>
  (text, { thinking = false, resume = false } = {}) => {
    const options = [...(thinking ? ["--variant", "high"] : []), ...(resume ? ["--continue"] : [])];
    // opencode puts quotes around an argument that has blanks in it, and a backslash before each of its own: directives go word by word
    const words = text.includes("[[") ? text.split(" ") : [text];
    const args = ["run", "-m", `zenthrex/${MODEL}`, ...options, ...words];
    return runProgram(programIn(folder, "opencode"), args, { home, env: quiet, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  versions: ["1.18.33"],
  packages: (version) => ({ "opencode-ai": version }),
  run: (context) =>
    runAgent(
      { name: "opencode", configure, makePrompt, tool: "bash", resumes: true, input: (command) => ({ command }) },
      context,
    ),
};
