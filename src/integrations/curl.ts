import { baseUrl } from "./base-url.ts";
import { findProgram } from "./detect/find-program.ts";
import { coversLoopback } from "./detect/no-proxy.ts";
import { setVariable } from "./manual/words.ts";
import type { Integration, IntegrationContext, Step, Target } from "./types.ts";

const curl: Integration = {
  title: "curl",
  format: "anthropic",
  baseUrlRule: "endpoint",
  docsUrl: "https://curl.se/docs/manpage.html",
  verified: "curl@system",
  place: "library",

  async detect(context) {
    const installed = (await findProgram("curl", context)) !== undefined;
    const notes = proxyNotesOfCurl(context);
    return { installed, configuredFor: "nothing", models: {}, files: [], shell: { names: [] }, notes };
  },

  plan(_status, target): readonly Step[] {
    return target.through === "file" ? [{ kind: "manual", lines: linesFor(target) }] : [];
  },
};

export default curl;

/** Source of the commands: hosted documentation, "curl"; the address and the key are changed, nothing else. */
function linesFor(target: Target): string[] {
  const key = target.kind === "local" && target.platform !== "win32" ? `$(${target.self} key token)` : "$KEY";
  const first = key === "$KEY" ? [setVariable("KEY", target), ""] : [];
  return [
    ...first,
    "# Anthropic format",
    `curl ${baseUrl("endpoint", target.origin, "messages")} \\`,
    `  -H "x-api-key: ${key}" \\`,
    '  -H "anthropic-version: 2023-06-01" \\',
    '  -H "content-type: application/json" \\',
    "  -d '{",
    `    "model": "${target.model}",`,
    '    "max_tokens": 1024,',
    '    "messages": [{"role":"user","content":"hi"}]',
    "  }'",
    "",
    "# OpenAI format",
    `curl ${baseUrl("endpoint", target.origin, "chat-completions")} \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "content-type: application/json" \\',
    "  -d '{",
    `    "model": "${target.model}",`,
    '    "messages": [{"role":"user","content":"hi"}]',
    "  }'",
  ];
}

/** curl takes http_proxy in lower case only, and no exception for loopback. Source: its manual page, "Environment". */
function proxyNotesOfCurl({ env }: IntegrationContext): string[] {
  const set = ["http_proxy", "all_proxy", "ALL_PROXY"].filter((name) => (env[name] ?? "") !== "");
  if (set.length === 0 || coversLoopback(env["no_proxy"] ?? env["NO_PROXY"])) return [];
  return [`the shell sets ${set.join(", ")}: curl would send this machine's traffic there; add --noproxy '*'`];
}
