// The AI SDK with its provider for OpenAI-compatible servers. Its calls are in support/ai-sdk-calls.mjs.
import { runCalls } from "./support/run-calls.mjs";

export default {
  // of @ai-sdk/openai-compatible
  versions: ["3.0.92"],
  packages: (version) => ({ "@ai-sdk/openai-compatible": version, ai: "7.0.173", zod: "4.6.7" }),
  run: (context) => runCalls(new URL("support/ai-sdk-calls.mjs", import.meta.url), context),
};
