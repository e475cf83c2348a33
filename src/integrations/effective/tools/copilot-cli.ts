import { environmentEndpoint } from "../environment-endpoints.ts";
import { joinRules } from "../join-rules.ts";
import { setTo } from "../judge/judging.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { shellVariables } from "../shell-variables.ts";
import type { EffectiveReader, Found, Problem } from "../types.ts";

/** GitHub Copilot's command line: variables are all it has. Source: measured with @github/copilot 1.0.102. */
const copilotCli: EffectiveReader = {
  title: "GitHub Copilot CLI",
  async read(context) {
    const shell = await shellVariables(context);
    const isAnthropic = shell("COPILOT_PROVIDER_TYPE")?.text === "anthropic";
    const isResponses = shell("COPILOT_PROVIDER_WIRE_API")?.text === "responses";
    const openai = isResponses ? joinRules.responses : joinRules.chat;
    const endpoints = environmentEndpoint(shell, {
      label: "the shell's variables",
      join: isAnthropic ? joinRules.anthropic : openai,
      base: ["COPILOT_PROVIDER_BASE_URL"],
      credentials: [
        ["COPILOT_PROVIDER_API_KEY", isAnthropic ? "x-api-key" : "authorization"],
        ["COPILOT_PROVIDER_BEARER_TOKEN", "authorization"],
      ],
      model: "COPILOT_MODEL",
    });
    const proxy = proxyFacts(shell);
    const problems = endpoints.some(({ base }) => base !== undefined) ? modelProblems(shell("COPILOT_MODEL")) : [];
    return { isPresent: endpoints.length > 0, endpoints, switches: [], proxy, hasUnreadable: false, problems };
  },
};

export default copilotCli;

/** It has no model of its own for another provider. Source: its error message, measured with @github/copilot 1.0.102. */
function modelProblems(model: Found | undefined): Problem[] {
  if (model !== undefined && model.text !== "") return [];
  const place = { layer: "shell" as const, name: "COPILOT_MODEL" };
  const right = "claude-opus-4-7";
  const cause =
    "COPILOT_MODEL is not set: with a provider of your own GitHub Copilot CLI wants a model by name, and refuses to start without --model";
  return [{ code: "model-unpinned", severity: "error", right, cause, fix: setTo(place, right) }];
}
