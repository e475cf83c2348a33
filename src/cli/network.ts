import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { ZenthrexError } from "../base/errors.ts";
import { configPaths } from "../config/paths.ts";
import { fileError, readConfigFile } from "../config/read.ts";
import { resolveSetting } from "../config/resolve.ts";
import { chooseProxy, type OutboundProxy } from "../upstream/proxy-env.ts";
import type { Context } from "./context.ts";

/** How the upstream is reached from here. */
export interface Network {
  readonly proxy: OutboundProxy | undefined;
  /** PEM texts. */
  readonly ca: readonly string[] | undefined;
}

const PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];
const CA_VARIABLE = "NODE_EXTRA_CA_CERTS";

/** What a shell says of proxy and certificates; a service, which sees no shell, has it in the config instead. */
export interface ShellNetwork {
  readonly proxy: string | undefined;
  readonly noProxy: string | undefined;
  readonly caFile: string | undefined;
}

/** Reads the usual variables. Lower case wins, and the proxy for https. */
export function shellNetwork(env: Context["env"]): ShellNetwork {
  const first = (names: readonly string[]): string | undefined => names.map((name) => env[name]).find((value) => value);
  return {
    proxy: first(PROXY_VARIABLES),
    noProxy: first(["no_proxy", "NO_PROXY"]),
    caFile: env[CA_VARIABLE] || undefined,
  };
}

/** What the config says of proxy and certificates. Throws: as the config layer does. */
export function storedNetwork(context: Context): ShellNetwork {
  const { file } = configPaths(context);
  const sources = { env: context.env, values: readConfigFile(file), file };
  return {
    proxy: resolveSetting("network.proxy", sources).value,
    noProxy: resolveSetting("network.noProxy", sources).value,
    caFile: resolveSetting("network.caFile", sources).value,
  };
}

/**
 * The way to an origin: what the environment says of proxies, else what the config does; and further certificates of the config.
 * Throws: ZX_USAGE for a variable that can't be read; ZX_FILE_ACCESS, ZX_CONFIG_INVALID for the file of certificates.
 */
export function upstreamNetwork(origin: string, context: Context): Network {
  const shell = shellNetwork(context.env);
  const stored = storedNetwork(context);
  const noProxy = shell.noProxy ?? stored.noProxy ?? "";
  // A variable that is set to nothing says something too: no proxy.
  const isStored = stored.proxy !== undefined && PROXY_VARIABLES.every((name) => context.env[name] === undefined);
  const env = isStored ? { HTTPS_PROXY: stored.proxy, NO_PROXY: noProxy } : context.env;
  return { proxy: chooseProxy(env, origin), ca: certificates(stored.caFile, shell.caFile) };
}

/** Certificates given here replace those of the variable, so that they go along. */
function certificates(file: string | undefined, variable: string | undefined): string[] | undefined {
  if (file === undefined || file === variable) return undefined;
  const own = readCertificates(file);
  if (variable === undefined) return [own];
  try {
    return [own, readFileSync(variable, "utf8")];
  } catch {
    // Node itself warns of a file that it can't read.
    return [own];
  }
}

/** Reads a file of certificates. Throws: ZX_FILE_ACCESS, ZX_CONFIG_INVALID; never with content. */
export function readCertificates(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const failed = fileError(error, file, "read");
    throw new ZenthrexError(failed.code, `network.caFile: ${failed.message}`, {
      fix: "Name a PEM file: zenthrex config set network.caFile <path>, or zenthrex config unset network.caFile.",
      cause: error,
    });
  }
  try {
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new ZenthrexError("ZX_CONFIG_INVALID", `${file} of network.caFile holds no certificate`, {
      fix: "Name a PEM file: zenthrex config set network.caFile <path>, or zenthrex config unset network.caFile.",
      cause: error,
    });
  }
}
