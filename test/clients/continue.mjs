// Continue's command line (cn), configured by `zenthrex setup continue` alone.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";
import { setUpBy } from "./support/set-up.mjs";

const PROMPT_LIMIT_MS = 90_000;
const FILE = ".continue/config.yaml";

const existing = `# mine
name: my config   # as I call it
version: 1.0.0
schema: v1
models:
- name: Local
  provider: ollama
  model: 'llama3:8b'
  # the last line has no end
  roles: [chat]`;

/** The effort has no option on the command line: as a user would, one writes it into a copy of the settings. */
function thinkingFile(home) {
  const effort = ["    requestOptions:", "      extraBodyProperties:", "        reasoning_effort: high"];
  const path = join(home, "thinking.yaml");
  writeFileSync(path, `${readFileSync(join(home, FILE), "utf8").trimEnd()}\n${effort.join("\n")}\n`);
  return path;
}

const makePrompt =
  ({ folder, home }) =>
  (text, { tools = false, thinking = false, resume = false } = {}) => {
    const options = [...(tools ? ["--auto"] : []), ...(resume ? ["--resume"] : [])];
    const config = thinking ? ["--config", thinkingFile(home)] : [];
    const env = { CONTINUE_TELEMETRY_ENABLED: "0" };
    const args = [...config, ...options, "-p", text];
    return runProgram(programIn(folder, "cn"), args, { home, env, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  configuredBy: "setup",
  versions: ["1.5.47"],
  packages: (version) => ({ "@continuedev/cli": version }),
  run: (context) =>
    runAgent(
      {
        ...setUpBy("continue", { file: FILE, existing }),
        makePrompt,
        tool: "Bash",
        resumes: true,
        input: (command) => ({ command }),
      },
      context,
    ),
};
