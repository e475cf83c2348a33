// The programs that `zenthrex setup openai-sdk` prints, with the official SDKs of TypeScript and Python.
import { runSnippets } from "./support/snippets.mjs";

export default {
  configuredBy: "setup's program",
  versions: ["7.57.0"],
  packages: (version) => ({ openai: version, typescript: "7.0.2", "@types/node": "20.19.43" }),
  python: ["openai==3.51.0"],
  run: (context) => runSnippets("openai-sdk", context),
};
