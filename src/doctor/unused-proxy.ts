import { ZenthrexError } from "../base/errors.ts";
import { isLoopbackHost } from "../upstream/origin.ts";
import { chooseProxy, type OutboundProxy } from "../upstream/proxy-env.ts";
import type { ProbeContext, ProbeResult } from "./types.ts";

type Environment = ProbeContext["env"];

/** A proxy that the environment names, why it isn't used, and what would make it be. */
interface Unused {
  readonly proxy: OutboundProxy;
  readonly variable: string;
  readonly why: string;
  readonly command: string;
}

/**
 * Where the direct way is closed: a proxy that some variable names and another one keeps from being used, if a tunnel through it leads to
 * the host. Undefined where there is none that helps.
 */
export async function unusedProxy({ env, target, way }: ProbeContext): Promise<ProbeResult | undefined> {
  if (!URL.canParse(target.origin) || isLoopbackHost(new URL(target.origin).hostname)) return undefined;
  const direct = await way(target.origin);
  if (direct.dns.state !== "failed" && direct.tcp.state !== "failed") return undefined;
  const { host } = new URL(target.origin);
  for (const { proxy, variable, why, command } of [
    ...excepted(env, target.origin),
    ...emptied(env, target.origin),
    ...general(env, target.origin),
  ]) {
    const through = await way(target.origin, { proxy, variable });
    if (through.proxy.state !== "ok") continue;
    return {
      status: "fail",
      cause: "proxy-unused",
      finding: `${host} can be reached by the company proxy ${proxy.authority} (${variable}) alone, and ${why}`,
      evidence: [
        `without it: ${direct.dns.state === "failed" ? direct.dns.code : direct.tcp.state === "failed" ? direct.tcp.code : ""}`,
        `with it: a tunnel in ${through.proxy.tookMs} ms`,
      ],
      fix: { command },
    };
  }
  return undefined;
}

/** NO_PROXY names the host. */
function excepted(env: Environment, origin: string): Unused[] {
  const name = env["no_proxy"] === undefined ? "NO_PROXY" : "no_proxy";
  const list = (env[name] ?? "").split(/[,\s]+/).filter((entry) => entry !== "");
  const bare = { ...env, no_proxy: "", NO_PROXY: "" };
  const proxy = chosen(bare, origin);
  if (proxy === undefined) return [];
  const covering = list.filter((entry) => chosen({ ...bare, no_proxy: entry }, origin) === undefined);
  if (covering.length === 0) return [];
  const kept = list.filter((entry) => !covering.includes(entry));
  return [
    {
      proxy,
      variable: nameOf(env, origin),
      why: `${name} excepts it (${covering.join(", ")})`,
      command: kept.length === 0 ? `unset ${name}` : `export ${name}=${kept.join(",")}`,
    },
  ];
}

/** A variable in lower case that is set to nothing hides the one in upper case. */
function emptied(env: Environment, origin: string): Unused[] {
  return ["https_proxy", "http_proxy"].flatMap((name) => {
    const upper = name.toUpperCase();
    const proxy = env[name] === "" ? chosen({ HTTPS_PROXY: env[upper] }, origin) : undefined;
    return proxy === undefined
      ? []
      : [{ proxy, variable: upper, why: `${name}, which is set to nothing, hides ${upper}`, command: `unset ${name}` }];
  });
}

/** ALL_PROXY is curl's: Node's clients don't read it, and neither does zenthrex. */
function general(env: Environment, origin: string): Unused[] {
  return ["all_proxy", "ALL_PROXY"].flatMap((name) => {
    const proxy = chosen({ HTTPS_PROXY: env[name] }, origin);
    const why = `${name} isn't read by zenthrex and its like: HTTPS_PROXY is`;
    return proxy === undefined ? [] : [{ proxy, variable: name, why, command: `export HTTPS_PROXY="$${name}"` }];
  });
}

function chosen(env: Environment, origin: string): OutboundProxy | undefined {
  try {
    return chooseProxy(env, origin);
  } catch (error) {
    if (error instanceof ZenthrexError) return undefined;
    throw error;
  }
}

function nameOf(env: Environment, origin: string): string {
  const names = origin.startsWith("https:")
    ? ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"]
    : ["http_proxy", "HTTP_PROXY"];
  return names.find((name) => (env[name] ?? "") !== "") ?? "HTTPS_PROXY";
}
