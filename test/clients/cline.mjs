// Cline's command line, configured by `zenthrex setup cline` alone, in an empty home. It leaves a hub daemon behind, which is found by its HOME and ended with the home. It goes on with an earlier
// session at a terminal only: here each run is a session of its own.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MODEL, runAgent } from "./support/agent.mjs";
import { expect } from "./support/checks.mjs";
import { programIn, zenthrex } from "./support/daemon.mjs";
import { runProgram } from "./support/programs.mjs";

const PROMPT_LIMIT_MS = 90_000;
const PROVIDER = "openai-compatible";

const providersFile = (home) => join(home, ".cline", "data", "settings", "providers.json");

async function configure({ home, baseUrl, port, token, check }) {
  const isReady = await check(
    "zenthrex setup cline --yes configures it, in an empty home, and proves the way",
    async () => {
      expect(!existsSync(join(home, ".cline")), "there is a ~/.cline already");
      const result = await zenthrex(["setup", "cline", "--yes", "--port", String(port)], { home });
      expect(result.exitCode === 0, "zenthrex setup cline ended with", { ...result });
      expect(result.stdout.includes("Verified: the hosted API refused a broken request"), "no proof", result.stdout);
      const { settings } = JSON.parse(readFileSync(providersFile(home), "utf8")).providers[PROVIDER];
      const { apiKey, ...rest } = settings;
      const wanted = { provider: PROVIDER, model: MODEL, baseUrl, headers: { "User-Agent": "cline" } };
      expect(JSON.stringify(rest) === JSON.stringify(wanted) && apiKey === token, "the entry is", rest);
      expect((statSync(providersFile(home)).mode & 0o077) === 0, "others can read it");
    },
  );
  if (!isReady) throw new Error("without its settings there is nothing to ask Cline");
}

async function undo({ home, check }) {
  await check("setup cline --undo takes our settings away, also after Cline has run", async () => {
    const result = await zenthrex(["setup", "cline", "--undo", "--yes"], { home });
    expect(result.exitCode === 0, "it ended with", { ...result });
    const left = existsSync(providersFile(home)) ? readFileSync(providersFile(home), "utf8") : "";
    expect(!/zxl_|127\.0\.0\.1/.test(left), "this is left of them", left);
  });
}

const makePrompt =
  ({ folder, home }) =>
  (text, { thinking = false } = {}) => {
    const args = ["-P", PROVIDER, "-m", MODEL, ...(thinking ? ["--thinking", "high"] : []), text];
    const env = { CLINE_TELEMETRY_DISABLED: "1" };
    return runProgram(programIn(folder, "cline"), args, { home, env, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  configuredBy: "setup",
  versions: ["3.0.65"],
  packages: (version) => ({ cline: version }),
  run: (context) =>
    runAgent(
      {
        name: "cline",
        configure,
        makePrompt,
        undo,
        tool: "run_commands",
        input: (command) => ({ commands: [command] }),
      },
      context,
    ),
};
