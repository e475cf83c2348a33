// The programs of TypeScript that `zenthrex setup langchain` prints, with LangChain's models of both formats.
import { runPrograms } from "./support/run-programs.mjs";

export default {
  configuredBy: "setup's program",
  // of @langchain/anthropic
  versions: ["1.5.11"],
  packages: (version) => ({
    "@langchain/anthropic": version,
    "@langchain/openai": "1.6.0",
    "@langchain/core": "1.4.0",
    zod: "4.6.7",
  }),
  run: (context) => runPrograms("langchain", ["// TypeScript", "// The same in OpenAI's format"], context),
};
