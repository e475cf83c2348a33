import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { describeOwner, findPortOwner } from "../../daemon/find-port-owner.ts";
import { removeDaemonState } from "../../daemon/state-file.ts";
import { type StopOptions, stopDaemon } from "../../daemon/stop-daemon.ts";
import type { Context } from "../context.ts";
import { writeLine } from "../output.ts";
import type { FoundDaemon } from "./find-daemon.ts";
import { drainMsOf } from "./serve-options.ts";

/** How a stop ended that found no stranger. */
export type Stopped = { readonly kind: "stopped"; readonly pid: number } | { readonly kind: "nothing" };

/**
 * Stops a daemon of ours and says so when that takes a while. A state that a killed daemon left is cleared away.
 * Throws: ZX_PORT_TAKEN naming a stranger on the port; ZX_CHECK_FAILED when it doesn't end.
 */
export async function stopFound(daemon: FoundDaemon, atOnce: boolean, context: Context): Promise<Stopped> {
  return stop(daemon, { atOnce, until: "ended" }, context);
}

/** Makes a daemon of ours let go of its port; its running answers may still end. Throws: as `stopFound`. */
export async function handOver(daemon: FoundDaemon, context: Context): Promise<Stopped> {
  return stop(daemon, { atOnce: false, until: "port free" }, context);
}

type How = Pick<StopOptions, "atOnce" | "until">;

async function stop(daemon: FoundDaemon, how: How, context: Context): Promise<Stopped> {
  const outcome = await stopDaemon(stopOptions(daemon, how, context));
  if (outcome.kind === "stranger") {
    const { port } = daemon;
    const what = `port ${port} of ${localHost} is held by ${describeOwner(outcome.owner)}, which is not your zenthrex`;
    throw new ZenthrexError("ZX_PORT_TAKEN", what, { fix: "It is left alone: stop it yourself if you know it." });
  }
  if (daemon.state !== undefined) removeDaemonState(daemon.stateDirectory, daemon.port, daemon.state.pid);
  return outcome;
}

/** How a daemon is stopped: with the drain that it was started with. */
function stopOptions({ port, localToken, state }: FoundDaemon, how: How, context: Context): StopOptions {
  const drainMs = longestDrainMs(state?.options ?? {});
  return {
    port,
    localToken,
    kill: context.kill,
    findOwner: () => findPortOwner(port, context),
    drainMs,
    ...how,
    onWaiting: (pid) => {
      const answers = `running answers have ${drainMs / 1000} s to end`;
      writeLine(context.stderr, `stopping (pid ${pid}): ${answers}; zenthrex stop --now cuts them`);
    },
  };
}

function longestDrainMs(options: Readonly<Record<string, string | boolean>>): number {
  try {
    return drainMsOf(options);
  } catch {
    // A hint of another version.
    return drainMsOf({});
  }
}
