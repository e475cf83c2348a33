// The doctor's rows with the real Claude Code. It hides what is wrong: it blames the model, or tries again for minutes.
import { programIn } from "../support/daemon.mjs";
import { runCases } from "../support/mended.mjs";
import { quietEnv, runProgram } from "../support/programs.mjs";
import { addresses } from "./claude-code/addresses.mjs";
import { credentials } from "./claude-code/credentials.mjs";
import { daemon } from "./claude-code/daemon.mjs";
import { models } from "./claude-code/models.mjs";
import { settings } from "./claude-code/settings.mjs";

const ANSWER_LIMIT_MS = 60_000;

const client = {
  tool: "claude-code",
  ask: ({ folder, home, env, under }) =>
    runProgram(programIn(folder, "claude"), ["-p", "say hi to us"], {
      home,
      // Its ten retries would take minutes.
      env: { CLAUDE_CODE_MAX_RETRIES: "1", ...quietEnv, ...env },
      limitMs: ANSWER_LIMIT_MS,
      under,
    }),
};

/** The rows of docs/doctor.md that are run. */
export const cases = [...addresses, ...models, ...credentials, ...settings, ...daemon];

export default {
  configuredBy: "doctor --fix",
  versions: ["2.1.330"],
  // the same program as of the client claude-code: it is installed once
  installedAs: "claude-code",
  packages: (version) => ({ "@anthropic-ai/claude-code": version }),
  run: (context) => runCases(client, cases, context),
};
