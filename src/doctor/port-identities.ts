import { type PortIdentity, proveDaemonPatiently } from "../daemon/prove.ts";
import { remembered } from "./remembered.ts";

/** Says who answers on a port of this machine. */
export type IdentifyPort = (port: number) => Promise<PortIdentity>;

/** Nobody knows it: whoever answers without knowing the user's token is a stranger. */
const NO_TOKEN = "zxl_";

/** Makes what asks each port once a run: a stranger that never answers is waited for some seconds. */
export function portIdentities(localToken: string | undefined): IdentifyPort {
  const asked = new Map<number, Promise<PortIdentity>>();
  return (port) => remembered(asked, port, () => proveDaemonPatiently(port, localToken ?? NO_TOKEN));
}
