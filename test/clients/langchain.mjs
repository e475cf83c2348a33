// LangChain's ChatOpenAI. Its calls are in support/langchain-calls.mjs.
import { runCalls } from "./support/run-calls.mjs";

export default {
  // of @langchain/openai
  versions: ["1.6.0"],
  packages: (version) => ({ "@langchain/openai": version, "@langchain/core": "1.4.0", zod: "4.6.7" }),
  run: (context) => runCalls(new URL("support/langchain-calls.mjs", import.meta.url), context),
};
