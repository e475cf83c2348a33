import type { ShellVariables } from "./shell-variables.ts";
import type { Found, ProxyFacts } from "./types.ts";

/** The names of the company proxy's variables, in the order in which they are read. */
const ALL = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/** How a tool reads the variables, where it isn't as undici does: lower case before upper, any of them for any address. */
interface ProxyReading {
  /** NO_PROXY comes before no_proxy, also where it is set to nothing. */
  readonly isUpperFirst?: true;
  /** A no_proxy that is set to nothing is as good as none. */
  readonly isEmptyUnset?: true;
  /** A proxy for https isn't asked for http addresses. */
  readonly isByScheme?: true;
  /** ALL_PROXY is nothing to it. */
  readonly isWithoutAll?: true;
  /** A command that ends a program of its own which goes on with the variables that it was started with. */
  readonly ending?: string;
}

/**
 * Programs that are compiled with Bun. Source: measured with Claude Code 2.1.330, opencode 1.18.33 and Cline 3.0.65. Qwen Code 0.24.4
 * and Copilot CLI 1.0.102, measured too, read as undici does, and so does Python's urllib.request.getproxies. Go programs leave
 * loopback out by themselves.
 */
export const readAsBun: ProxyReading = { isEmptyUnset: true };

/** What a tool finds of a company proxy in the shell. `own`: variables of its own settings, which win. */
export function proxyFacts(
  shell: ShellVariables,
  own: (name: string) => Found | undefined = () => undefined,
  { isUpperFirst, isEmptyUnset, isByScheme, isWithoutAll, ending }: ProxyReading = {},
): ProxyFacts {
  const read = (name: string): Found | undefined => own(name) ?? shell(name);
  const [found, upper] = [read("no_proxy"), read("NO_PROXY")];
  const lower = isEmptyUnset === true && found?.text === "" ? undefined : found;
  const [heeded, beaten] = isUpperFirst === true ? [upper ?? lower, lower] : [lower ?? upper, upper];
  const isHiding = isUpperFirst !== true && lower?.text === "" && upper !== undefined && upper.text !== "";
  return {
    variables: ALL.filter((name) => isWithoutAll !== true || !/^all_/i.test(name)).flatMap((name) => read(name) ?? []),
    // Where lower case wins, it does so set to nothing too. Source: undici's EnvHttpProxyAgent.
    noProxy: heeded?.text,
    noProxyName: heeded?.place.name ?? "NO_PROXY",
    ...(beaten === undefined || beaten === heeded ? {} : { beaten }),
    noProxyNames: isUpperFirst === true || lower === undefined ? ["NO_PROXY"] : ["NO_PROXY", "no_proxy"],
    ...(isHiding ? { hiding: lower } : {}),
    ...(isByScheme === true ? { isByScheme } : {}),
    ...(ending === undefined ? {} : { ending }),
  };
}
