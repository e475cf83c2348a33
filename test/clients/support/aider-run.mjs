// One prompt by the real Aider, out of the folder that pip installed it into.
import { pythonIn } from "./install.mjs";
import { runProgram } from "./programs.mjs";

/** Its imports take seconds on a busy machine, and what can't be reached is tried again for half a minute and more. */
const PROMPT_LIMIT_MS = 120_000;

const QUIET = [
  ...["--no-check-update", "--analytics-disable", "--no-show-release-notes", "--no-show-model-warnings"],
  ...["--yes-always", "--no-pretty", "--no-gitignore"],
];

/** Why it can't be run; undefined where it can. */
export const whyNot = (folder) => pythonIn(folder).reason;

/** Asks once. `git`: in a repository of its own; `limitMs`: ends it earlier. */
export async function askAider({ folder, home, env = {}, git = false, limitMs = PROMPT_LIMIT_MS }, text, files = []) {
  const { program, path } = pythonIn(folder);
  const variables = { PYTHONPATH: path, ...env };
  if (git) {
    const identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.com"];
    await runProgram("git", [...identity, "init", "--quiet"], { home, limitMs });
    await runProgram("git", ["config", "user.name", "tester"], { home, limitMs });
    await runProgram("git", ["config", "user.email", "tester@example.com"], { home, limitMs });
  }
  const args = ["-m", "aider", ...QUIET, ...(git ? [] : ["--no-git"]), "--message", text, ...files];
  return runProgram(program, args, { home, env: variables, limitMs });
}
