// The AI SDK with its provider for OpenAI, whose models speak Responses by default. Its calls are in support/ai-sdk-calls.mjs.
import { runCalls } from "./support/run-calls.mjs";

const calls = new URL("support/ai-sdk-calls.mjs", import.meta.url);

export default {
  // of @ai-sdk/openai
  versions: ["4.0.118"],
  packages: (version) => ({ "@ai-sdk/openai": version, ai: "7.0.173", zod: "4.6.7" }),
  run: async (context) => {
    // By default it refers to items of earlier answers; told not to have them stored, it sends all of them.
    for (const store of ["true", "false"]) {
      const check = (title, ...more) => context.check(`store: ${store}: ${title}`, ...more);
      await runCalls(calls, { ...context, check }, { AI_SDK_PROVIDER: "openai", AI_SDK_STORE: store });
    }
  },
};
