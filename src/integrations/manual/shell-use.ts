import { judgeUse } from "../detect/judge-use.ts";
import { mergeNoProxy } from "../detect/no-proxy.ts";
import type { EnvironmentStep, IntegrationContext, Status, Target } from "../types.ts";

/** What a library finds in the shell: it has no settings of its own. `address` and `credential` are names of variables. */
export function shellStatus(
  { env }: IntegrationContext,
  address: string,
  credential: string,
  notes: readonly string[],
): Status {
  const [baseUrl, secret] = [env[address] ?? "", env[credential] ?? ""];
  const { NO_PROXY, no_proxy } = env;
  return {
    installed: true,
    configuredFor: judgeUse(baseUrl, secret),
    models: {},
    files: [],
    ...(baseUrl === "" ? {} : { uses: { baseUrl, credential: secret, model: undefined } }),
    shell: {
      names: [address, credential].filter((name) => (env[name] ?? "") !== ""),
      ...(NO_PROXY === undefined ? {} : { NO_PROXY }),
      ...(no_proxy === undefined ? {} : { no_proxy }),
    },
    notes,
  };
}

/** The variables of a library, with NO_PROXY where the daemon is meant: Python's clients and many others ask the company proxy otherwise. */
export function shellStep(
  { shell }: Status,
  target: Target,
  variables: Readonly<Record<string, string>>,
  unset: readonly string[] = [],
): EnvironmentStep {
  const noProxy: Record<string, string> = { NO_PROXY: mergeNoProxy(shell.NO_PROXY) };
  if (shell.no_proxy !== undefined) noProxy["no_proxy"] = mergeNoProxy(shell.no_proxy);
  return { kind: "env", variables: { ...variables, ...(target.kind === "local" ? noProxy : {}) }, unset };
}
