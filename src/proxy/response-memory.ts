import type { Credential } from "./exchange.ts";
import type { ProxyOptions } from "./options.ts";
import { createOwnerMemory } from "./owner-memory.ts";
import { ResponseStore } from "./response-store.ts";

/** The stored responses, kept apart by who asked for them: no caller can read another's. Memory only. */
export interface ResponseMemory {
  of(credential: Credential | undefined): ResponseStore;
  /** The same, for an answer that is whole: only then a key is worth a place. */
  toKeepIn(credential: Credential | undefined): ResponseStore;
}

/** What holders of the local token may keep: some hundred long conversations. Documented in docs/responses.md. */
const daemonLimits = { entries: 1_000, bytes: 64 * 1024 * 1024 };
const ownersLimits = { entries: 100, bytes: 8 * 1024 * 1024 };

/** Makes an empty memory. */
export function createResponseMemory({ localToken }: Pick<ProxyOptions, "localToken">): ResponseMemory {
  const owners = createOwnerMemory(() => new ResponseStore(ownersLimits));
  let daemon = { token: "", store: new ResponseStore(daemonLimits) };
  const ofDaemon = (): ResponseStore => {
    const token = localToken();
    // A new token: whoever held the old one shall find nothing of it, nor the other way round.
    if (daemon.token !== token) daemon = { token, store: new ResponseStore(daemonLimits) };
    return daemon.store;
  };
  return {
    of: (credential) => (credential?.kind === "own" ? owners.of(credential.key) : ofDaemon()),
    toKeepIn: (credential) => (credential?.kind === "own" ? owners.toKeepIn(credential.key) : ofDaemon()),
  };
}
