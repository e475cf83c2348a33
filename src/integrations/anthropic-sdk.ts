import { baseUrl } from "./base-url.ts";
import { proxyNotes } from "./detect/proxy-notes.ts";
import { shellStatus, shellStep } from "./manual/shell-use.ts";
import { setVariable, timeoutAdvice } from "./manual/words.ts";
import type { Integration, Step, Target } from "./types.ts";

const anthropicSdk: Integration = {
  title: "Anthropic SDK",
  format: "anthropic",
  baseUrlRule: "bare",
  docsUrl: "https://platform.claude.com/docs/en/api/client-sdks",
  verified: "anthropic-sdk@1.12.0",
  place: "library",

  async detect(context) {
    const notes = proxyNotes("a program that uses the SDK", context.env);
    return shellStatus(context, "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", notes);
  },

  plan(status, target): readonly Step[] {
    const address = baseUrl("bare", target.origin);
    if (target.through === "file") return [{ kind: "manual", lines: linesFor(address, target) }];
    const variables = { ANTHROPIC_BASE_URL: address, ANTHROPIC_API_KEY: target.credential };
    // The SDK would send it too, and since version 1 before the key.
    return [shellStep(status, target, variables, ["ANTHROPIC_AUTH_TOKEN"])];
  },
};

export default anthropicSdk;

/** Source of the programs: hosted documentation, "Anthropic SDK", with another address and the credential from the environment. */
function linesFor(address: string, target: Target): string[] {
  return [
    `The bare host goes into the base URL: the SDK adds /v1/messages itself. The credential comes from the environment:`,
    "",
    setVariable("ANTHROPIC_API_KEY", target),
    "",
    "# Python (pip install anthropic)",
    "import os",
    "import anthropic",
    "",
    "client = anthropic.Anthropic(",
    `    base_url="${address}",`,
    '    api_key=os.environ["ANTHROPIC_API_KEY"],',
    ")",
    "",
    "msg = client.messages.create(",
    `    model="${target.model}",`,
    "    max_tokens=1024,",
    '    messages=[{"role": "user", "content": "hi"}],',
    ")",
    "print(msg.content[0].text)",
    "",
    "// TypeScript (npm install @anthropic-ai/sdk)",
    'import Anthropic from "@anthropic-ai/sdk";',
    "",
    "const client = new Anthropic({",
    `  baseURL: "${address}",`,
    "  apiKey: process.env.ANTHROPIC_API_KEY!,",
    "});",
    "",
    "const msg = await client.messages.create({",
    `  model: "${target.model}",`,
    "  max_tokens: 1024,",
    '  messages: [{ role: "user", content: "hi" }],',
    "});",
    "",
    `Programs that name no base URL of their own: ${target.self} run -- <program>, or ${target.self} env anthropic-sdk.`,
    ...(target.kind === "direct" ? [timeoutAdvice] : []),
  ];
}
