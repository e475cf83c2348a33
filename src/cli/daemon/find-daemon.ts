import { findKey } from "../../config/key.ts";
import { localTokenOf } from "../../config/local-token.ts";
import { stateDirectory } from "../../config/paths.ts";
import { findPortOwner, type PortOwner } from "../../daemon/find-port-owner.ts";
import { type DaemonFacts, describeDaemon, proveDaemon } from "../../daemon/prove.ts";
import { type DaemonState, portsWithState, readDaemonState } from "../../daemon/state-file.ts";
import type { Invocation } from "../command.ts";
import { type Configuration, loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";

/** What is on the daemon's port, as its proof says; and the hint that the last daemon there left. */
export interface FoundDaemon {
  readonly port: number;
  /** Proves and asks; random where there is none yet, and then nothing can prove itself. */
  readonly localToken: string;
  readonly configuration: Configuration;
  readonly stateDirectory: string;
  readonly state: DaemonState | undefined;
  readonly found:
    | { readonly kind: "ours"; readonly facts: DaemonFacts | undefined }
    | { readonly kind: "stranger"; readonly owner: PortOwner | undefined }
    | { readonly kind: "nothing" };
}

/** Looks at the port that the options, the environment or the config file name. Throws: as the config layer does. */
export async function findDaemon(options: Invocation["options"], context: Context): Promise<FoundDaemon> {
  const port = options["port"];
  const configuration = loadConfiguration(context, typeof port === "string" ? { port } : {});
  const localToken = localTokenOf(configuration.values) ?? Buffer.from(context.randomBytes(32)).toString("hex");
  const directory = stateDirectory(context);
  const number = configuration.settings.port.value;
  const found = await look(number, localToken, context);
  const state = readDaemonState(directory, number);
  return {
    port: number,
    localToken,
    configuration,
    stateDirectory: directory,
    // What a killed predecessor left tells nothing of the one that runs now.
    state: found.kind === "ours" && found.facts !== undefined && found.facts.pid !== state?.pid ? undefined : state,
    found,
  };
}

/** Other ports on which a daemon of ours serves, by the hints that were left and the proofs that are given. */
export async function otherDaemons({ port, localToken, stateDirectory: directory }: FoundDaemon): Promise<number[]> {
  const others = portsWithState(directory).filter((other) => other !== port);
  const proofs = await Promise.all(others.map((other) => proveDaemon(other, localToken)));
  return others.filter((_other, index) => proofs[index] === "ours");
}

/** Where the daemon's key comes from: its own environment at its start, else the config file, which it reads anew. */
export function daemonKeySource({ state, found, configuration }: FoundDaemon): DaemonState["keyFrom"] {
  if (found.kind === "ours" && (state?.keyFrom === "environment" || state?.keyFrom === "sandbox")) return state.keyFrom;
  return findKey({ env: {}, values: configuration.values })?.from ?? null;
}

async function look(port: number, localToken: string, context: Context): Promise<FoundDaemon["found"]> {
  const identity = port === 0 ? "nothing" : await proveDaemon(port, localToken);
  if (identity === "nothing") return { kind: "nothing" };
  if (identity === "stranger") return { kind: "stranger", owner: await findPortOwner(port, context) };
  return { kind: "ours", facts: await describeDaemon(port, localToken) };
}
