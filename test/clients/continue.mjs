// Continue's command line (cn).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";

const PROMPT_LIMIT_MS = 90_000;

const configFile = (home, thinking) => join(home, thinking ? "continue-thinking.yaml" : "continue.yaml");

function configure({ home, baseUrl, token }) {
  const lines = [
    "name: zenthrex",
    "version: 1.0.0",
    "schema: v1",
    "models:",
    "  - name: zenthrex",
    "    provider: openai",
    `    model: ${MODEL}`,
    `    apiBase: ${baseUrl}`,
    `    apiKey: ${token}`,
    "    roles: [chat]",
  ];
  writeFileSync(configFile(home, false), `${lines.join("\n")}\n`);
  // it has no setting of its own for the effort
  const effort = ["    requestOptions:", "      extraBodyProperties:", "        reasoning_effort: high"];
  writeFileSync(configFile(home, true), `${[...lines, ...effort].join("\n")}\n`);
}

const makePrompt =
  ({ folder, home }) =>
  (text, { tools = false, thinking = false, resume = false } = {}) => {
    const options = [...(tools ? ["--auto"] : []), ...(resume ? ["--resume"] : [])];
    const args = ["--config", configFile(home, thinking), ...options, "-p", text];
    const env = { CONTINUE_TELEMETRY_ENABLED: "0" };
    return runProgram(programIn(folder, "cn"), args, { home, env, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  versions: ["1.5.47"],
  packages: (version) => ({ "@continuedev/cli": version }),
  run: (context) =>
    runAgent(
      { name: "continue", configure, makePrompt, tool: "Bash", resumes: true, input: (command) => ({ command }) },
      context,
    ),
};
