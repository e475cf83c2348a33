import { environmentEndpoint } from "../environment-endpoints.ts";
import { joinRules } from "../join-rules.ts";
import { shellVariables } from "../shell-variables.ts";
import type { EffectiveReader } from "../types.ts";

/** Programs that use an OpenAI SDK, as far as the shell decides. Source: measured with openai 7.57.0; LangChain reads OPENAI_API_BASE first. */
const openaiSdk: EffectiveReader = {
  title: "OpenAI SDK",
  async read(context) {
    const shell = await shellVariables(context);
    const endpoints = environmentEndpoint(shell, {
      label: "the shell's variables",
      join: joinRules.chat,
      base: ["OPENAI_BASE_URL", "OPENAI_API_BASE"],
      credentials: [["OPENAI_API_KEY", "authorization"]],
    });
    return { isPresent: endpoints.length > 0, endpoints, switches: [], hasUnreadable: false, problems: [] };
  },
};

export default openaiSdk;
