import { hash } from "node:crypto";
import type { Credential } from "./exchange.ts";
import type { ProxyOptions } from "./options.ts";
import { ResponseStore } from "./response-store.ts";

/** The stored responses, kept apart by who asked for them: no caller can read another's. Memory only. */
export interface ResponseMemory {
  of(credential: Credential | undefined): ResponseStore;
}

/** What holders of the local token may keep: some hundred long conversations. Documented in docs/architecture.md. */
const daemonLimits = { entries: 1_000, bytes: 64 * 1024 * 1024 };
/** Callers with keys of their own are few, but anybody may claim to be one: the oldest are forgotten. */
const maxOwners = 8;
const ownersLimits = { entries: 100, bytes: 8 * 1024 * 1024 };

/** Makes an empty memory. */
export function createResponseMemory({ localToken }: Pick<ProxyOptions, "localToken">): ResponseMemory {
  const owners = new Map<string, ResponseStore>();
  let daemon = { token: "", store: new ResponseStore(daemonLimits) };
  return {
    of(credential) {
      if (credential?.kind !== "own") {
        const token = localToken();
        // A new token: whoever held the old one shall find nothing of it, nor the other way round.
        if (daemon.token !== token) daemon = { token, store: new ResponseStore(daemonLimits) };
        return daemon.store;
      }
      const owner = hash("sha256", credential.key, "base64url");
      const store = owners.get(owner) ?? new ResponseStore(ownersLimits);
      // Set again, so that the map stays in order of use.
      owners.delete(owner);
      owners.set(owner, store);
      const oldest = owners.keys().next().value;
      if (owners.size > maxOwners && oldest !== undefined) owners.delete(oldest);
      return store;
    },
  };
}
