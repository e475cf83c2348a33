import { baseUrl } from "./base-url.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { setVariable, timeoutAdvice } from "./manual/words.ts";
import type { Integration, Step, Target } from "./types.ts";

const aiSdk: Integration = {
  title: "AI SDK",
  format: "anthropic",
  baseUrlRule: "v1",
  docsUrl: "https://ai-sdk.dev/providers/ai-sdk-providers/anthropic",
  verified: "ai-sdk-snippet@4.0.105",
  place: "library",

  async detect(context) {
    const notes = proxyNotes("a program that uses the SDK", context.env);
    return { installed: true, configuredFor: "nothing", models: {}, files: [], shell: { names: [] }, notes };
  },

  plan(_status, target): readonly Step[] {
    return target.through === "file" ? [{ kind: "manual", lines: linesFor(target) }] : [];
  },
};

export default aiSdk;

/** Its provider for Anthropic adds only /messages to the base URL, unlike Anthropic's own SDK. */
function linesFor(target: Target): string[] {
  const address = baseUrl("v1", target.origin);
  return [
    "The base URL ends with /v1 for both providers: they add /messages and /chat/completions. The credential comes from the environment:",
    "",
    setVariable("ANTHROPIC_API_KEY", target),
    "",
    "// Anthropic format (npm install ai @ai-sdk/anthropic)",
    'import { createAnthropic } from "@ai-sdk/anthropic";',
    'import { generateText } from "ai";',
    "",
    "const anthropic = createAnthropic({",
    `  baseURL: "${address}",`,
    "  apiKey: process.env.ANTHROPIC_API_KEY,",
    "});",
    "",
    "const { text } = await generateText({",
    `  model: anthropic("${target.model}"),`,
    '  prompt: "hi",',
    "});",
    "console.log(text);",
    "",
    "// OpenAI format (npm install ai @ai-sdk/openai-compatible)",
    'import { createOpenAICompatible } from "@ai-sdk/openai-compatible";',
    'import { generateText } from "ai";',
    "",
    "const compatible = createOpenAICompatible({",
    '  name: "zenthrex",',
    `  baseURL: "${address}",`,
    "  apiKey: process.env.ANTHROPIC_API_KEY,",
    "  includeUsage: true,",
    "});",
    "",
    "const { text } = await generateText({",
    `  model: compatible("${target.model}"),`,
    '  prompt: "hi",',
    "});",
    "console.log(text);",
    ...(target.kind === "direct" ? [timeoutAdvice] : []),
  ];
}
