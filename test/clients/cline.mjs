// Cline's command line. It leaves a hub daemon behind, which is found by its HOME and ended with the home. It goes on with an earlier
// session at a terminal only: here each run is a session of its own.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
import { programIn } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";

const PROMPT_LIMIT_MS = 90_000;
const PROVIDER = "openai-compatible";

/** What `cline auth -p openai-compatible` writes. */
function configure({ home, baseUrl, token }) {
  const folder = join(home, ".cline", "data", "settings");
  mkdirSync(folder, { recursive: true });
  const settings = { provider: PROVIDER, apiKey: token, model: MODEL, baseUrl };
  const entry = { settings, updatedAt: new Date().toISOString(), tokenSource: "manual" };
  const providers = { version: 1, lastUsedProvider: PROVIDER, modes: {}, providers: { [PROVIDER]: entry } };
  writeFileSync(join(folder, "providers.json"), JSON.stringify(providers, null, 2));
}

const makePrompt =
  ({ folder, home }) =>
  (text, { thinking = false } = {}) => {
    const args = ["-P", PROVIDER, "-m", MODEL, ...(thinking ? ["--thinking", "high"] : []), text];
    const env = { CLINE_TELEMETRY_DISABLED: "1" };
    return runProgram(programIn(folder, "cline"), args, { home, env, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  versions: ["3.0.65"],
  packages: (version) => ({ cline: version }),
  run: (context) =>
    runAgent({ configure, makePrompt, tool: "run_commands", input: (command) => ({ commands: [command] }) }, context),
};
