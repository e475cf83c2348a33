// Qwen Code in its OpenAI format, configured by `zenthrex setup qwen-code` alone; and in its Responses mode, configured by hand.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
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

const writeResponses = ({ home }, generationConfig) => {
  mkdirSync(join(home, ".qwen"), { recursive: true });
  const settings = {
    privacy: { usageStatisticsEnabled: false },
    general: { enableAutoUpdate: false },
    telemetry: { enabled: false },
    model: { generationConfig },
  };
  writeFileSync(join(home, FILE), JSON.stringify(settings, null, 2));
};

const promptResponses =
  (target) =>
  (text, { tools = false, thinking = false, resume = false } = {}) => {
    const { folder, home, baseUrl, token } = target;
    writeResponses(target, thinking ? { reasoning: { effort: "high" } } : {});
    const args = [...(tools ? ["-y"] : []), ...(resume ? ["--continue"] : []), text];
    const env = { OPENAI_API_KEY: token, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: MODEL };
    const options = { home, env, limitMs: PROMPT_LIMIT_MS };
    return runProgram(programIn(folder, "qwen"), ["--auth-type", "openai-responses", ...args], options);
  };

export default {
  configuredBy: "setup",
  versions: ["0.24.4"],
  packages: (version) => ({ "@qwen-code/qwen-code": version }),
  run: async (context) => {
    const agent = { tool: "run_shell_command", resumes: true, input: (command) => ({ command }) };
    await runAgent({ ...agent, makePrompt, ...setUpBy("qwen-code", { file: FILE, existing }) }, context);
    const check = (title, ...more) => context.check(`by hand, in Responses mode: ${title}`, ...more);
    const configure = (target) => writeResponses(target, {});
    await runAgent({ ...agent, makePrompt: promptResponses, configure }, { ...context, check });
  },
};
