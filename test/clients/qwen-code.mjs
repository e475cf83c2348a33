// Qwen Code in its OpenAI format.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";

const PROMPT_LIMIT_MS = 90_000;

function writeSettings(home, more) {
  const folder = join(home, ".qwen");
  mkdirSync(folder, { recursive: true });
  const settings = {
    privacy: { usageStatisticsEnabled: false },
    general: { enableAutoUpdate: false },
    telemetry: { enabled: false },
    ...more,
  };
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings, null, 2));
}

const makePrompt =
  ({ folder, home, baseUrl, token }) =>
  (text, { tools = false, thinking = false, resume = false } = {}) => {
    writeSettings(home, thinking ? { model: { generationConfig: { reasoning: { effort: "high" } } } } : {});
    const args = ["--auth-type", "openai", ...(tools ? ["-y"] : []), ...(resume ? ["--continue"] : []), text];
    const env = { OPENAI_API_KEY: token, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: MODEL };
    return runProgram(programIn(folder, "qwen"), args, { home, env, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  versions: ["0.24.4"],
  packages: (version) => ({ "@qwen-code/qwen-code": version }),
  run: (context) =>
    runAgent(
      {
        name: "qwen-code",
        configure: () => undefined,
        makePrompt,
        tool: "run_shell_command",
        resumes: true,
        input: (command) => ({ command }),
      },
      context,
    ),
};
