import type { IntegrationContext } from "../types.ts";
import { coversLoopback } from "./no-proxy.ts";

const PROXY_VARIABLES = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/** The company proxy's variables that are set; empty where NO_PROXY keeps loopback off it. `noProxy`: the tool's own value, if it has one. */
export function uncoveredProxies(env: IntegrationContext["env"], noProxy?: string): string[] {
  const proxies = PROXY_VARIABLES.filter((name) => (env[name] ?? "") !== "");
  return coversLoopback(noProxy ?? env["no_proxy"] ?? env["NO_PROXY"]) ? [] : proxies;
}

/** What to do about a company proxy for a tool whose settings have no place for NO_PROXY. */
export function proxyNotes(tool: string, env: IntegrationContext["env"]): string[] {
  const proxies = uncoveredProxies(env);
  if (proxies.length === 0) return [];
  return [
    `the shell sets ${proxies.join(", ")} and no NO_PROXY for 127.0.0.1: ${tool} would ask the company proxy for this machine; ` +
      "its settings have no place for it, so set NO_PROXY=127.0.0.1,localhost,::1 where it is started",
  ];
}
