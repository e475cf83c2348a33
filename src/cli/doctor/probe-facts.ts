import { userInfo } from "node:os";
import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { keyVariable } from "../../config/key.ts";
import { localTokenOf } from "../../config/local-token.ts";
import { configPaths, stateDirectory } from "../../config/paths.ts";
import { readConfigFile } from "../../config/read.ts";
import { type ResolvedSettings, resolveSetting } from "../../config/resolve.ts";
import { type SettingName, settings } from "../../config/schema.ts";
import type { ProbeFacts } from "../../doctor/create-context.ts";
import { effectiveContext } from "../../doctor/effective-context.ts";
import { lookAtDaemon } from "../../doctor/look-at-daemon.ts";
import type { ProxyChoice } from "../../doctor/net/way-steps.ts";
import { portIdentities } from "../../doctor/port-identities.ts";
import { createToolReadings } from "../../doctor/tool-readings.ts";
import type { DaemonLook, DoctorTarget, KeyState, Pointing } from "../../doctor/types.ts";
import type { Invocation } from "../command.ts";
import { settingFlags } from "../configuration.ts";
import type { Context } from "../context.ts";
import { upstreamNetwork } from "../network.ts";
import { sandboxKey } from "../serve/serving.ts";

type Problems = { readonly message: string; readonly fix: string }[];

/** What the probes of a run are told. Never throws for what is wrong with the machine: that is what they are to find. */
export async function probeFacts(
  options: Invocation["options"],
  asked: { readonly tool: string | undefined; readonly target?: DoctorTarget; readonly key?: KeyState },
  context: Context,
): Promise<ProbeFacts> {
  const problems: Problems = [];
  const paths = configPaths(context);
  const values = noting(problems, {}, () => readConfigFile(paths.file));
  const resolved = lenientSettings(settingFlags(options), values, paths.file, context, problems);
  const account = accountOf();
  const localToken = localTokenOf(values);
  const state = stateDirectory(context);
  const identifyPort = portIdentities(localToken);
  const daemonSource = { ...context, settings: resolved, localToken, stateDirectory: state };
  const look = await lookAtDaemon(daemonSource, identifyPort);
  const origin = originOf(resolved, look);
  const isSandbox = look.identity === "ours" && look.state?.keyFrom === "sandbox" && look.facts?.upstream === origin;
  const own: KeyState = isSandbox
    ? { kind: "present", text: sandboxKey, from: "sandbox" }
    : keyState(context.env, values);
  const target: DoctorTarget = asked.target ?? { kind: "setup", origin };
  const tools = createToolReadings(effectiveContext({ ...daemonSource, target }, identifyPort));
  const needsKey = asked.key === undefined && own.kind === "none";
  const known = needsKey
    ? await import("../../doctor/pointings.ts").then(({ findPointings }) => findPointings(tools))
    : undefined;
  return {
    env: context.env,
    home: context.home,
    cwd: context.cwd,
    platform: context.platform,
    accountHome: account?.homedir,
    isRoot: account?.uid === 0,
    nodeVersion: context.nodeVersion,
    version: context.version,
    clock: context.clock,
    paths,
    stateDirectory: state,
    settings: resolved,
    settingProblems: problems,
    key: asked.key ?? (known === undefined ? own : toolKey(known)),
    localToken,
    identifyPort,
    tools,
    look,
    ...(known === undefined ? {} : { known }),
    target,
    tool: asked.tool,
    live: options["live"] === true,
    exec: context.exec,
    network: { proxyOf: (origin) => proxyOf(origin, context), ca: furtherAuthorities(resolved, context, problems) },
  };
}

function noting<T>(problems: Problems, otherwise: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    problems.push({ message: error.message, fix: error.fix });
    return otherwise;
  }
}

/** Each setting for itself: one that can't be read is its default, and a problem. */
function lenientSettings(
  flags: Partial<Record<SettingName, string | boolean>>,
  values: JsonObject,
  file: string,
  { env }: Context,
  problems: Problems,
): ResolvedSettings {
  const entries = (Object.keys(settings) as SettingName[]).map((name) => {
    const otherwise = { value: settings[name].defaultValue, from: "default", source: "default" };
    return [name, noting<unknown>(problems, otherwise, () => resolveSetting(name, { flags, env, values, file }))];
  });
  return Object.fromEntries(entries) as ResolvedSettings;
}

/** A tool that calls the hosted API itself may be the only one that has a key. */
function toolKey(pointings: readonly Pointing[]): KeyState {
  const own = pointings.find(
    ({ destination, credential }) => destination === "hosted" && credential?.text.startsWith("zk_") === true,
  );
  if (own?.credential === undefined) return { kind: "none" };
  return { kind: "present", text: own.credential.text, from: "tool", place: own.credential.place };
}

/** What the running daemon forwards to, where nothing here says otherwise: it is what the tools get. */
function originOf({ upstream }: ResolvedSettings, { identity, facts }: DaemonLook): string {
  const isDaemons = identity === "ours" && facts !== undefined && upstream.from === "default";
  return isDaemons ? facts.upstream : upstream.value;
}

/** Unlike `findKey` this gives a text that can't be a key too: what is wrong with it is to be said. */
function keyState(env: Context["env"], values: unknown): KeyState {
  const fromEnv = env[keyVariable];
  const value = isJsonObject(values) ? values["key"] : undefined;
  const stored = typeof value === "string" ? value : undefined;
  if (fromEnv !== undefined && fromEnv !== "") {
    const shadowed = stored === undefined || stored === fromEnv ? {} : { shadowed: stored };
    return { kind: "present", text: fromEnv, from: "environment", ...shadowed };
  }
  return stored === undefined ? { kind: "none" } : { kind: "present", text: stored, from: "config file" };
}

const PROXY_NAMES = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];

function proxyOf(origin: string, context: Context): ProxyChoice {
  const { env } = context;
  const isHttps = origin.startsWith("https:");
  const names = isHttps ? PROXY_NAMES : PROXY_NAMES.filter((name) => name.toLowerCase() === "http_proxy");
  const variable = names.find((name) => (env[name] ?? "") !== "") ?? "network.proxy";
  try {
    const { proxy } = upstreamNetwork(origin, context);
    return proxy === undefined ? { kind: "none" } : { kind: "proxy", proxy, variable };
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    // Neither an origin in clear text nor a file that is broken says anything of a proxy.
    const isOfProxy = names.some((name) => error.message.includes(name.toUpperCase()));
    return isOfProxy ? { kind: "unreadable", message: error.message, variable } : { kind: "none" };
  }
}

function furtherAuthorities(
  resolved: ResolvedSettings,
  context: Context,
  problems: Problems,
): readonly string[] | undefined {
  return noting(
    problems,
    undefined,
    () => upstreamNetwork(resolved.upstream.value, { ...context, env: caOnly(context) }).ca,
  );
}

/** The variables of a proxy have nothing to do with it, and may not be readable. */
function caOnly({ env }: Context): Context["env"] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/_proxy$/i.test(name)));
}

function accountOf(): { readonly homedir: string; readonly uid: number } | undefined {
  try {
    return userInfo();
  } catch {
    return undefined;
  }
}
