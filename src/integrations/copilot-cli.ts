import { baseUrl } from "./base-url.ts";
import { findProgram } from "./detect/find-program.ts";
import { listedModels } from "./detect/listed-models.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { shellStatus, shellStep } from "./manual/shell-use.ts";
import type { Integration, Step, Target } from "./types.ts";

/**
 * GitHub Copilot's command line takes another provider from its environment only, and then needs no GitHub login. In OpenAI's format:
 * in Anthropic's it sends a temperature, which Opus 4.7 refuses (1.0.102: "400 `temperature` is deprecated for this model").
 */
const copilotCli: Integration = {
  title: "Copilot CLI",
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://docs.github.com/en/copilot/how-tos/copilot-cli",
  verified: "copilot-cli@1.0.102",
  place: "app",
  program: "copilot",

  async detect(context) {
    const notes = proxyNotes("Copilot CLI", context.env);
    const status = shellStatus(context, "COPILOT_PROVIDER_BASE_URL", "COPILOT_PROVIDER_API_KEY", notes);
    return { ...status, installed: (await findProgram("copilot", context)) !== undefined };
  },

  plan(status, target): readonly Step[] {
    if (target.through !== "file") return [shellStep(status, target, variablesFor(target), unset)];
    const { self } = target;
    const lines = [
      "Copilot CLI reads its provider from the environment only: there is no file to write.",
      `  One run:    ${self} run copilot-cli -- -p "say hi"`,
      `  One shell:  eval "$(${self} env copilot-cli)"`,
    ];
    return [{ kind: "manual", lines }];
  },
};

export default copilotCli;

/** They would be sent instead of, or along with, ours. */
const unset = ["COPILOT_PROVIDER_BEARER_TOKEN", "COPILOT_PROVIDER_API_KEY_COMMAND", "COPILOT_PROVIDER_HEADERS"];

/** Source: `copilot help environment`, Copilot CLI 1.0.102. */
function variablesFor(target: Target): Record<string, string> {
  const model = listedModels().find(({ id }) => id === target.model);
  return {
    COPILOT_PROVIDER_TYPE: "openai",
    COPILOT_PROVIDER_WIRE_API: "completions",
    COPILOT_PROVIDER_BASE_URL: baseUrl("v1", target.origin),
    COPILOT_PROVIDER_API_KEY: target.credential,
    COPILOT_MODEL: target.model,
    ...(model === undefined
      ? {}
      : {
          COPILOT_PROVIDER_MAX_PROMPT_TOKENS: String(model.contextTokens - model.answerTokens),
          COPILOT_PROVIDER_MAX_OUTPUT_TOKENS: String(model.answerTokens),
        }),
  };
}
