import { baseUrl } from "../base-url.ts";
import type { Target } from "../types.ts";
import { credentialCommand, timeoutAdvice } from "./words.ts";

/** The four fields of the provider "OpenAI Compatible", to be filled in by hand. Source: hosted documentation, "Cline / Roo Code". */
export function openAiCompatibleLines(tool: string, target: Target): string[] {
  return [
    "",
    `The same by hand, in ${tool}'s settings:`,
    '  API Provider  OpenAI Compatible (not "OpenAI": it has no base URL field)',
    `  Base URL      ${baseUrl("v1", target.origin)}`,
    `  API Key       ${target.kind === "local" ? "the local token" : "your key"}: ${credentialCommand(target)}`,
    `  Model ID      ${target.model}`,
    ...(target.kind === "direct" ? [timeoutAdvice] : []),
  ];
}
