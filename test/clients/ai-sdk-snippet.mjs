// The programs that `zenthrex setup ai-sdk` prints, with the AI SDK's providers of both formats.
import { runPrograms } from "./support/run-programs.mjs";

export default {
  configuredBy: "setup's program",
  // of @ai-sdk/anthropic
  versions: ["4.0.105"],
  packages: (version) => ({
    "@ai-sdk/anthropic": version,
    "@ai-sdk/openai-compatible": "3.0.92",
    ai: "7.0.173",
    zod: "4.6.7",
  }),
  run: (context) => runPrograms("ai-sdk", ["// Anthropic format", "// OpenAI format"], context),
};
