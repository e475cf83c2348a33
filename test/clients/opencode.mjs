// opencode with the AI SDK's provider for Anthropic's format, which it brings along, configured by `zenthrex setup opencode` alone;
// and with the one for OpenAI, which speaks Responses, configured by hand.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";
import { setUpBy } from "./support/set-up.mjs";

const PROMPT_LIMIT_MS = 120_000;

const existing = `{
  // mine
  "$schema": "https://opencode.ai/config.json",
  "autoupdate": false, /* quiet */
  "provider": { "other": { "npm": "@ai-sdk/openai-compatible", "options": { "baseURL": "http://127.0.0.1:9/v1" } } },
}
`;

const quiet = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_SHARE: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
};

function configureResponses({ home, baseUrl, token }) {
  const folder = join(home, ".config", "opencode");
  mkdirSync(folder, { recursive: true });
  const provider = {
    npm: "@ai-sdk/openai",
    name: "zenthrex",
    options: { baseURL: baseUrl, apiKey: token },
    models: { [MODEL]: { name: MODEL, reasoning: true } },
  };
  const settings = { provider: { zenthrex: provider }, model: `zenthrex/${MODEL}`, small_model: `zenthrex/${MODEL}` };
  writeFileSync(join(folder, "opencode.json"), JSON.stringify(settings, null, 2));
}

const makePrompt =
  ({ folder, home }) =>
  (text, { thinking = false, resume = false } = {}) => {
    const options = [...(thinking ? ["--variant", "high"] : []), ...(resume ? ["--continue"] : [])];
    // opencode puts quotes around an argument that has blanks in it, and a backslash before each of its own: directives go word by word
    const words = text.includes("[[") ? text.split(" ") : [text];
    const args = ["run", ...options, ...words];
    return runProgram(programIn(folder, "opencode"), args, { home, env: quiet, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  configuredBy: "setup",
  versions: ["1.18.33"],
  packages: (version) => ({ "opencode-ai": version }),
  run: async (context) => {
    const agent = { makePrompt, tool: "bash", resumes: true, input: (command) => ({ command }) };
    await runAgent({ ...agent, ...setUpBy("opencode", { file: ".config/opencode/opencode.json", existing }) }, context);
    const check = (title, ...more) => context.check(`by hand, in Responses mode: ${title}`, ...more);
    await runAgent({ ...agent, configure: configureResponses }, { ...context, check });
  },
};
