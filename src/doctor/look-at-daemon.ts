import { findPortOwner, type PortOwnerSource } from "../daemon/find-port-owner.ts";
import { describeDaemon, isSomeDaemon } from "../daemon/prove.ts";
import { readDaemonState } from "../daemon/state-file.ts";
import type { IdentifyPort } from "./port-identities.ts";
import type { DaemonLook, ProbeContext } from "./types.ts";

type Needed = Pick<ProbeContext, "settings" | "localToken" | "stateDirectory" | "platform"> & PortOwnerSource;

/** Finds out who is on the daemon's port: the daemon proves itself, a stranger is named. */
export async function lookAtDaemon(needed: Needed, identifyPort: IdentifyPort): Promise<DaemonLook> {
  const { settings, localToken, stateDirectory } = needed;
  const port = settings.port.value;
  const identity = port === 0 ? "nothing" : await identifyPort(port);
  const state = readDaemonState(stateDirectory, port);
  const base = { port, identity, facts: undefined, owner: undefined, state };
  if (identity === "stranger") {
    const [owner, isZenthrex] = await Promise.all([findPortOwner(port, needed), isSomeDaemon(port)]);
    return { ...base, owner, isZenthrex };
  }
  if (identity === "nothing" || localToken === undefined) return base;
  const facts = await describeDaemon(port, localToken);
  // What a killed predecessor left tells nothing of the one that runs now.
  return { ...base, facts, state: facts !== undefined && facts.pid !== state?.pid ? undefined : state };
}
