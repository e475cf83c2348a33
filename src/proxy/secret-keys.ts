import type { Exchange } from "./exchange.ts";
import type { ProxyState } from "./proxy-state.ts";

/** A key is changed once it is known to others, if ever: so many changes while one stream runs are enough. */
const mostKeys = 4;

/** Remembers a key of the daemon that goes upstream: a stream that began with the one before may still run. */
export function noteDaemonKey({ daemonKeys }: Pick<ProxyState, "daemonKeys">, key: string): void {
  if (daemonKeys[0] === key) return;
  const known = daemonKeys.indexOf(key);
  if (known >= 0) daemonKeys.splice(known, 1);
  daemonKeys.unshift(key);
  daemonKeys.splice(mostKeys);
}

/** What must not reach a caller, whoever asks: the key that was sent, and those of the daemon, the one before a change too. */
export function secretKeysOf({ key, proxy }: Exchange): readonly string[] {
  const { daemonKeys } = proxy;
  return key === undefined || key === "" || daemonKeys.includes(key) ? daemonKeys : [key, ...daemonKeys];
}
