import { findKey, keyVariable } from "../../config/key.ts";
import { settings } from "../../config/schema.ts";
import type { Configuration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { readCertificates, type ShellNetwork, shellNetwork, storedNetwork } from "../network.ts";

/** A setting of the config in which a service finds what a shell has in variables. */
export interface NetworkDifference {
  readonly setting: "network.proxy" | "network.noProxy" | "network.caFile";
  readonly variable: string;
  /** May hold a password. */
  readonly shell: string;
  readonly isStored: boolean;
}

const PLACES: readonly (readonly [keyof ShellNetwork, NetworkDifference["setting"], string])[] = [
  ["proxy", "network.proxy", "HTTPS_PROXY"],
  ["noProxy", "network.noProxy", "NO_PROXY"],
  ["caFile", "network.caFile", "NODE_EXTRA_CA_CERTS"],
];

/** What this shell says of proxy and certificates, where the config says something else or nothing. */
export function networkDifferences(context: Context): NetworkDifference[] {
  const [shell, stored] = [shellNetwork(context.env), storedNetwork(context)];
  return PLACES.flatMap(([name, setting, variable]) => {
    const said = shell[name];
    if (said === undefined || said === stored[name]) return [];
    if (name === "caFile" && unusableCertificates(said)) return [];
    // Without a proxy there is nothing that NO_PROXY could except.
    if (name === "noProxy" && shell.proxy === undefined) return [];
    return [{ setting, variable, shell: said, isStored: stored[name] !== undefined }];
  });
}

/** What of this shell the service doesn't see: settings in variables, and a key that is only there or another one. */
export function unseenByService({ values }: Configuration, context: Context): string[] {
  const variables = Object.entries(settings).flatMap(([name, { variable }]) => {
    const isSet = variable !== undefined && context.env[variable] !== undefined && context.env[variable] !== "";
    return isSet ? [`${variable} of this shell is not seen by the service: zenthrex config set ${name} <value>`] : [];
  });
  const own = context.env[keyVariable];
  const stored = findKey({ env: {}, values })?.key;
  const key =
    own && stored !== undefined && own !== stored
      ? [`${keyVariable} of this shell is another key than the stored one, which the service uses`]
      : [];
  const { caFile } = shellNetwork(context.env);
  const certificates = unusableCertificates(caFile)
    ? [`NODE_EXTRA_CA_CERTS of this shell names no certificates: ${caFile}`]
    : [];
  return [...variables, ...key, ...certificates];
}

/** Node itself only warns of such a file; a service would not start with it. */
function unusableCertificates(file: string | undefined): boolean {
  if (file === undefined) return false;
  try {
    readCertificates(file);
    return false;
  } catch {
    return true;
  }
}
