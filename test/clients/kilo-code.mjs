// Kilo Code's command line, built on opencode, configured by `zenthrex setup kilo-code` alone. Its own package can't be installed
// from the registry (7.8.1 names platform packages that aren't there): the program comes from that of the platform.
import { join } from "node:path";
import { runAgent } from "./support/agent.mjs";
import { runProgram } from "./support/programs.mjs";
import { setUpBy } from "./support/set-up.mjs";

const PROMPT_LIMIT_MS = 240_000;

const existing = `{
  // mine
  "autoupdate": false,
}
`;

const quiet = {
  KILO_DISABLE_AUTOUPDATE: "1",
  KILO_DISABLE_MODELS_FETCH: "1",
  KILO_DISABLE_SHARE: "1",
  KILO_DISABLE_LSP_DOWNLOAD: "1",
};
const platformPackage = `@kilocode/cli-${process.platform}-${process.arch}`;

const makePrompt =
  ({ folder, home }) =>
  (text, { thinking = false, resume = false } = {}) => {
    const options = [...(thinking ? ["--variant", "high"] : []), ...(resume ? ["--continue"] : [])];
    const words = text.includes("[[") ? text.split(" ") : [text];
    const program = join(folder, "node_modules", platformPackage, "bin", "kilo");
    return runProgram(program, ["run", "--auto", ...options, ...words], { home, env: quiet, limitMs: PROMPT_LIMIT_MS });
  };

export default {
  configuredBy: "setup",
  versions: ["7.7.9"],
  packages: (version) => ({ [platformPackage]: version }),
  run: (context) =>
    runAgent(
      {
        ...setUpBy("kilo-code", { file: ".config/kilo/kilo.jsonc", existing }),
        makePrompt,
        tool: "bash",
        resumes: true,
        input: (command) => ({ command }),
      },
      context,
    ),
};
