// GitHub Copilot's command line, which takes a provider from its environment only: started by `zenthrex run copilot-cli`.
import { delimiter, dirname } from "node:path";
import { runAgent } from "./support/agent.mjs";
import { programIn, zenthrex } from "./support/daemon.mjs";
import { cleanEnv } from "./support/programs.mjs";

const PROMPT_LIMIT_MS = 120_000;

const makePrompt =
  ({ folder, home, port }) =>
  (text, { thinking = false, resume = false } = {}) => {
    const options = [...(thinking ? ["--reasoning-effort", "high"] : []), ...(resume ? ["--continue"] : [])];
    const args = ["run", "--port", String(port), "copilot-cli", "--", "-p", text, "--allow-all-tools", ...options];
    const env = { PATH: `${dirname(programIn(folder, "copilot"))}${delimiter}${cleanEnv(home).PATH}` };
    return zenthrex(args, { home, env, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  configuredBy: "run",
  versions: ["1.0.102"],
  packages: (version) => ({ "@github/copilot": version }),
  run: (context) =>
    runAgent(
      {
        configure: () => undefined,
        makePrompt,
        tool: "bash",
        resumes: true,
        input: (command) => ({ command, description: "says something" }),
      },
      context,
    ),
};
