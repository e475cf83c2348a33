// Continue's command line (cn).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";

const PROMPT_LIMIT_MS = 90_000;

const configFile = (home) => join(home, "continue.yaml");

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
  writeFileSync(configFile(home), `${lines.join("\n")}\n`);
}

const makePrompt =
  ({ folder, home }) =>
  (text, { tools = false } = {}) =>
    runProgram(programIn(folder, "cn"), ["--config", configFile(home), ...(tools ? ["--auto"] : []), "-p", text], {
      home,
      env: { CONTINUE_TELEMETRY_ENABLED: "0" },
      limitMs: PROMPT_LIMIT_MS,
    });

export default {
  versions: ["1.5.47"],
  packages: (version) => ({ "@continuedev/cli": version }),
  run: (context) => runAgent({ configure, makePrompt, tool: "Bash", input: (command) => ({ command }) }, context),
};
