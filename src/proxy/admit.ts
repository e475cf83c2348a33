import { ZenthrexError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Verdict } from "./pass.ts";
import { startRecord } from "./record.ts";
import { noteDaemonKey } from "./secret-keys.ts";

/** Chooses the key that goes upstream. Throws: ZX_AUTH_KEY_MISSING. */
export function keyOf({ credential, proxy }: Exchange): string {
  if (credential?.kind === "own") return credential.key;
  const key = proxy.options.apiKey();
  if (key === undefined || key === "") {
    throw new ZenthrexError("ZX_AUTH_KEY_MISSING", "the daemon has no key of the hosted API");
  }
  noteDaemonKey(proxy, key);
  return key;
}

/** The last step before a request costs something: it has a key, and its record begins. */
export function admit(exchange: Exchange): Verdict {
  exchange.key = keyOf(exchange);
  startRecord(exchange);
  return "next";
}
