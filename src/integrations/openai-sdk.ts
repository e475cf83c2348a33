import { baseUrl } from "./base-url.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { shellStatus, shellStep } from "./manual/shell-use.ts";
import { setVariable, timeoutAdvice } from "./manual/words.ts";
import type { Integration, Step, Target } from "./types.ts";

const openaiSdk: Integration = {
  title: "OpenAI SDK",
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://platform.openai.com/docs/libraries",
  verified: "openai-sdk@7.57.0",
  place: "library",

  async detect(context) {
    const notes = proxyNotes("a program that uses the SDK", context.env);
    return shellStatus(context, "OPENAI_BASE_URL", "OPENAI_API_KEY", notes);
  },

  plan(status, target): readonly Step[] {
    const address = baseUrl("v1", target.origin);
    if (target.through === "file") return [{ kind: "manual", lines: linesFor(address, target) }];
    return [shellStep(status, target, { OPENAI_BASE_URL: address, OPENAI_API_KEY: target.credential })];
  },
};

export default openaiSdk;

/** Source of the address: hosted documentation, "at a glance": OpenAI clients want the base with /v1. */
function linesFor(address: string, target: Target): string[] {
  return [
    `The base URL ends with /v1: the SDK adds /chat/completions itself. The credential comes from the environment:`,
    "",
    setVariable("OPENAI_API_KEY", target),
    "",
    "# Python (pip install openai)",
    "import os",
    "from openai import OpenAI",
    "",
    "client = OpenAI(",
    `    base_url="${address}",`,
    '    api_key=os.environ["OPENAI_API_KEY"],',
    ")",
    "",
    "completion = client.chat.completions.create(",
    `    model="${target.model}",`,
    '    messages=[{"role": "user", "content": "hi"}],',
    ")",
    "print(completion.choices[0].message.content)",
    "",
    "// TypeScript (npm install openai)",
    'import OpenAI from "openai";',
    "",
    "const client = new OpenAI({",
    `  baseURL: "${address}",`,
    "  apiKey: process.env.OPENAI_API_KEY!,",
    "});",
    "",
    "const completion = await client.chat.completions.create({",
    `  model: "${target.model}",`,
    '  messages: [{ role: "user", content: "hi" }],',
    "});",
    "",
    `Programs that name no base URL of their own: ${target.self} run -- <program>, or ${target.self} env openai-sdk.`,
    ...(target.kind === "direct" ? [timeoutAdvice] : []),
  ];
}
