// The official OpenAI SDK, majors 7 and 6: Chat Completions and Responses.
import { runCalls } from "./support/run-calls.mjs";

export default {
  versions: ["7.57.0", "6.49.0"],
  packages: (version) => ({ openai: version, zod: "4.6.7" }),
  run: async (context) => {
    await runCalls(new URL("support/openai-sdk-calls.mjs", import.meta.url), context);
    await runCalls(new URL("support/openai-responses-calls.mjs", import.meta.url), context);
  },
};
