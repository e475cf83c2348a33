import { networkInterfaces } from "node:os";
import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import type { RunningProxy } from "../../proxy/options.ts";
import type { RunningSandbox } from "../../sandbox/options.ts";
import type { UpstreamClient } from "../../upstream/types.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { rememberDaemon } from "../daemon/remember-daemon.ts";
import { withUpstream } from "../with-upstream.ts";
import { announce } from "./announce.ts";
import { announceRunning } from "./announce-running.ts";
import { openServeHistory } from "./serve-history.ts";
import type { Serving } from "./serving.ts";

/**
 * Serves until a signal comes: the sandbox if one is asked for, the upstream, the proxy; all of them closed in every case.
 * Throws: ZX_PORT_TAKEN and whatever keeps one of them from starting.
 */
export async function serveUntilSignal(serving: Serving, context: Context): Promise<ExitCode> {
  const sandbox = serving.options["sandbox"] === true ? await openSandbox(serving.options, context) : undefined;
  try {
    const origin = sandbox?.url ?? serving.configuration.settings.upstream.value;
    return await withUpstream(context, origin, (upstream) => serveThrough(serving, upstream, sandbox, context));
  } finally {
    await sandbox?.stop();
  }
}

async function openSandbox(options: Invocation["options"], context: Context): Promise<RunningSandbox> {
  const { startSandbox } = await import("../../sandbox/start-sandbox.ts");
  const replies = options["replies"];
  return startSandbox({ clock: context.clock, ...(typeof replies === "string" ? { repliesFile: replies } : {}) });
}

async function serveThrough(
  serving: Serving,
  upstream: UpstreamClient,
  sandbox: RunningSandbox | undefined,
  context: Context,
): Promise<ExitCode> {
  const [{ startProxy }, { watchNetwork }] = await Promise.all([
    import("../../proxy/start-proxy.ts"),
    import("../../upstream/watch-network.ts"),
  ]);
  const { settings } = serving.configuration;
  const { budgets, usedKeys: _, ...live } = serving.settings;
  const history = openServeHistory(
    {
      origin: sandbox === undefined ? upstream.origin : "sandbox",
      budgets,
      upstream,
      apiKey: live.apiKey,
      sink: serving.log.sink,
      tell: (message) => serving.log.log({ level: "warn", message }),
    },
    context,
  );
  let proxy: RunningProxy;
  try {
    proxy = await startProxy({
      ...live,
      port: settings.port.value,
      addresses: settings.allowNetwork.value ? ["0.0.0.0"] : [localHost, "::1"],
      allowNetwork: settings.allowNetwork.value,
      upstream,
      sink: history.sink,
      checkBudget: history.checkBudget,
      log: serving.log.log,
      clock: context.clock,
      version: context.version,
      chat: settings.chat.value,
      strict: settings.strict.value,
      autoCache: settings.autoCache.value,
      descriptorLimit: context.descriptorLimit(),
    });
  } catch (error) {
    history.close();
    if (error instanceof ZenthrexError && error.code === "ZX_PORT_TAKEN")
      return announceRunning(serving, error, context);
    throw error;
  }
  const unwatch = watchNetwork(context.clock, networkInterfaces, () => upstream.dropIdle());
  const forget = rememberDaemon(serving, proxy.port, context);
  try {
    // Asked for before the first line is printed: whoever reads that line may send a signal at once.
    const signal = context.untilSignal();
    const crash = untilCrash(serving, context);
    announce(serving, proxy, upstream.origin, sandbox !== undefined, context);
    const end = await Promise.race([signal, crash]);
    return await stop(end, serving, proxy, context);
  } finally {
    history.close();
    serving.log.flush();
    unwatch();
    forget();
  }
}

/** Said only if something still runs: a quick end needs no words. */
const SAY_STOPPING_AFTER_MS = 300;

const CRASH = "a bug of zenthrex";

/**
 * What was thrown and nobody caught leaves the process in an unknown state: what runs may end, and whoever watches over us starts us
 * anew. A promise that nobody waited for broke off one task, and nothing else.
 */
function untilCrash({ log }: Serving, context: Context): Promise<typeof CRASH> {
  return new Promise((resolve) => {
    context.onCrash((thrown, how) => {
      const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      log.log({ level: "error", message: `${CRASH}, ${how} and not caught: ${why.slice(0, 2_000)}` });
      if (how === "thrown") resolve(CRASH);
    });
  });
}

async function stop(signal: string, serving: Serving, proxy: RunningProxy, context: Context): Promise<ExitCode> {
  const { drainMs } = serving;
  const message = `stopping: running answers have ${drainMs / 1000} s to end; Ctrl-C again ends them now`;
  const cancel = context.clock.after(SAY_STOPPING_AFTER_MS, () => serving.log.log({ level: "info", message }));
  await proxy.close(drainMs);
  cancel();
  // On a terminal one sees it; in a log it tells a wanted end from a crash.
  if (serving.logFile !== undefined) serving.log.log({ level: "info", message: `stopped by ${signal}` });
  else await namePointingTools(proxy.port, serving, context).catch(ignoreMissingCode);
  return signal === CRASH ? 70 : 0;
}

function ignoreMissingCode(): void {
  // Its program was replaced since it started: the word is a courtesy, the end is not.
}

/** Whoever stops the daemon in a terminal should know which tools don't work without it. */
async function namePointingTools(port: number, serving: Serving, context: Context): Promise<void> {
  const { pointingTools } = await import("../daemon/pointing-tools.ts");
  const tools = await pointingTools(port, context);
  if (tools.length === 0) return;
  const still = `${tools.join(", ")} still point${tools.length === 1 ? "s" : ""} at this daemon`;
  serving.log.log({ level: "info", message: `${still}: start it again, or take it back with zenthrex setup --undo` });
}
