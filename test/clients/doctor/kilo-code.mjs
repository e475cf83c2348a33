// The doctor's rows with Kilo Code's command line, which is built on opencode.
import { join } from "node:path";
import { runCases } from "../support/mended.mjs";
import { askFamily, familyCases } from "../support/open-code-cases.mjs";

const quiet = {
  KILO_DISABLE_AUTOUPDATE: "1",
  KILO_DISABLE_MODELS_FETCH: "1",
  KILO_DISABLE_SHARE: "1",
  KILO_DISABLE_LSP_DOWNLOAD: "1",
};
const platformPackage = `@kilocode/cli-${process.platform}-${process.arch}`;
const program = (folder) => join(folder, "node_modules", platformPackage, "bin", "kilo");

const client = { tool: "kilo-code", ask: askFamily(program, quiet) };

// It reads its settings as opencode does, and takes a minute and more to begin: two kinds of fault stand for all.
const ROWS = [8, 13];

/** The rows of docs/doctor.md that are run. */
export const cases = familyCases({
  user: ".config/kilo/kilo.json",
  project: "project/kilo.json",
  schema: "https://app.kilo.ai/config.json",
}).filter(({ row }) => ROWS.includes(row));

export default {
  configuredBy: "doctor --fix",
  versions: ["7.7.9"],
  // the same program as of the client kilo-code: it is installed once
  installedAs: "kilo-code",
  packages: (version) => ({ [platformPackage]: version }),
  run: (context) => runCases(client, cases, context),
};
