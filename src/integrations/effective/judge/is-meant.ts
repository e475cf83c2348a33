import type { ConfiguredEndpoint, Destination, EffectiveContext } from "../types.ts";
import { type Address, readAddress } from "./address.ts";
import { credentialKind } from "./credential-kind.ts";

/** What tells whom an endpoint is meant for. */
interface Meaning {
  readonly endpoint: ConfiguredEndpoint;
  readonly address: Address;
  readonly destination: Destination;
  readonly context: Pick<EffectiveContext, "daemonPort">;
}

/** Meant for zenthrex: its address, its credential or its name says so. */
export function isMeant({ endpoint, address, destination, context }: Meaning): boolean {
  if (endpoint.bearsOurName === true || ["daemon", "hosted", "near-hosted"].includes(destination)) return true;
  if (destination === "loopback" && Number(address.url?.port) === context.daemonPort) return true;
  return endpoint.credentials.some(({ text }) => ["local-token", "hosted-key"].includes(credentialKind(text)));
}

/** The same of an endpoint as it was read, without asking who holds its port. */
export function looksMeant(
  endpoint: ConfiguredEndpoint,
  context: Pick<EffectiveContext, "upstreamOrigin" | "daemonPort">,
): boolean {
  const text = endpoint.base?.text ?? "";
  const address = readAddress(text === "" ? endpoint.defaultBase : text, context);
  return isMeant({ endpoint, address, destination: address.destination, context });
}
