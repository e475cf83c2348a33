// The doctor's rows with opencode.
import { programIn } from "../support/daemon.mjs";
import { runCases } from "../support/mended.mjs";
import { askFamily, familyCases } from "../support/open-code-cases.mjs";

const quiet = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_SHARE: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
};

const client = { tool: "opencode", ask: askFamily((folder) => programIn(folder, "opencode"), quiet) };

/** The rows of docs/doctor.md that are run. */
export const cases = familyCases({
  user: ".config/opencode/opencode.json",
  project: "project/opencode.json",
  schema: "https://opencode.ai/config.json",
});

export default {
  configuredBy: "doctor --fix",
  versions: ["1.18.33"],
  // the same program as of the client opencode: it is installed once
  installedAs: "opencode",
  packages: (version) => ({ "opencode-ai": version }),
  run: (context) => runCases(client, cases, context),
};
