// The programs that `zenthrex setup anthropic-sdk` prints, with the official SDKs of TypeScript and Python.
import { runSnippets } from "./support/snippets.mjs";

export default {
  configuredBy: "setup's program",
  versions: ["1.12.0"],
  packages: (version) => ({ "@anthropic-ai/sdk": version, typescript: "7.0.2", "@types/node": "20.19.43" }),
  python: ["anthropic==2.10.0"],
  run: (context) => runSnippets("anthropic-sdk", context),
};
