import type { ShellVariables } from "./shell-variables.ts";
import type { Found, ProxyFacts } from "./types.ts";

/** The names of the company proxy's variables, in the order in which they are read. */
const ALL = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/** What a tool finds of a company proxy in the shell. `own`: variables of its own settings, which win. */
export function proxyFacts(
  shell: ShellVariables,
  own: (name: string) => Found | undefined = () => undefined,
): ProxyFacts {
  const read = (name: string): Found | undefined => own(name) ?? shell(name);
  const [lower, upper] = [read("no_proxy"), read("NO_PROXY")];
  const isHiding = lower?.text === "" && upper !== undefined && upper.text !== "";
  return {
    variables: ALL.flatMap((name) => read(name) ?? []),
    // Lower case wins, also where it is set to nothing. Source: undici's EnvHttpProxyAgent.
    noProxy: (lower ?? upper)?.text,
    ...(isHiding ? { hiding: lower } : {}),
  };
}
