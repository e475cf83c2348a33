import { baseUrl } from "./base-url.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { setVariable, timeoutAdvice } from "./manual/words.ts";
import type { Integration, Step, Target } from "./types.ts";

const langchain: Integration = {
  title: "LangChain",
  format: "anthropic",
  baseUrlRule: "bare",
  docsUrl: "https://docs.langchain.com/oss/javascript/integrations/chat/anthropic",
  verified: "langchain-snippet@1.5.11",
  place: "library",

  async detect(context) {
    const notes = proxyNotes("a program that uses LangChain", context.env);
    return { installed: true, configuredFor: "nothing", models: {}, files: [], shell: { names: [] }, notes };
  },

  plan(_status, target): readonly Step[] {
    return target.through === "file" ? [{ kind: "manual", lines: linesFor(target) }] : [];
  },
};

export default langchain;

/** ChatAnthropic wants the bare host, ChatOpenAI the base with /v1. */
function linesFor(target: Target): string[] {
  return [
    "The credential comes from the environment:",
    "",
    setVariable("ANTHROPIC_API_KEY", target),
    "",
    "# Python (pip install langchain-anthropic)",
    "import os",
    "from langchain_anthropic import ChatAnthropic",
    "",
    "model = ChatAnthropic(",
    `    model="${target.model}",`,
    `    base_url="${baseUrl("bare", target.origin)}",`,
    '    api_key=os.environ["ANTHROPIC_API_KEY"],',
    "    max_tokens=1024,",
    ")",
    'print(model.invoke("hi").content)',
    "",
    "// TypeScript (npm install @langchain/anthropic @langchain/openai)",
    'import { ChatAnthropic } from "@langchain/anthropic";',
    "",
    "const model = new ChatAnthropic({",
    `  model: "${target.model}",`,
    `  anthropicApiUrl: "${baseUrl("bare", target.origin)}",`,
    "  apiKey: process.env.ANTHROPIC_API_KEY,",
    "  maxTokens: 1024,",
    "});",
    "const answer = await model.invoke('hi');",
    "console.log(answer.content);",
    "",
    "// The same in OpenAI's format",
    'import { ChatOpenAI } from "@langchain/openai";',
    "",
    "const model = new ChatOpenAI({",
    `  model: "${target.model}",`,
    `  configuration: { baseURL: "${baseUrl("v1", target.origin)}" },`,
    "  apiKey: process.env.ANTHROPIC_API_KEY,",
    "});",
    "const answer = await model.invoke('hi');",
    "console.log(answer.content);",
    ...(target.kind === "direct" ? [timeoutAdvice] : []),
  ];
}
