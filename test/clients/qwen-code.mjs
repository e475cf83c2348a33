// Qwen Code in its OpenAI format, configured by `zenthrex setup qwen-code` alone.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";
import { setUpBy } from "./support/set-up.mjs";

const PROMPT_LIMIT_MS = 90_000;
const FILE = ".qwen/settings.json";

const existing = `{
  // mine
  "general": { "enableAutoUpdate": false },
  "env": { "FOO": "1" },
  "modelProviders": {
    "openai": [{ "id": "qwen3", "name": "mine", "envKey": "FOO", "baseUrl": "https://example.com/v1" }]
  }
}`;

/** The effort has no option on the command line: as a user would, one writes it into the settings. */
function askForThinking(home) {
  const path = join(home, FILE);
  const settings = JSON.parse(readFileSync(path, "utf8"));
  for (const model of settings.modelProviders.openai) model.generationConfig.reasoning = { effort: "high" };
  writeFileSync(path, JSON.stringify(settings, null, 2));
}

const makePrompt =
  ({ folder, home }) =>
  (text, { tools = false, thinking = false, resume = false } = {}) => {
    if (thinking && !resume) askForThinking(home);
    const args = [...(tools ? ["-y"] : []), ...(resume ? ["--continue"] : []), text];
    return runProgram(programIn(folder, "qwen"), args, { home, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  versions: ["0.24.4"],
  packages: (version) => ({ "@qwen-code/qwen-code": version }),
  run: (context) =>
    runAgent(
      {
        ...setUpBy("qwen-code", { file: FILE, existing }),
        makePrompt,
        tool: "run_shell_command",
        resumes: true,
        input: (command) => ({ command }),
      },
      context,
    ),
};
